"""The writer `remote`: a language model behind an OpenAI-compatible server (llama.cpp, vLLM, Ollama and others).

The only part of the program that asks the network, and only where a person chose it.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import httpx

from rag.addresses import shown_addresses
from rag.answer import drafts, prompts
from rag.answer.writers import MARKUP, Notice, spoken
from rag.errors import InputError, ModelError
from rag.query.question import Question
from rag.types import Evidence, Passage

_CONNECT_SECONDS, _SILENT_SECONDS, _AWAY_SECONDS = 5, 120, 30
_PAUSES = (0.5, 2.0)
"""Seconds before asking again, where the server could not be reached or was overloaded."""
_OVERLOADED = {429, 500, 502, 503, 504}
_LETTERS_A_TOKEN = 2
"""Of Arabic in a vocabulary that was made for other languages; the server's own is not known."""
_SAID_BYTES = 2_000
"""Of a refusal, what is read to be told."""
_LONGEST_LINE, _MOST_BYTES, _LONGEST_SECONDS = 1 << 20, 1 << 23, 900
_FEWEST_LETTERS, _MOST_LETTERS_A_TOKEN = 20_000, 40
"""Bounds of a stream that does not stop, and of what its model thinks beside the answer."""
_MALFORMED = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError)
_WORDS = {401: "refuses the key; set RAG_REMOTE_KEY", 403: "refuses the key; set RAG_REMOTE_KEY"}


class RemoteWriter:
    """Answers with the model `model` of a server, whose paths begin at its address (http://host:port/v1).

    urls: the addresses of servers that have the same model, with commas between; each question goes to the one that writes
    least of them just now. key: sent as a bearer token, unless empty. context, answer_tokens: the model's window, and of it for
    the answer.
    """

    name = "remote"

    def __init__(self, urls: str, model: str, key: str, context: int, answer_tokens: int) -> None:
        self._urls, self._model = [url.strip().rstrip("/") for url in urls.split(",")], model
        self._writing: Counter[str] = Counter()
        self._away: dict[str, float] = {}  # until when a server is asked last
        self._lock = Lock()
        self._room, self._answer_tokens = (context - answer_tokens) * _LETTERS_A_TOKEN, answer_tokens
        self._headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._most_letters = max(_FEWEST_LETTERS, answer_tokens * _MOST_LETTERS_A_TOKEN)

    def write(
        self, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]
    ) -> Generator[str | Notice]:
        """The answer in pieces; closing the iterator closes the connection, at which servers stop.

        Raises at the first piece InputError (the question does not fit), at any ModelError.
        """
        taken = self._fitting(question, passages)
        yield from drafts.shortfall(
            passages, taken, f"the {self._room:,} letters that RAG_CONTEXT leaves beside the answer; raise RAG_CONTEXT"
        )
        yield from drafts.drafted(
            lambda reminded: self.reply(prompts.messages(question, taken, reminded)), question, taken
        )

    def reply(self, messages: list[dict[str, str]]) -> Generator[str]:
        """What the model says to a system's and a user's message; raises ModelError at any piece."""
        asked = {
            "model": self._model,
            "messages": [{**m, "content": re.sub(MARKUP, r"\g<0> ", m["content"])} for m in messages],
            "max_tokens": self._answer_tokens,
            "temperature": 0,
            "stream": True,
        }
        url = self._urls[0]
        try:
            with self._asked(asked) as (url, response):
                yield from spoken(self._bounded(_pieces(response)))
        except (httpx.HTTPError, httpx.InvalidURL, *_MALFORMED) as e:
            raise ModelError(f"the server {shown_addresses(url)} failed while answering ({_why(e)}); ask again") from e

    def _bounded(self, pieces: Iterator[str]) -> Iterator[str]:
        """The pieces; ValueError where they come to more than was asked for."""
        letters = 0
        for piece in pieces:
            letters += len(piece)
            if letters > self._most_letters:
                raise ValueError(
                    f"it writes more than {self._most_letters:,} letters, beyond the {self._answer_tokens} tokens asked for"
                )
            yield piece

    def _fitting(self, question: Question, passages: Sequence[Passage]) -> list[Passage]:
        def size(some: Sequence[Passage]) -> int:
            return sum(len(message["content"]) for message in prompts.messages(question, some, reminded=True))

        taken = prompts.fitting(passages, lambda some: size(some) <= self._room)
        if passages and not taken:
            raise InputError(
                f"the question leaves no room for a passage in the {self._room:,} letters that RAG_CONTEXT has beside the "
                "answer; shorten it, raise RAG_CONTEXT or lower RAG_ANSWER_TOKENS"
            )
        return taken

    @contextmanager
    def _asked(self, body: dict[str, Any]) -> Iterator[tuple[str, httpx.Response]]:
        """A server and its response once that begins; asks the others, and again, where that may help."""
        timeout = httpx.Timeout(_SILENT_SECONDS, connect=_CONNECT_SECONDS)
        with httpx.Client(headers=self._headers, timeout=timeout) as client:
            for pause in (*_PAUSES, None):
                left = list(self._urls)
                while left:
                    with self._one_of(left) as url:
                        last = pause is None and not left
                        try:
                            with client.stream("POST", f"{url}/chat/completions", json=body) as response:
                                if response.status_code not in _OVERLOADED or last:
                                    _check(response, url, self._model)
                                    yield url, response
                                    return
                        except (httpx.ConnectError, httpx.ConnectTimeout) as e:
                            self._away[url] = time.monotonic() + _AWAY_SECONDS
                            if last:
                                why = f"cannot be reached ({_why(e)}); start it, or set RAG_REMOTE_URL or RAG_WRITER"
                                raise ModelError(f"the server {shown_addresses(url)} {why}") from e
                if pause is not None:
                    time.sleep(pause)

    @contextmanager
    def _one_of(self, left: list[str]) -> Iterator[str]:
        """Takes out of some servers the one that writes least, one that could not be reached a moment ago last, and counts it
        as writing meanwhile."""
        now = time.monotonic()
        with self._lock:
            url = min(left, key=lambda url: (self._away.get(url, 0) > now, self._writing[url]))
            left.remove(url)
            self._writing[url] += 1
        try:
            yield url
        finally:
            with self._lock:
                self._writing[url] -= 1


def _check(response: httpx.Response, url: str, model: str) -> None:
    if response.is_success:
        return
    said = " ".join(next(response.iter_raw(_SAID_BYTES), b"").decode("utf-8", "replace").split())[:200]
    what = _WORDS.get(
        response.status_code, f"answers {response.status_code} for the model {model!r}: {said or 'nothing'}"
    )
    raise ModelError(f"the server {shown_addresses(url)} {what}")


def _pieces(response: httpx.Response) -> Iterator[str]:
    """The text of the server-sent events; raises ValueError where they end before the answer does."""
    for line in _lines(response):
        kind, _, data = line.decode("utf-8").strip().partition(":")
        if kind != "data":
            continue
        if data.strip() == "[DONE]":
            return
        event = json.loads(data)
        if "error" in event:
            raise ValueError(str(event["error"])[:200])
        for choice in event["choices"]:
            yield choice["delta"].get("content") or ""
            if choice.get("finish_reason"):
                return
    raise ValueError("its answer broke off")


def _lines(response: httpx.Response) -> Iterator[bytes]:
    """The lines of a stream, as they come; ValueError where it is packed, longer than an answer can be, or takes too long."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ValueError("it answers packed, which was not asked for")
    until, read, rest = time.monotonic() + _LONGEST_SECONDS, 0, b""
    for part in response.iter_raw():
        read += len(part)
        *lines, rest = (rest + part).split(b"\n")
        if len(rest) > _LONGEST_LINE or any(len(line) > _LONGEST_LINE for line in lines):
            raise ValueError(f"a line of its answer has more than {_LONGEST_LINE:,} bytes")
        if read > _MOST_BYTES:
            raise ValueError(f"its answer has more than {_MOST_BYTES:,} bytes")
        if time.monotonic() > until:
            raise ValueError(f"its answer takes more than {_LONGEST_SECONDS} s")
        yield from lines
    yield rest


def _why(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
