"""The words of the page in its languages, from `ui.<language>.json` beside the prompt templates, so that none stand in the code."""

from __future__ import annotations

import json
from contextvars import ContextVar
from functools import cache
from http.cookies import CookieError, SimpleCookie
from string import Template
from typing import Any, Literal

from rag.answer.prompts import folder
from rag.errors import InputError

Language = Literal["ar", "en"]

_spoken: ContextVar[Language] = ContextVar("spoken", default="ar")
_COOKIE = "rag-language"


def language() -> Language:
    """The language of the page that is being made."""
    return _spoken.get()


def direction() -> Literal["rtl", "ltr"]:
    """Which way the page is read."""
    return "rtl" if language() == "ar" else "ltr"


def speak(chosen: Language) -> None:
    """From here on, within this request or thread, the page's words are of that language."""
    _spoken.set(chosen)


def texts() -> dict[str, Any]:
    """Every word of the page by its name; InputError where the file cannot be read."""
    return _texts(language())


@cache
def _texts(chosen: Language) -> dict[str, Any]:
    path = folder() / f"ui.{chosen}.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise InputError(f"{path} cannot be read ({e}); expected JSON; restore the file") from e
    return found


def say(name: str, **fields: object) -> str:
    """The text of this name, its `$fields` filled in; a dot leads into a group: `errors.empty`."""
    value: Any = texts()
    for part in name.split("."):
        value = value[part]
    return Template(value).substitute(fields)


class LanguageMiddleware:
    """ASGI middleware: every request is answered in the language that its page has chosen, by a cookie; Arabic else."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            speak("en" if cookies(scope).get(_COOKIE) == "en" else "ar")
        await self._app(scope, receive, send)


def cookies(scope: Any) -> dict[str, str]:
    """The cookies of a request by their names; what is none is left out."""
    jar = SimpleCookie()
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                jar.load(value.decode("latin-1"))
            except CookieError:
                continue
    return {name: morsel.value for name, morsel in jar.items()}
