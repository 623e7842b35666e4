"""Serving the page: an address, a port that is free, and nothing that leaves the machine.

Does not use `Blocks.launch`, which asks its own address through the system's proxy and prints.
"""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from rag.errors import InputError
from rag.settings import Settings
from rag.ui import guard

if TYPE_CHECKING:
    from fastapi import FastAPI

    from rag.answer.assistant import Assistant

PORTS = 20
"""How many ports after the wanted one are tried."""


def application(assistant: Assistant, settings: Settings) -> FastAPI:
    """The page, its routes and the API over one assistant; the conversations are kept in the settings' index folder."""
    import fastapi
    from starlette.staticfiles import StaticFiles

    from rag.ui import endpoints
    from rag.ui.asking import Asking
    from rag.ui.completions import Completions
    from rag.ui.conversations import ConversationRoutes
    from rag.ui.library import LibraryPanel
    from rag.ui.models import ModelsPanel
    from rag.ui.page import STATIC, build, gradio_module, look
    from rag.ui.responses import Visitors
    from rag.wiring import open_conversations

    gr = gradio_module()
    conversations = open_conversations(settings)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        with conversations:
            yield

    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
    visitors = Visitors(apart=bool(settings.password.get_secret_value()))
    asking = Asking(assistant, conversations, visitors)
    kept = ConversationRoutes(assistant, conversations, asking, visitors)
    for part in (asking, kept, LibraryPanel(assistant), ModelsPanel(settings, assistant), Completions(assistant)):
        app.router.routes.extend(part.routes())
    app.mount("/ui/static", StaticFiles(directory=STATIC))
    blocks = build().queue()
    endpoints.add(gr, blocks, assistant)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_name=settings.host,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=True,
        pwa=False,
        enable_monitoring=False,
        show_error=False,
        **look(),
    )
    return app


class Served:
    """A server in the background. `url`: what to open in a browser on this machine."""

    def __init__(self, open_assistant: Callable[[], Assistant], settings: Settings) -> None:
        """Listens at once, and opens the assistant and its page behind it.

        Where the port is taken, the next free one of the following 20 is used; port 0 takes any. InputError where none is
        free, the host is not this machine's, or others could reach it without a password.
        """
        import uvicorn

        from rag.ui.startup import Startup
        from rag.ui.texts import LanguageMiddleware

        host, password = settings.host, settings.password.get_secret_value()
        guard.check(host, password)
        self._listening = free_socket(host, settings.port)
        self.url = address(host, self._listening.getsockname()[1])

        def prepared() -> Assistant:
            from rag.ui import page

            page.gradio_module()
            return open_assistant()

        self._startup = Startup(prepared, lambda assistant: application(assistant, settings))
        app = guard.Guard(LanguageMiddleware(self._startup), host, password)
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=2, lifespan="on")
        )
        sockets = [self._listening]
        self._thread = threading.Thread(target=self._server.run, args=(sockets,), name="rag-chat", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Returns when the page stands; raises what kept it from being opened."""
        self._startup.opened.wait()
        if self._startup.failure:
            self.close()
            raise self._startup.failure

    def close(self) -> None:
        """Ends the server."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listening.close()


def start(assistant: Assistant, settings: Settings) -> tuple[str, Callable[[], None]]:
    """Serves the chat and its API over an assistant that is open; gives its address, and what ends it."""
    served = Served(lambda: assistant, settings)
    served.wait()
    return served.url, served.close


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
    opened: list[Assistant] = []

    def open_assistant() -> Assistant:
        from rag import wiring

        opened.append(wiring.open_assistant(settings))
        return opened[0]

    served = Served(open_assistant, settings)
    with suppress(KeyboardInterrupt):
        taken = settings.port and not served.url.endswith(f":{settings.port}/")
        say(f"the chat is at {served.url}{f' (port {settings.port} is taken)' if taken else ''}; Ctrl-C ends it")
        if not guard.is_local(settings.host):
            say(
                "other machines can reach it with the password; what they send is not encrypted: use it in a network you "
                "trust"
            )
        served.wait()
        for notice in opened[0].notices:
            say(notice)
        forever = threading.Event()
        while not forever.wait(3600):
            pass
    served.close()
