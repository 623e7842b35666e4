"""The conversations of the page: the page itself, their list, and what is done with one or with a turn of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from rag.answer.assistant import Assistant
from rag.conversations import Conversation, Conversations, Turn
from rag.errors import InputError
from rag.ui import exporting, frame
from rag.ui.asking import Asking
from rag.ui.responses import Visitors, explained, fields

_KINDS = {"md": ("text/markdown", exporting.markdown), "html": ("text/html", exporting.page)}


class ConversationRoutes:
    """The routes of the page and its conversations."""

    def __init__(self, assistant: Assistant, conversations: Conversations, asking: Asking, visitors: Visitors) -> None:
        self._assistant, self._conversations = assistant, conversations
        self._asking, self._visitors = asking, visitors

    def routes(self) -> list[Route]:
        """What the page asks for."""
        conversation, turn = "/ui/conversations/{conversation}", "/ui/turns/{turn}"
        return [
            Route("/ui/app", explained(self.app)),
            Route("/ui/status", explained(self.status)),
            Route("/ui/sources", explained(self.sources)),
            Route("/ui/conversations", explained(self.listed)),
            Route(conversation, explained(self.turns)),
            Route(conversation, explained(self.rename), methods=["POST"]),
            Route(conversation, explained(self.delete), methods=["DELETE"]),
            Route(f"{conversation}/export.{{kind}}", explained(self.export)),
            Route(f"{turn}/panel", explained(self.panel)),
            Route(f"{turn}/rating", explained(self.rate), methods=["POST"]),
        ]

    async def app(self, request: Request) -> Response:
        """The whole page in its language; a browser that needs a name gets one."""
        owner, cookie = self._visitors.welcome(request)
        html = await to_thread.run_sync(
            lambda: frame.app_html(self._assistant, self._conversations.listed(owner), self._visitors.sign_in)
        )
        answer = HTMLResponse(html, headers={"cache-control": "no-store"})
        if cookie:
            answer.headers["set-cookie"] = cookie
        return answer

    async def status(self, request: Request) -> Response:
        """The lines over the chat."""
        return HTMLResponse(await to_thread.run_sync(frame.status_html, self._assistant))

    async def sources(self, request: Request) -> Response:
        """The sources that a question can be narrowed to."""
        return HTMLResponse(frame.sources_html(await to_thread.run_sync(self._assistant.library.sources)))

    async def listed(self, request: Request) -> Response:
        """The conversations, those with the given words."""
        return await self._list(self._visitors.owner(request), request.query_params.get("words", ""))

    async def _list(self, owner: str, words: str = "") -> Response:
        return HTMLResponse(
            frame.conversations_list(await to_thread.run_sync(self._conversations.listed, owner, words))
        )

    async def turns(self, request: Request) -> Response:
        """A conversation as it was: its turns as finished snapshots."""
        owner, conversation = self._visitors.owner(request), request.path_params["conversation"]

        def shown() -> list[dict[str, Any]]:
            turns = self._conversations.turns(owner, conversation)
            return [{"turn": turn.id, "html": self._asking.turn_html(turn), "done": True} for turn in turns]

        return JSONResponse(await to_thread.run_sync(shown))

    async def panel(self, request: Request) -> Response:
        """What the panel shows of a turn: its articles."""
        owner, id_ = self._visitors.owner(request), request.path_params["turn"]
        return HTMLResponse(
            await to_thread.run_sync(lambda: self._asking.panel_html(self._conversations.turn(owner, id_)))
        )

    async def rename(self, request: Request) -> Response:
        """Gives a conversation another title."""
        owner, title = self._visitors.owner(request), (await fields(request)).get("title", "").strip()
        if not title:
            raise InputError("the title is empty; expected a name for the conversation")
        await to_thread.run_sync(self._conversations.rename, owner, request.path_params["conversation"], title)
        return await self._list(owner)

    async def delete(self, request: Request) -> Response:
        """Deletes a conversation."""
        owner = self._visitors.owner(request)
        await to_thread.run_sync(self._conversations.delete, owner, request.path_params["conversation"])
        return await self._list(owner)

    async def export(self, request: Request) -> Response:
        """A conversation as a file, with its quotes and sources."""
        owner, conversation, kind = (
            self._visitors.owner(request),
            request.path_params["conversation"],
            request.path_params["kind"],
        )
        if kind not in _KINDS:
            raise InputError(f"conversations are not written as {kind}; expected one of {', '.join(_KINDS)}")
        media, write = _KINDS[kind]

        def read() -> tuple[Conversation, list[Turn]]:
            return self._conversations.conversation(owner, conversation), self._conversations.turns(owner, conversation)

        conversation, turns = await to_thread.run_sync(read)
        name = quote(f"{conversation.title}.{kind}", safe="")
        headers = {"content-disposition": f"attachment; filename=\"conversation.{kind}\"; filename*=UTF-8''{name}"}
        return Response(await to_thread.run_sync(write, conversation, turns), media_type=media, headers=headers)

    async def rate(self, request: Request) -> Response:
        """Keeps what a reader thinks of an answer: 1, -1 or 0 for nothing any more, and a note."""
        given = await fields(request)
        if given.get("rating") not in ("1", "0", "-1"):
            raise InputError(f"the rating is {given.get('rating')!r}; expected 1, 0 or -1")
        rating, note = int(given["rating"]), given.get("note", "")
        await to_thread.run_sync(
            self._conversations.rate, self._visitors.owner(request), request.path_params["turn"], rating, note
        )
        return Response(status_code=204)
