"""What answers from the first moment on, while Gradio and the archive are still being opened behind it.

The page says so and reloads itself; every other request waits.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from anyio import to_thread
from starlette.responses import HTMLResponse, PlainTextResponse

from rag.ui.reading import plain
from rag.ui.texts import direction, say

_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="1"><title>{title}</title><style>
:root {{ color-scheme: light dark; }}
body {{ font-family: "Noto Naskh Arabic", "Noto Sans Arabic", "Segoe UI", Tahoma, sans-serif; text-align: center; margin-top: 30vh; }}
</style></head><body dir="{direction}"><h1>{title}</h1><p role="status">{opening}</p></body></html>"""
_WAIT_SECONDS = 120


class Startup:
    """ASGI: opens something in a thread, then makes the application of it, and passes on to it from then on.

    opened: set when it stands, or when `failure` says why it does not. make: is called in the server's event loop, which
    Gradio wants to find.
    """

    def __init__(self, prepare: Callable[[], Any], make: Callable[[Any], Any]) -> None:
        self._prepare, self._make = prepare, make
        self._app: Any = None
        self.failure: BaseException | None = None
        self.opened = threading.Event()
        self._ready, self._ended = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] == "http" and self._app is None:
            if scope["path"] == "/":
                html = _PAGE.format(title=plain(say("title")), opening=plain(say("opening")), direction=direction())
                await HTMLResponse(html, headers={"cache-control": "no-store"})(scope, receive, send)
                return
            await asyncio.wait([asyncio.ensure_future(self._ready.wait())], timeout=_WAIT_SECONDS)
        if self._app is None:
            why = str(self.failure) if self.failure else "the archive is still being opened; try again in a moment"
            await PlainTextResponse(why, 503)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        """Starts at once, opens behind it, and ends what was opened with the server."""
        await receive()
        await send({"type": "lifespan.startup.complete"})
        opening = asyncio.ensure_future(self._open())
        await receive()
        self._ended.set()
        if self._app is None:
            opening.cancel()  # what its thread still opens is left to the end of the process
        await asyncio.wait([opening])
        await send({"type": "lifespan.shutdown.complete"})

    async def _open(self) -> None:
        try:
            app = self._make(await to_thread.run_sync(self._prepare, abandon_on_cancel=True))
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(app.router.lifespan_context(app))
                self._app = app
                self._ready.set()
                self.opened.set()
                await self._ended.wait()
        except BaseException as e:
            self.failure = e
            self._ready.set()
            self.opened.set()
