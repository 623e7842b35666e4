"""The library panel: what the archive holds, as HTML, and the routes that add, show and remove articles.

Imports Starlette; knows no Gradio.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from rag.answer.assistant import Assistant
from rag.errors import RagError
from rag.readers.folders import SUFFIXES
from rag.scratch import scratch
from rag.search.retriever import Behind
from rag.types import Article
from rag.ui import articles
from rag.ui.articles import Sought
from rag.ui.reading import article_html, error_line, part_html
from rag.ui.texts import say
from rag.ui.uploads import safe_name, take_in

FILE_BYTES = 100_000_000
"""The largest file that is taken in."""
_BYTES_OF_A_MEGABYTE = 1_000_000
_WAIT_SECONDS = 2
"""For the index after a removal; whoever asks next brings it up to date, and what was removed is found no more."""
_DROPPED = 4
"""Times FILE_BYTES of a larger file that are read and dropped."""
_AT_ONCE = 8
"""Files that may be on their way at once; each lies on the disk until it is its turn."""
_GONE = 499
log = logging.getLogger(__name__)


class LibraryPanel:
    """The routes over one assistant's library."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant, self._library = assistant, assistant.library
        self._taking, self._coming = anyio.Lock(), 0

    def routes(self) -> list[Route]:
        """The panel, the list alone, one article, and the files that come in."""
        return [
            Route("/ui/library", self.panel, methods=["GET"]),
            Route("/ui/library/list", self.list, methods=["GET"]),
            Route("/ui/library/articles", self.article, methods=["GET"]),
            Route("/ui/library/articles", self.remove, methods=["DELETE"]),
            Route("/ui/library/parts", self.part, methods=["GET"]),
            Route("/ui/library/files", self.add, methods=["POST"]),
        ]

    async def panel(self, request: Request) -> Response:
        """The whole panel."""
        sought = Sought.of(request.query_params)
        return await _answered(partial(articles.panel, self._library, sought, FILE_BYTES // _BYTES_OF_A_MEGABYTE))

    async def list(self, request: Request) -> Response:
        """The part of it that a search and the pager renew."""
        return await _answered(partial(articles.found, self._library, Sought.of(request.query_params)))

    async def article(self, request: Request) -> Response:
        """An article to read."""
        id_ = request.query_params.get("id", "")

        def read() -> str:
            return article_html(self._article(id_), (), self._library.near_duplicates([id_])[id_], hidden=False)

        return await _answered(read)

    async def part(self, request: Request) -> Response:
        """What was left out of a long article: from `start` to `end`, in characters, the last of it where `last` is given."""
        query = request.query_params
        try:
            start, end = int(query["start"]), int(query["end"])
        except (KeyError, ValueError):
            return _refusal(_Refused(400, say("errors.InputError")))
        id_, last = query.get("id", ""), bool(query.get("last"))
        return await _answered(lambda: part_html(self._article(id_), start, end, last))

    def _article(self, id_: str) -> Article:
        article = self._library.article(id_)
        if article is None:
            raise _Refused(404, say("library.errors.gone", id=id_))
        return article

    async def remove(self, request: Request) -> Response:
        """Removes an article; the list without it."""
        id_, sought = request.query_params.get("id", ""), Sought.of(request.query_params)

        def removed() -> str:
            if self._library.remove([id_]):
                raise _Refused(404, say("library.errors.gone", id=id_))
            try:
                self._assistant.retriever.catch_up(wait=_WAIT_SECONDS)
            except Behind:
                log.info("the index is being written; an article leaves it later", extra={"article": id_})
            return articles.found(self._library, sought)

        return await _answered(removed)

    async def add(self, request: Request) -> Response:
        """Takes in one file: the body, under the name that the query gives; a line that says what came of it."""
        name = safe_name(request.query_params.get("name", ""))
        if Path(name).suffix.lower() not in SUFFIXES:
            return _refusal(_Refused(415, say("library.errors.kind", suffixes=" ".join(SUFFIXES)), name))
        if self._coming == _AT_ONCE:
            return _refusal(_Refused(429, say("library.errors.many", most=_AT_ONCE), name))
        self._coming += 1
        try:
            with scratch() as folder:
                file = folder / say("library.uploaded") / name  # the folder's name becomes the articles' source
                await _stored(request, file)
                async with self._taking:
                    return await _answered(lambda: articles.taken(name, take_in(self._assistant, file)))
        except _Refused as e:
            e.about = name
            return _refusal(e)
        except ClientDisconnect:
            return Response(status_code=_GONE)
        except OSError as e:
            return HTMLResponse(error_line(say("library.errors.disk"), e.strerror or str(e), name), 507)
        finally:
            self._coming -= 1


class _Refused(Exception):
    """What cannot be done: the status, the line for the person, and the file that it is about."""

    def __init__(self, status: int, line: str, about: str = "") -> None:
        super().__init__(line)
        self.status, self.line, self.about = status, line, about


async def _stored(request: Request, file: Path) -> None:
    """Writes the body into a file; _Refused where it is empty or larger than FILE_BYTES."""
    file.parent.mkdir()
    size = 0
    async with await anyio.open_file(file, "wb") as out:
        async for chunk in request.stream():
            size += len(chunk)
            if size > _DROPPED * FILE_BYTES:
                break
            if size <= FILE_BYTES:
                await out.write(chunk)
    if size > FILE_BYTES:  # said after the body, since a browser that is still sending would not see it
        raise _Refused(413, say("library.errors.large", megabytes=FILE_BYTES // _BYTES_OF_A_MEGABYTE))
    if not size:
        raise _Refused(422, say("library.errors.blank"))


async def _answered(work: Callable[[], str]) -> Response:
    """The HTML that some work in another thread gives; an error with its status and its line."""
    try:
        return HTMLResponse(await to_thread.run_sync(work))
    except _Refused as e:
        return _refusal(e)
    except RagError as e:
        return HTMLResponse(articles.explained(e), 500)
    except Exception:
        log.exception("the library panel failed")
        return HTMLResponse(error_line(say("library.errors.unexpected")), 500)


def _refusal(e: _Refused) -> Response:
    return HTMLResponse(error_line(e.line, about=e.about), e.status)
