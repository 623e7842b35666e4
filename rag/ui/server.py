"""Serving the page: an address, a port that is free, and nothing that leaves the machine.

Does not use `Blocks.launch`, which asks its own address through the system's proxy and prints.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import InputError
from rag.settings import Settings
from rag.ui import guard

if TYPE_CHECKING:
    from fastapi import FastAPI

    from rag.answer.assistant import Assistant
    from rag.conversations import Conversations
    from rag.ui.responses import Visitors

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
    from rag.ui.queue import Queues
    from rag.wiring import open_conversations_or_begin_anew

    gr = gradio_module()
    conversations, damaged = open_conversations_or_begin_anew(settings)
    assistant.notices += [damaged] if damaged else []

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        with conversations:
            yield

    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
    visitors, queues = _visitors(settings, conversations), Queues(assistant)
    asking = Asking(assistant, conversations, visitors, queues)
    kept = ConversationRoutes(assistant, conversations, asking, visitors)
    panels = LibraryPanel(assistant), ModelsPanel(settings, assistant)
    for part in (asking, kept, *panels, Completions(assistant, queues)):
        app.router.routes.extend(part.routes())
    app.mount("/ui/static", StaticFiles(directory=STATIC))
    blocks = build().queue(max_size=endpoints.MOST_WAITING)
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
    blocks.has_launched = True  # else Gradio's own check of the paths that it is given takes no part
    return app


def _visitors(settings: Settings, conversations: Conversations) -> Visitors:
    """Whose conversations a browser sees: where there is a password, its own."""
    from rag.ui.door import kept_token
    from rag.ui.responses import Visitors

    password = bool(settings.password.get_secret_value())
    return Visitors(
        kept_token(settings.index_dir) if password else "",
        sign_in=password or settings.token,
        has_conversations=lambda owner: bool(conversations.listed(owner)),
    )


class Served:
    """A server in the background. `url`: its address on this machine; `entrance`: that with the token, for a browser to open."""

    def __init__(self, open_assistant: Callable[[], Assistant], settings: Settings) -> None:
        """Listens at once, and opens the assistant and its page behind it.

        Where the port is taken, the next free one of the following 20 is used; port 0 takes any. InputError where none is
        free, the host is not this machine's, or others could reach it without a password.
        """
        import uvicorn

        from rag.ui.deadlines import Deadlines
        from rag.ui.door import OPEN, Credential, Door, kept_token
        from rag.ui.plain_values import PlainValues
        from rag.ui.startup import Startup
        from rag.ui.texts import LanguageMiddleware

        host, password = settings.host, settings.password.get_secret_value()
        guard.check(host, password)
        entry = Credential(password, is_token=False) if password else OPEN
        if not password and settings.token:
            entry = Credential(kept_token(settings.index_dir), is_token=True)
        self._listening = free_socket(host, settings.port)
        port = self._listening.getsockname()[1]
        self.url = address(host, port)
        self.entrance = f"{self.url}?token={entry.secret}" if entry.is_token else self.url

        def prepared() -> Assistant:
            from rag.ui import page

            page.gradio_module()
            return open_assistant()

        self._startup = Startup(prepared, lambda assistant: application(assistant, settings))
        names = [name for name in settings.hostnames.replace(",", " ").split() if name]
        app = LanguageMiddleware(guard.Guard(PlainValues(self._startup), Door(entry, port), host, names))
        self._server = uvicorn.Server(
            uvicorn.Config(
                app, log_level="warning", http=Deadlines, ws="none", timeout_graceful_shutdown=2, lifespan="on"
            )
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
    """Serves the chat and its API over an assistant that is open; gives the address to open, and what ends it."""
    served = Served(lambda: assistant, settings)
    served.wait()
    return served.entrance, served.close


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


def open_browser(entrance: str, folder: Path) -> Path | None:
    """Opens an address in the browser of this desktop, if there is one, by way of a file that its owner alone can read.

    The token would else stand among the arguments of the browser's process. Gives the file, to be removed later.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return None
    path = folder / "open-chat.html"
    with suppress(OSError, webbrowser.Error):
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(
            f'<meta charset="utf-8"><meta http-equiv="refresh" content="0;url={escape(entrance)}">', encoding="utf-8"
        )
        webbrowser.open(path.as_uri())
    return path


def serve(settings: Settings, say: Callable[[str], None], browser: bool = False) -> None:
    """Opens the assistant and serves the chat until Ctrl-C; `say` is told the address and what was repaired.

    browser: whether to open the page there, too.
    """
    opened: list[Assistant] = []

    def open_assistant() -> Assistant:
        from rag import wiring

        opened.append(wiring.open_assistant(settings))
        return opened[0]

    served = Served(open_assistant, settings)
    page: Path | None = None
    with suppress(KeyboardInterrupt):
        taken = settings.port and not served.url.endswith(f":{settings.port}/")
        say(f"the chat is at {served.entrance}{f' (port {settings.port} is taken)' if taken else ''}; Ctrl-C ends it")
        if not guard.is_local(settings.host):
            say(
                "other machines can reach it with the password; what they send is not encrypted: use it in a network you "
                "trust"
            )
        page = open_browser(served.entrance, settings.index_dir) if browser else None
        served.wait()
        for notice in opened[0].notices:
            say(notice)
        forever = threading.Event()
        while not forever.wait(3600):
            pass
    if page:
        page.unlink(missing_ok=True)
    served.close()
