"""From where the server may be asked, and for what: names, origins, paths, sizes, and the headers of every answer."""

from __future__ import annotations

import ipaddress
import json
import logging
import re
import secrets
import socket
import time
from collections.abc import Collection, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from rag.errors import InputError
from rag.ui.door import Door

SHORTEST_PASSWORD = 8
BODY_BYTES = 1_000_000
"""The longest body of a request: a long conversation, and no file."""
_UPLOADS = "/ui/library/files"
"""Takes files, and has a limit of its own (`rag.ui.library`)."""
_DROPPED_BYTES = 20_000_000
# Gradio's page has inline scripts, which get a nonce, and inline styles; it makes its templates with Function().
POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; worker-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"SAMEORIGIN",
}
_CACHED = ("/assets/", "/static/", "/ui/static/", "/theme.css", "/favicon.ico")
"""What is nobody's own; all else is kept in no cache."""
_SCRIPT = re.compile(rb"<script(?=[\s>])")
_OUTSIDE_META = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>')
# What is needed of Gradio's some sixty routes, and ours; Gradio's proxy, uploads, files and editor are not among them.
_API = "/gradio_api/"
_V1 = "/v1/"
_OPEN = ("/assets/", "/static/", "/ui/", _V1, f"{_API}queue/", f"{_API}heartbeat/")
_PAGES = {
    "/",
    "/config",
    "/theme.css",
    "/favicon.ico",
    "/manifest.json",
    "/robots.txt",
    *(_API + name for name in ("info", "cancel", "reset", "startup-events", "theme.css", "mcp", "mcp/")),
}
_PART = re.compile(r"[\w.~-]{1,40}", re.ASCII)
_KINDS = {401: "authentication_error", 429: "rate_limit_error", 500: "server_error"}


log = logging.getLogger(__name__)


def check(host: str, password: str) -> None:
    """InputError where others on the network could reach the server and nothing, or what is soon guessed, would keep them out."""
    if is_local(host):
        return
    if len(password) < SHORTEST_PASSWORD and password:
        raise InputError(
            f"the password has {len(password)} characters and {host} can be reached from other machines; expected at least "
            f"{SHORTEST_PASSWORD}"
        )
    if not password:
        raise InputError(
            f"{host} can be reached from other machines, and there is no password; set RAG_PASSWORD (or --password-file), or "
            "listen on 127.0.0.1"
        )


def error(status: int, message: str, code: str | None = None) -> dict[str, object]:
    """The body of an error, in OpenAI's shape."""
    kind = _KINDS.get(status, "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


class Guard:
    """ASGI middleware: refuses whom the server is not for, and marks the page as Arabic and without outside addresses.

    It answers only to a name of this machine, to `host`, and to `names`, so that no page elsewhere can give itself this address;
    where other machines can reach it, to any number of an address, too, which no page can give itself. What the page of another
    origin asks is refused; what nobody needs is not found; the door decides the rest.
    """

    def __init__(self, app: Any, door: Door, host: str, names: Collection[str] = ()) -> None:
        self._app, self._door = app, door
        self._is_local = is_local(host)
        self._names = {"localhost", "127.0.0.1", "::1", host.strip("[]").lower(), *(name.lower() for name in names)}
        if not self._is_local:
            own = socket.gethostname().lower()
            self._names |= {own, f"{own}.local"}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        page = scope["path"] == "/"
        answer, began = _SealedResponse(send, scope["path"]), time.perf_counter()
        try:
            if refused := self._refusal(scope):
                await _refuse(scope, receive, answer, *refused)
            elif reply := await self._door.answer(scope, receive):
                if isinstance(reply, tuple):
                    await _refuse(scope, receive, answer, *reply)
                else:
                    await reply(scope, receive, answer)
            else:
                if page:  # as it is: a compressed page could not be changed
                    scope = {**scope, "headers": [h for h in scope["headers"] if h[0] != b"accept-encoding"]}
                await self._app(scope, receive, answer)
        finally:
            took = {"status": answer.status, "ms": round(1000 * (time.perf_counter() - began), 1)}
            log.info("request", extra={"method": scope["method"], "route": _route(scope["path"]), **took})

    def _refusal(self, scope: Any) -> tuple[int, str] | None:
        """The status and the reason of a refusal; None for a request that the door may let in."""
        headers = dict(scope["headers"])
        host, origin = headers.get(b"host", b"").decode("latin-1"), headers.get(b"origin", b"").decode("latin-1")
        if not self._is_named(_name(host)):
            where = "open the address that `rag chat` prints"
            return (
                403,
                f"the host {host!r} is not this machine; {where if self._is_local else 'name it in RAG_HOSTNAMES'}",
            )
        if origin and origin.partition("://")[2].lower() != host.lower():
            return 403, f"a page of {origin} may not ask here"
        if headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin") and not self._door.names_a_token(
            scope
        ):
            return 403, "a page of another site may not ask here; open the address by itself"
        if b"transfer-encoding" in headers:
            return 411, "the body has no length; send Content-Length"
        length = int(headers.get(b"content-length", b"0"))
        if length > BODY_BYTES and scope["path"] != _UPLOADS:
            return 413, f"the body has {length:,} bytes; at most {BODY_BYTES:,} are read"
        if scope["path"] not in _PAGES and not scope["path"].startswith(_OPEN):
            return 404, "there is nothing at this address"
        return None

    def _is_named(self, name: str) -> bool:
        return name in self._names or (not self._is_local and _is_number(name))


class _SealedResponse:
    """Sends one answer on, with its headers; the page's body is held back until it is whole. status: 0 before it is known."""

    def __init__(self, send: Any, path: str) -> None:
        self._send, self._page = send, path == "/"
        self._nonce = secrets.token_urlsafe(16)
        self._headers = {**_HEADERS, b"content-security-policy": POLICY.format(nonce=self._nonce).encode()}
        if not path.startswith(_CACHED):
            self._headers[b"cache-control"] = b"no-store"
        self.status = 0
        self._start: MutableMapping[str, Any] = {}
        self._body = b""

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [h for h in message["headers"] if h[0].lower() not in self._headers]
            message = {**message, "headers": [*headers, *self._headers.items()]}
            if self._page:
                self._start = message
                return
        elif message["type"] == "http.response.body" and self._page:
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = _OUTSIDE_META.sub(b"", self._body).replace(b'lang="en"', b'lang="ar" dir="rtl"', 1)
            body = _SCRIPT.sub(b'<script nonce="%s"' % self._nonce.encode(), body)
            headers = [h for h in self._start["headers"] if h[0].lower() != b"content-length"]
            headers.append((b"content-length", str(len(body)).encode()))
            await self._send({**self._start, "headers": headers})
            message = {"type": "http.response.body", "body": body}
        await self._send(message)


async def _refuse(scope: Any, receive: Any, send: Any, status: int, message: str) -> None:
    """Answers with the reason: a line for people, OpenAI's shape for its clients."""
    dropped, more = 0, status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    while more and dropped < _DROPPED_BYTES:  # a client that is still sending would not see the answer
        part = await receive()
        dropped, more = dropped + len(part.get("body", b"")), part.get("more_body", False)
    of_api = scope["path"].startswith(_V1)
    body = (
        json.dumps(error(status, message, HTTPStatus(status).phrase.lower().replace(" ", "_"))) if of_api else message
    )
    kind = b"application/json" if of_api else b"text/plain; charset=utf-8"
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body.encode())).encode()),
        (b"connection", b"close"),
    ]
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b'Basic realm="rag", charset="UTF-8"'))
    elif status == HTTPStatus.TOO_MANY_REQUESTS:
        headers.append((b"retry-after", b"30"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


def _route(path: str) -> str:
    """A path as it may be logged: of one that is asked for here, without what may be somebody's words."""
    if path not in _PAGES and not path.startswith(_OPEN):
        return "none"
    return "/".join(part if not part or _PART.fullmatch(part) else "…" for part in path.split("/"))


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def is_local(host: str) -> bool:
    """Whether only this machine reaches what listens on `host`."""
    return host == "localhost" or (_is_number(host) and ipaddress.ip_address(host).is_loopback)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
