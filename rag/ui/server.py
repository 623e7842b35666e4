"""Serving the page: an address, a port that is free, and nothing that leaves the machine.

Does not use `Blocks.launch`, which asks its own address through the system's proxy and prints.
"""

from __future__ import annotations

import errno
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rag.errors import InputError, RagError
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.answer.assistant import Assistant

PORTS = 20
"""How many ports after the wanted one are tried."""
_START_SECONDS = 30
# Gradio's page has inline scripts and styles, and makes its templates with Function().
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; worker-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_OUTSIDE_META = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>')
# What the page needs of Gradio's some sixty routes; its proxy, uploads, files and editor are not among them.
_API = "/gradio_api/"
_OPEN = ("/assets/", "/static/", f"{_API}queue/", f"{_API}heartbeat/")
_PAGES = {
    "/",
    "/head",
    "/config",
    "/theme.css",
    "/favicon.ico",
    "/manifest.json",
    "/robots.txt",
    *(_API + name for name in ("info", "cancel", "reset", "startup-events", "theme.css")),
}


class LocalOnly:
    """ASGI middleware: the policy on every answer, the page marked as Arabic and without outside addresses.

    What the page does not need is not found.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] not in _PAGES and not scope["path"].startswith(_OPEN):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        page = scope["path"] == "/"
        if page:  # as it is: a compressed page could not be changed below
            scope = {**scope, "headers": [h for h in scope["headers"] if h[0] != b"accept-encoding"]}
        await self._app(scope, receive, _Answer(send, page))


class _Answer:
    """Sends one answer on, with its headers; the page's body is held back until it is whole."""

    def __init__(self, send: Any, page: bool) -> None:
        self._send, self._page = send, page
        self._start: dict[str, Any] = {}
        self._body = b""

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            ours = {b"content-security-policy", b"referrer-policy", b"x-content-type-options"}
            headers = [h for h in message["headers"] if h[0].lower() not in ours]
            headers += [
                (b"content-security-policy", POLICY.encode()),
                (b"referrer-policy", b"no-referrer"),
                (b"x-content-type-options", b"nosniff"),
            ]
            message = {**message, "headers": headers}
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


def start(assistant: Assistant, host: str, port: int) -> tuple[str, Callable[[], None]]:
    """Serves the chat in the background; gives its address, and what ends it.

    Where the port is taken, the next free one of the following 20 is used; port 0 takes any. InputError where none is
    free or the host is not this machine's.
    """
    from rag.ui.page import Chat, build, gradio_module, look

    listening = free_socket(host, port)
    port = listening.getsockname()[1]
    gr = gradio_module()
    import fastapi
    import uvicorn

    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    chat = Chat(assistant)
    app.get("/head", response_class=fastapi.responses.HTMLResponse)(chat.header)
    blocks = build(chat).queue()
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_name=host,
        server_port=port,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
        show_error=False,
        **look(),
    )
    app.add_middleware(LocalOnly)
    config = uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="rag-chat", daemon=True)
    thread.start()
    waited = threading.Event()
    for _ in range(_START_SECONDS * 50):
        if server.started or not thread.is_alive():
            break
        waited.wait(0.02)
    if not server.started:
        raise RagError(f"the chat did not start on {host}:{port}; run it again with another RAG_PORT")

    def close() -> None:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()

    return address(host, port), close


def free_socket(host: str, port: int) -> socket.socket:
    """A listening socket on the first free port from `port` on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in [0] if port == 0 else range(port, min(port + PORTS, 65535) + 1):
        sock = socket.socket(family, socket.SOCK_STREAM)
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where SO_REUSEADDR would share a taken port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, candidate))
            sock.listen(128)
        except (OSError, OverflowError) as e:
            sock.close()
            if not isinstance(e, OSError) or e.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise InputError(f"{host}:{port} is no address of this machine: {e}; mend RAG_HOST or RAG_PORT") from e
        else:
            return sock
    raise InputError(f"no port of {host} from {port} to {port + PORTS} is free; choose another with RAG_PORT")


def address(host: str, port: int) -> str:
    """What to open in a browser on this machine."""
    if host in ("", "0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def serve(settings: Settings, say: Callable[[str], None]) -> None:
    """Opens the assistant and serves the chat until Ctrl-C; `say` is told the address and what was repaired."""
    from rag.wiring import open_assistant

    assistant = open_assistant(settings)
    for notice in assistant.notices:
        say(notice)
    url, close = start(assistant, settings.host, settings.port)
    taken = settings.port and not url.endswith(f":{settings.port}/")
    say(f"the chat is at {url}{f' (port {settings.port} is taken)' if taken else ''}; Ctrl-C ends it")
    forever = threading.Event()
    with suppress(KeyboardInterrupt):
        while not forever.wait(3600):
            pass
    close()
