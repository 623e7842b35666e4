"""The archive as a model for OpenAI's clients: /v1/chat/completions and /v1/models. Imports Starlette; knows no Gradio.

Beside OpenAI's fields an answer has `rag`, the object of `rag ask --json`. `usage` is zero, since nothing is counted.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import aclosing
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from rag.answer.assistant import Assistant
from rag.answer.conversation import leans_on_history
from rag.arabic.rules.polarity import MARKER
from rag.errors import BusyError, InputError, RagError
from rag.types import Answer
from rag.ui.guard import error
from rag.ui.openai_schema import CompletionRequest, completion_request
from rag.ui.queue import Queues

MODEL = "rag"
_REMEMBERED = 2
"""Earlier questions out of which the last one is understood."""
_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
_RETRY_SECONDS = 2
_GONE = 499
log = logging.getLogger(__name__)


class _Gone(Exception):
    """The client has gone while it waited."""


@dataclass(slots=True)
class Written:
    """What a stream has sent so far: `before` of drafts that were begun anew, then `text`."""

    before: str = ""
    text: str = ""

    def added(self, answer: Answer) -> str:
        """What is to be sent for the next snapshot; nothing for a checked text that differs only in its form."""
        if answer.text.startswith(self.text):
            new, self.text = answer.text[len(self.text) :], answer.text
            return new
        if answer.done and self.text.strip():
            return ""
        self.before, self.text = f"{self.before}{self.text}\n\n", answer.text
        return f"\n\n{answer.text}"

    def places(self, answer: Answer) -> list[tuple[int, int]]:
        """Where each citation's marker was sent; where the check added one, the place at which it would be."""
        places = [(c.at, c.at + len(f"[{c.n}]")) for c in answer.citations]
        if answer.text != self.text:
            blocks = SequenceMatcher(None, answer.text, self.text, autojunk=False).get_matching_blocks()
            markers = [marker.span() for marker in MARKER.finditer(self.text)]  # one may name several: [1, 2]
            for i, (at, _) in enumerate(places):
                near = next(block for block in blocks if at <= block.a + block.size or not block.size)
                sent = near.b + max(0, at - near.a)
                places[i] = next((span for span in reversed(markers) if span[0] <= sent <= span[1]), (sent, sent))
        return [(len(self.before) + start, len(self.before) + end) for start, end in places]


def annotated(answer: Answer, library: Any, written: Written) -> list[dict[str, object]]:
    """The citations as OpenAI's annotations: each marker's place in the message, in code points, end exclusive.

    Beside OpenAI's fields: the article's id, the quote and its place there, its page where there are pages, the marker's
    number and the verdict. An article without an address of the web has a urn for one.
    """
    found: list[dict[str, object]] = []
    for c, (start, end) in zip(answer.citations, written.places(answer), strict=True):
        if not c.n:
            continue
        article = library.article(c.article)
        url = (article.url if article else None) or ""
        place = {
            "start_index": start,
            "end_index": end,
            "title": (article.title if article else "") or c.article,
            "url": url if url.startswith(("https://", "http://")) else f"urn:rag:{quote(c.article, safe='')}",
        }
        ours = {"n": c.n, "article": c.article, "start": c.start, "end": c.end, "quote": c.quote, "verdict": c.verdict}
        page = {"page": c.page} if c.page else {}
        found.append({"type": "url_citation", "url_citation": {**place, **ours, **page}})
    return found


class Completions:
    """The routes over one assistant, whose queue they share with the page."""

    def __init__(self, assistant: Assistant, queues: Queues) -> None:
        self._assistant, self._queues, self._began = assistant, queues, int(time.time())

    def routes(self) -> list[Route]:
        """What OpenAI's clients ask for."""
        return [
            Route("/v1/chat/completions", self.create, methods=["GET", "POST"]),
            Route("/v1/models", self.models),
            Route("/v1/models/{model:path}", self.models),
        ]

    async def models(self, request: Request) -> Response:
        """The list of the one model, or it where the path names it."""
        model = {"id": MODEL, "object": "model", "created": self._began, "owned_by": "rag"}
        name = request.path_params.get("model")
        if name is None:
            return JSONResponse({"object": "list", "data": [model]})
        return JSONResponse(model) if name == MODEL else _unknown(name)

    async def create(self, request: Request) -> Response:
        """A completion, whole or as server-sent events; an error has its status as long as nothing was sent."""
        if request.method != "POST":
            return JSONResponse(error(405, f"{request.method} is not answered here; expected POST"), 405)
        try:
            what = completion_request(await request.body())
            if what.model != MODEL:
                return _unknown(what.model)
            answers = self._snapshots(request, what)
            first = await anext(answers)
        except _Gone:
            return Response(status_code=_GONE)
        except Exception as e:
            return _failed(e)
        if what.stream:
            events = self._events(what, first, answers)
            return StreamingResponse(events, media_type="text/event-stream", headers={"cache-control": "no-cache"})
        return await self._whole(request, first, answers)

    def _answers(self, what: CompletionRequest) -> Generator[Answer]:
        *before, last = what.questions
        question = self._assistant.parse(last)
        needs_history = before and leans_on_history(question)
        history = self._assistant.recall(before[-_REMEMBERED:], what.scope) if needs_history else []
        return self._assistant.ask(question, what.scope, history)

    async def _snapshots(self, request: Request, what: CompletionRequest) -> AsyncGenerator[Answer]:
        """The answer as it grows, when it is its turn; closing it stops the writer, and lets the next one ask."""
        async with aclosing(self._queues.turn()) as places:
            async for place in places:
                if await request.is_disconnected():
                    raise _Gone
                if not place:
                    break
            answers = await to_thread.run_sync(self._answers, what)
            try:
                done = False
                while not done:
                    answer = await to_thread.run_sync(next, answers)
                    done = answer.done
                    yield answer
            finally:
                answers.close()

    async def _whole(self, request: Request, answer: Answer, answers: AsyncGenerator[Answer]) -> Response:
        """The last snapshot; the writer stops where the client goes."""
        try:
            while not answer.done:
                if await request.is_disconnected():
                    return Response(status_code=_GONE)
                answer = await anext(answers)
            noted = await to_thread.run_sync(annotated, answer, self._assistant.library, Written(text=answer.text))
        except Exception as e:
            return _failed(e)
        finally:
            await answers.aclose()
        message = {"role": "assistant", "content": answer.text, "refusal": None, "annotations": noted}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        head = _head("chat.completion")
        return JSONResponse({**head, "choices": [choice], "usage": _USAGE, "rag": answer.as_json()})

    async def _events(
        self, what: CompletionRequest, answer: Answer, answers: AsyncGenerator[Answer]
    ) -> AsyncIterator[str]:
        """The answer as server-sent events; closing the iterator stops the writer."""
        head, written = _head("chat.completion.chunk"), Written()

        def chunk(delta: dict[str, object], finish: str | None = None, **more: object) -> str:
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
            return _event({**head, "choices": [choice], **more})

        try:
            yield chunk({"role": "assistant", "content": ""})
            while True:
                if text := written.added(answer):
                    yield chunk({"content": text})
                if answer.done:
                    break
                answer = await anext(answers)
            noted = await to_thread.run_sync(annotated, answer, self._assistant.library, written)
            yield chunk({"annotations": noted}, "stop", rag=answer.as_json())
            if what.usage:
                yield _event({**head, "choices": [], "usage": _USAGE})
            yield "data: [DONE]\n\n"
        except Exception as e:
            yield _event(_explained(e)[1])
        finally:
            await answers.aclose()


def _head(kind: str) -> dict[str, object]:
    return {"id": f"chatcmpl-{secrets.token_hex(12)}", "object": kind, "created": int(time.time()), "model": MODEL}


def _event(content: dict[str, object]) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


def _unknown(model: str) -> Response:
    return JSONResponse(error(404, f"the model {model!r} is not here; expected {MODEL!r}", "model_not_found"), 404)


def _failed(e: Exception) -> Response:
    status, body = _explained(e)
    return JSONResponse(body, status, headers={"retry-after": str(_RETRY_SECONDS)} if status == 429 else None)


def _explained(e: Exception) -> tuple[int, dict[str, object]]:
    """The status and the body for an error; what is not ours is logged and not told."""
    match e:
        case InputError():
            return 400, error(400, str(e))
        case BusyError():
            return 429, error(429, str(e), "busy")
        case RagError():
            return 500, error(500, str(e))
        case _:
            log.exception("a question could not be answered", exc_info=e)
            return 500, error(500, "the question could not be answered; the server's log says why")
