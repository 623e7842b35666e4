"""Who may ask the server, and for what: paths, password, addresses, sizes, and the headers of every answer. Knows no route's work."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import json
import logging
import re
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from rag.errors import InputError

BODY_BYTES = 1_000_000
"""The longest body of a request: a long conversation, and no file."""
_UPLOADS = "/ui/library/files"
"""Takes files, and has a limit of its own (`rag.ui.library`)."""
_DROPPED_BYTES = 20_000_000
# Gradio's page has inline scripts and styles, and makes its templates with Function().
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; worker-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"SAMEORIGIN",
}
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
    """InputError where others on the network could reach the server and nothing would ask them for a password."""
    if not password and not is_local(host):
        raise InputError(
            f"{host} can be reached from other machines, and there is no password; set RAG_PASSWORD (or --password), or "
            "listen on 127.0.0.1"
        )


def error(status: int, message: str, code: str | None = None) -> dict[str, object]:
    """The body of an error, in OpenAI's shape."""
    kind = _KINDS.get(status, "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


class Guard:
    """ASGI middleware: refuses whom the server is not for, and marks the page as Arabic and without outside addresses.

    Without a password it answers only to a name of this machine or to `host`, so that no page elsewhere can give itself
    this address. With one, a request carries it as a bearer token, or as HTTP Basic under any user's name. What another
    origin's page asks is refused in either case; what nobody needs is not found.
    """

    def __init__(self, app: Any, host: str, password: str) -> None:
        self._app, self._password = app, password.encode()
        self._names = {"localhost", "127.0.0.1", "::1", host.strip("[]").lower()}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        page = scope["path"] == "/"
        answer, began = _SealedResponse(send, page), time.perf_counter()
        try:
            if refused := self._refusal(scope):
                await _refuse(scope, receive, answer, *refused)
                return
            if page:  # as it is: a compressed page could not be changed
                scope = {**scope, "headers": [h for h in scope["headers"] if h[0] != b"accept-encoding"]}
            await self._app(scope, receive, answer)
        finally:
            took = {"status": answer.status, "ms": round(1000 * (time.perf_counter() - began), 1)}
            log.info("request", extra={"method": scope["method"], "route": _route(scope["path"]), **took})

    def _refusal(self, scope: Any) -> tuple[int, str] | None:
        """The status and the reason of a refusal; None for a request that may be answered."""
        headers = dict(scope["headers"])
        host, origin = headers.get(b"host", b"").decode("latin-1"), headers.get(b"origin", b"").decode("latin-1")
        if not self._password and _name(host) not in self._names:
            return 403, f"the host {host!r} is not this machine; open the address that `rag chat` prints"
        if origin and origin.partition("://")[2].lower() != host.lower():
            return 403, f"a page of {origin} may not ask here"
        if self._password and not self._proved(headers.get(b"authorization", b"")):
            return 401, "the password is missing or wrong; expected as a bearer token, or as HTTP Basic"
        if b"transfer-encoding" in headers:
            return 411, "the body has no length; send Content-Length"
        length = int(headers.get(b"content-length", b"0"))
        if length > BODY_BYTES and scope["path"] != _UPLOADS:
            return 413, f"the body has {length:,} bytes; at most {BODY_BYTES:,} are read"
        if scope["path"] not in _PAGES and not scope["path"].startswith(_OPEN):
            return 404, "there is nothing at this address"
        return None

    def _proved(self, authorization: bytes) -> bool:
        """Whether the header carries the password; the comparison takes as long for a wrong one."""
        scheme, _, given = authorization.partition(b" ")
        given = given.strip()
        if scheme.lower() == b"basic":
            try:
                given = base64.b64decode(given, validate=True).partition(b":")[2]
            except binascii.Error:
                return False
        elif scheme.lower() != b"bearer":
            return False
        return hmac.compare_digest(given, self._password)


class _SealedResponse:
    """Sends one answer on, with its headers; the page's body is held back until it is whole. status: 0 before it is known."""

    def __init__(self, send: Any, page: bool) -> None:
        self._send, self._page = send, page
        self.status = 0
        self._start: dict[str, Any] = {}
        self._body = b""

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [h for h in message["headers"] if h[0].lower() not in _HEADERS]
            message = {**message, "headers": [*headers, *_HEADERS.items()]}
            if self._page:
                self._start = message
                return
        elif message["type"] == "http.response.body" and self._page:
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = _OUTSIDE_META.sub(b"", self._body).replace(b'lang="en"', b'lang="ar" dir="rtl"', 1)
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
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
