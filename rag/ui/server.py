"""Serving the page: an address, a port that is free, and nothing that leaves the machine.

Does not use `Blocks.launch`, which asks its own address through the system's proxy and prints.
"""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from rag.errors import InputError, RagError
from rag.settings import Settings
from rag.ui import guard

if TYPE_CHECKING:
    from rag.answer.assistant import Assistant

PORTS = 20
"""How many ports after the wanted one are tried."""
_START_SECONDS = 30


def start(assistant: Assistant, host: str, port: int, password: str = "") -> tuple[str, Callable[[], None]]:
    """Serves the chat and its API in the background; gives its address, and what ends it.

    Where the port is taken, the next free one of the following 20 is used; port 0 takes any. InputError where none is
    free, the host is not this machine's, or others could reach it without a password.
    """
    from rag.ui import endpoints
    from rag.ui.completions import Completions
    from rag.ui.page import Chat, build, gradio_module, look

    guard.check(host, password)
    listening = free_socket(host, port)
    port = listening.getsockname()[1]
    gr = gradio_module()
    import fastapi
    import uvicorn

    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    chat = Chat(assistant)
    app.get("/head", response_class=fastapi.responses.HTMLResponse)(chat.header)
    completions = Completions(assistant)
    app.add_route("/v1/chat/completions", completions.create, ["GET", "POST"])
    app.add_route("/v1/models", completions.models)
    app.add_route("/v1/models/{model:path}", completions.models)
    blocks = build(chat).queue()
    endpoints.add(gr, blocks, assistant)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_name=host,
        server_port=port,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=True,
        pwa=False,
        enable_monitoring=False,
        show_error=False,
        **look(),
    )
    app.add_middleware(guard.Guard, host=host, password=password)
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

    password = settings.password.get_secret_value()
    guard.check(settings.host, password)
    assistant = open_assistant(settings)
    for notice in assistant.notices:
        say(notice)
    url, close = start(assistant, settings.host, settings.port, password)
    taken = settings.port and not url.endswith(f":{settings.port}/")
    say(f"the chat is at {url}{f' (port {settings.port} is taken)' if taken else ''}; Ctrl-C ends it")
    if not guard.is_local(settings.host):
        say(
            "other machines can reach it with the password; what they send is not encrypted: use it in a network you trust"
        )
    forever = threading.Event()
    with suppress(KeyboardInterrupt):
        while not forever.wait(3600):
            pass
    close()
