"""What a client of OpenAI's asks in a request.

`model`, `messages`, `stream` and `stream_options.include_usage` are read, and `rag`: {"since", "until", "sources"}. System
messages, tools and sampling settings have no effect: the archive answers, or says that it does not hold the answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rag.errors import InputError
from rag.types import Scope

_ROLES = {"system", "developer", "user", "assistant", "tool", "function"}


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """What a request asks, and which model: the questions of its conversation, the one to answer last."""

    model: str
    questions: tuple[str, ...]
    scope: Scope
    stream: bool
    usage: bool


def completion_request(body: bytes) -> CompletionRequest:
    """The request in a body; InputError where it is none."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as e:
        raise InputError(f"the body is not JSON ({e}); expected an object with model and messages") from e
    request = _object(request, "the body")
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InputError("messages is missing or empty; expected a list whose last message is the user's question")
    said = [_message(message) for message in messages]
    if said[-1][0] != "user":
        raise InputError(f"the last message is of the role {said[-1][0]!r}; expected the user's question")
    if request.get("n", 1) not in (1, None):
        raise InputError(f"n is {request['n']!r}; one answer is given: expected 1")
    options = _object(request.get("stream_options") or {}, "stream_options")
    questions = tuple(text for role, text in said if role == "user")
    scope = _scope(_object(request.get("rag") or {}, "rag"))
    stream, usage = request.get("stream") is True, options.get("include_usage") is True
    return CompletionRequest(str(request.get("model", "")), questions, scope, stream, usage)


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{name} is no object; expected one in braces")
    return value


def _message(message: Any) -> tuple[str, str]:
    """The role and the text of a message."""
    message = _object(message, "a message")
    role, content = message.get("role"), message.get("content")
    if not isinstance(role, str) or role not in _ROLES:
        raise InputError(f"a message has the role {role!r}; expected one of {', '.join(sorted(_ROLES))}")
    if role != "user" and not isinstance(content, str):
        return role, ""
    if isinstance(content, list):
        parts = [_object(part, "a part of a message") for part in content]
        content = (
            "\n".join(str(p["text"]) for p in parts)
            if all(p.get("type") == "text" and "text" in p for p in parts)
            else None
        )
    if not isinstance(content, str) or any("\ud800" <= char <= "\udfff" for char in content):
        raise InputError("a message of the user holds something other than text; expected text")
    return role, content


def _scope(given: dict[str, Any]) -> Scope:
    since, until, sources = given.get("since", ""), given.get("until", ""), given.get("sources", [])
    if not (isinstance(since, str) and isinstance(until, str) and isinstance(sources, list)):
        raise InputError('rag is not as expected: {"since": "YYYY-MM-DD", "until": "YYYY-MM-DD", "sources": ["…"]}')
    return Scope(since, until, tuple(map(str, sources)))
