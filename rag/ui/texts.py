"""The words of the page, from `ui.ar.json` beside the prompt templates, so that no Arabic stands in the code."""

from __future__ import annotations

import json
from functools import cache
from string import Template
from typing import Any

from rag.answer.prompts import folder
from rag.errors import InputError


@cache
def texts() -> dict[str, Any]:
    """Every word of the page by its name; InputError where the file cannot be read."""
    path = folder() / "ui.ar.json"
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
