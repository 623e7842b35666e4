"""Web archives, written by hand."""

from __future__ import annotations

import hashlib


def record(kind: str, url: str, day: str, payload: bytes, digest: str = "") -> bytes:
    """A record of a web archive."""
    fields = {
        "WARC-Type": kind,
        "WARC-Target-URI": url,
        "WARC-Date": f"{day}T10:00:00Z",
        "WARC-Payload-Digest": digest,
        "Content-Type": "application/http; msgtype=response" if kind == "response" else "application/warc-fields",
        "Content-Length": str(len(payload)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"WARC/1.0\r\n{head}\r\n".encode() + payload + b"\r\n\r\n"


def answer(
    url: str, body: bytes, kind: str = "text/html", status: str = "200 OK", day: str = "2015-05-12", **fields: str
) -> bytes:
    """What a server answered, as a record."""
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Content-Type": kind, **fields}.items())
    payload = f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body
    return record("response", url, day, payload, f"sha1:{hashlib.sha1(body).hexdigest()}")
