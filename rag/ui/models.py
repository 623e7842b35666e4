"""The models panel: what is in use, pulling with its progress, taking another writer or reranker, removing.

Whoever may ask the archive may do all of it, for everyone who asks there. Imports Starlette; knows no page.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from rag import wiring
from rag.addresses import shown_addresses
from rag.answer.assistant import Assistant
from rag.errors import BusyError, InputError, RagError
from rag.models import pulled
from rag.models.background import BackgroundPull
from rag.search.reranking import SHIPPED_RERANKER
from rag.settings import Settings
from rag.ui import model_cards
from rag.ui.model_cards import Shelf
from rag.ui.responses import fields
from rag.ui.texts import say

log = logging.getLogger(__name__)


class ModelsPanel:
    """The routes over one assistant and the models of its settings."""

    def __init__(self, settings: Settings, assistant: Assistant) -> None:
        self._settings, self._assistant = settings, assistant
        self._pull = BackgroundPull(settings.models_dir, settings.offline)
        self._switching = threading.Lock()  # one model is loaded at a time

    def routes(self) -> list[Route]:
        return [
            Route("/ui/models", self.panel, methods=["GET"]),
            Route("/ui/models", self.remove, methods=["DELETE"]),
            Route("/ui/models/progress", self.progress, methods=["GET"]),
            Route("/ui/models/pull", self.pull, methods=["POST"]),
            Route("/ui/models/cancel", self.cancel, methods=["POST"]),
            Route("/ui/models/use", self.use, methods=["POST"]),
        ]

    async def panel(self, request: Request) -> Response:
        """The panel, as the other handlers answer too."""
        return await self._done(lambda: None)

    async def progress(self, request: Request) -> Response:
        """How far the pull is; empty before any."""
        state = self._pull.state
        return _html(model_cards.progress(state) if state else "")

    async def pull(self, request: Request) -> Response:
        """Begins to pull `name`, of the catalogue, or `file` of the repository `name`."""
        asked = await fields(request)
        return await self._done(lambda: self._pull.start(asked.get("name", ""), asked.get("file", "")))

    async def cancel(self, request: Request) -> Response:
        """Ends the pull; what arrived is kept."""
        return await self._done(self._pull.cancel)

    async def use(self, request: Request) -> Response:
        """Has `name` write, or rerank, from the next question on."""
        asked = await fields(request)
        return await self._done(lambda: self._use(asked.get("name", "")))

    async def remove(self, request: Request) -> Response:
        """Removes the model `name`, or what arrived of it; not one that is in use."""
        asked = await fields(request)
        return await self._done(lambda: self._remove(asked.get("name", "")))

    def _use(self, name: str) -> None:
        with self._switching:
            if name == SHIPPED_RERANKER or self._kind(name) == "reranker":
                wiring.switch_reranker(self._assistant, self._settings, name)
            elif self._kind(name) == "embedder":
                raise InputError(
                    f"{name} is an embedder, whose vectors the index holds; set RAG_EMBEDDER={name} and start the program "
                    "again, which embeds the archive anew"
                )
            else:
                wiring.switch_writer(self._assistant, self._settings, name)

    def _kind(self, name: str) -> str:
        entries = pulled.entries(self._settings.models_dir)
        return next((entry.model.kind for entry in entries if entry.model.name == name), "")

    def _remove(self, name: str) -> None:
        with self._switching:
            shelf = self._shelf()
            if any(entry.path in shelf.used for entry in shelf.entries if entry.model.name == name):
                raise _InUse(f"{name} is in use; take another one first")
            pulled.remove(name, self._settings.models_dir)
            self._pull.forget(name)

    def _shelf(self) -> Shelf:
        settings, assistant = self._settings, self._assistant
        state = self._pull.state  # before the entries: a pull that is said to be done has its model among them
        entries = pulled.entries(settings.models_dir)
        embedder = pulled.located(settings.embedder, "embedder", settings.models_dir)
        reranker = assistant.retriever.reranker.name
        configured = str(settings.model or "")
        known = {str(entry.path) for entry in entries} | {entry.model.name for entry in entries}
        return Shelf(
            entries,
            assistant.writer.name,
            assistant.choice,
            embedder,
            "" if reranker == SHIPPED_RERANKER else reranker,
            (settings.remote_model, shown_addresses(settings.remote_url))
            if settings.remote_url and settings.remote_model
            else None,
            "" if configured in known else configured,
            settings.writer != "auto" or settings.model is not None,
            settings.offline,
            _memory(),
            state,
        )

    async def _done(self, work: Callable[[], None]) -> Response:
        """The panel after some work; where it fails, the error alone."""
        try:
            await to_thread.run_sync(work)
            return _html(await to_thread.run_sync(lambda: model_cards.panel(self._shelf())))
        except Exception as e:
            return self._failed(e)

    def _failed(self, error: Exception) -> Response:
        words = say("models.errors.in_use") if isinstance(error, _InUse) else ""
        status = 409 if isinstance(error, BusyError) else 400 if isinstance(error, InputError) else 500
        if not isinstance(error, RagError):
            log.exception("the models panel failed", exc_info=error)
        return _html(model_cards.failure(error, words), status)


class _InUse(InputError):
    """A model that answers may not be removed."""


def _html(text: str, status: int = 200) -> Response:
    """The fragment; a file's name that is no text is shown with question marks."""
    body = text.encode("utf-8", "replace")
    return HTMLResponse(body, status, headers={"cache-control": "no-store"})


def _memory() -> int:
    """The bytes of this machine's memory, 0 where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
