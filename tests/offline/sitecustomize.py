"""On PYTHONPATH of a test's subprocess: its network is cut."""

import socket

_connect = socket.socket.connect


def _guarded(self: socket.socket, address: object) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):  # type: ignore[index]
        raise SystemExit(f"reached for the network: {address}")
    _connect(self, address)


def _no_names(host: object, *args: object, **kwargs: object) -> list[object]:
    if host in (None, "", "127.0.0.1", "::1", "localhost"):
        return _resolve(host, *args, **kwargs)  # type: ignore[arg-type,return-value]
    raise SystemExit(f"looked up a host's name: {host}")


_resolve = socket.getaddrinfo
socket.socket.connect = _guarded  # type: ignore[method-assign,assignment]
socket.getaddrinfo = _no_names  # type: ignore[assignment]
