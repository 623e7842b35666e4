"""Asking in the page: a question's turn as it grows, one line of JSON a snapshot, kept in its conversation.

A snapshot is `{"turn", "conversation", "html", "done", "failed"}`: `conversation` is "" until the conversation holds the turn; the
question of one that failed goes back into its box. An answer that is broken off is kept beside the one that it was to replace.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from anyio import CancelScope, CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from rag.answer.assistant import Assistant
from rag.answer.suggestions import following, suggested
from rag.arabic import fold
from rag.conversations import Conversations, Turn
from rag.errors import GoneError, InputError, RagError
from rag.types import Answer, Article, Scope
from rag.ui import frame, rendering
from rag.ui.queue import Queues
from rag.ui.responses import Visitors, explained

_REMEMBERED = 3
"""Answers of a conversation out of which the next question is understood."""
_SUGGESTED = 5
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Question:
    """A question of the page: of which conversation (a new one: ""), and in the place of which turn (none: "")."""

    question: str
    conversation: str
    replacing: str
    scope: Scope


def _question(body: bytes) -> _Question:
    try:
        given = json.loads(body)
        texts = [given.get(name, "") for name in ("question", "conversation", "replacing", "since", "until")]
        sources = given.get("sources", [])
    except (ValueError, RecursionError, AttributeError) as e:
        raise InputError(f"the body is no JSON object ({e}); expected one with a question") from e
    if not (isinstance(sources, list) and all(isinstance(text, str) for text in [*texts, *sources])):
        raise InputError(
            "a field is of another type; expected question, conversation, replacing, since, until and a list of sources"
        )
    question, conversation, replacing, since, until, *among = (
        text.encode("utf-8", "replace").decode() for text in [*texts, *sources]
    )
    return _Question(question, conversation, replacing, Scope(fold(since.strip()), fold(until.strip()), tuple(among)))


def _snapshot(turn: Turn, html: str, done: bool = False, failed: bool = False, kept_now: bool = False) -> str:
    """A line of JSON that shows a turn; kept_now: whether its conversation holds it."""
    shown = {
        "turn": turn.id,
        "conversation": turn.conversation if kept_now else "",
        "html": html,
        "done": done,
        "failed": failed,
    }
    return json.dumps(shown, ensure_ascii=False) + "\n"


class Asking:
    """The routes that answer questions, over one assistant and its conversations."""

    def __init__(self, assistant: Assistant, conversations: Conversations, visitors: Visitors, queues: Queues) -> None:
        self._assistant, self._conversations, self._visitors = assistant, conversations, visitors
        self._queues = queues
        self._stops: dict[str, asyncio.Event] = {}
        self._suggested: tuple[int, list[str]] = (-1, [])
        self._aside = CapacityLimiter(1)  # suggestions, one at a time, must not hold up answers

    def routes(self) -> list[Route]:
        """What the page asks for."""
        return [
            Route("/ui/ask", explained(self.ask), methods=["POST"]),
            Route("/ui/turns/{turn}/stop", explained(self.stop), methods=["POST"]),
            Route("/ui/conversations/{conversation}/following/{turn}", explained(self.following)),
            Route("/ui/suggestions", explained(self.suggestions)),
        ]

    async def ask(self, request: Request) -> Response:
        """The snapshots of a new turn."""
        owner, what = self._visitors.owner(request), _question(await request.body())
        return StreamingResponse(
            self._snapshots(owner, what), media_type="application/x-ndjson", headers={"cache-control": "no-store"}
        )

    async def _snapshots(self, owner: str, what: _Question) -> AsyncIterator[str]:
        """The turn as lines of JSON; one that is broken off is kept as far as it went."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        empty = Answer(what.question.strip(), "answered", "", self._assistant.writer.name)
        kept = Turn(secrets.token_hex(8), what.conversation or secrets.token_hex(8), empty, what.scope, now, 0, "")
        stop = self._stops[kept.id] = asyncio.Event()

        unfinished = False  # whether the conversation holds this turn as one that is being written
        try:
            yield _snapshot(kept, rendering.waiting(what.question))
            async with aclosing(self._queues.turn()) as places:
                async for place in places:
                    if not place:
                        break
                    yield _snapshot(kept, rendering.waiting(what.question, place))
                history = await to_thread.run_sync(self._history, owner, what)
                question = await to_thread.run_sync(self._assistant.parse, what.question)
                answers = self._assistant.ask(question, what.scope, history)
                try:
                    while True:
                        answer = await to_thread.run_sync(next, answers)
                        kept = replace(kept, answer=self._without_known_notices(answer))
                        if answer.done or stop.is_set():
                            break
                        if not unfinished:
                            await to_thread.run_sync(self._keep, owner, kept)
                            unfinished = True
                        yield _snapshot(kept, rendering.turn(kept, {}, writing=True), kept_now=True)
                    unkept = await to_thread.run_sync(self._keep, owner, kept, what.replacing)
                    unfinished = False
                except Exception:
                    if unfinished:
                        unfinished = False
                        await to_thread.run_sync(self._take_back, owner, kept)
                    raise
                finally:
                    answers.close()
                    if unfinished:
                        with CancelScope(shield=True):
                            await to_thread.run_sync(self._keep, owner, kept)
            html = await to_thread.run_sync(lambda: rendering.turn(kept, self._articles(kept.answer)))
            yield _snapshot(kept, html + unkept, done=True, kept_now=not unkept)
        except Exception as e:
            if not isinstance(e, RagError):
                log.exception("a question could not be answered")
            yield _snapshot(kept, rendering.failed(what.question, e, what.scope), done=True, failed=True)
        finally:
            del self._stops[kept.id]

    def _keep(self, owner: str, turn: Turn, replacing: str = "") -> str:
        """Saves a turn; a line for the reader where that fails, since the answer stands all the same."""
        try:
            if self._conversations.save(owner, turn, replacing):
                return ""
            raise GoneError("the turn was deleted while its answer was written; it is not kept")
        except RagError as e:
            return rendering.problem(e)

    def _take_back(self, owner: str, turn: Turn) -> None:
        with suppress(RagError):  # deleted meanwhile
            self._conversations.discard(owner, turn.id)

    def _history(self, owner: str, what: _Question) -> list[Answer]:
        """The conversation's last answers, without the one that is replaced, which must be the last."""
        if not what.conversation:
            return []
        turns = self._conversations.turns(owner, what.conversation)
        if what.replacing:
            if not turns or turns[-1].id != what.replacing:
                raise GoneError(
                    "the conversation has gone on in another window; open it again to see what was asked there"
                )
            turns.pop()
        return [turn.answer for turn in turns if turn.answer.done][-_REMEMBERED:]

    async def stop(self, request: Request) -> Response:
        """Ends the writing of a turn at its next word; its stream then ends with what was written."""
        if event := self._stops.get(request.path_params["turn"]):
            event.set()
        return Response(status_code=204)

    def turn_html(self, turn: Turn) -> str:
        """A turn as a conversation holds it: finished, broken off, or being written for another window."""
        return rendering.turn(turn, self._articles(turn.answer), turn.id in self._stops, f"ui/turns/{turn.id}/panel")

    def panel_html(self, turn: Turn) -> str:
        """What the panel shows of a turn that a conversation holds."""
        return rendering.panel(turn.answer, self._articles(turn.answer))

    def _articles(self, answer: Answer) -> dict[str, Article]:
        ids = {c.article for c in answer.citations if c.n} | {hit.passage.article for hit in answer.hits}
        ids |= {i for c in answer.citations for i in c.near_duplicates[: rendering.ALSO]}
        found = {i: self._assistant.library.article(i) for i in ids}
        return {i: article for i, article in found.items() if article}

    def _without_known_notices(self, answer: Answer) -> Answer:
        """The answer without the notices of opening, which the head of the page shows."""
        told = "; ".join(self._assistant.notices)
        return replace(answer, notice=answer.notice.removeprefix(told).removeprefix("; "))

    async def following(self, request: Request) -> Response:
        """Buttons with questions to go on with after a turn."""
        owner, names = self._visitors.owner(request), request.path_params
        questions = await to_thread.run_sync(
            self._following, owner, names["conversation"], names["turn"], limiter=self._aside
        )
        return HTMLResponse(frame.questions_html(questions))

    def _following(self, owner: str, conversation: str, id_: str) -> list[str]:
        done = [turn for turn in self._conversations.turns(owner, conversation) if turn.answer.done]
        place = next((i for i, turn in enumerate(done) if turn.id == id_), None)
        if place is None:
            return []
        history = [turn.answer for turn in done[:place]]
        return following(self._assistant, done[place].answer, history[-_REMEMBERED:])

    async def suggestions(self, request: Request) -> Response:
        """Buttons with questions that the archive answers."""
        return HTMLResponse(frame.questions_html(await to_thread.run_sync(self._suggest, limiter=self._aside)))

    def _suggest(self) -> list[str]:
        generation = self._assistant.library.generation
        if self._suggested[0] != generation:
            self._suggested = generation, suggested(self._assistant, _SUGGESTED)
        return self._suggested[1]
