"""An answer as JSON that gives back an equal one; `Answer.as_json` leaves out what readers do not need."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from rag.stored import restored
from rag.types import Answer, Scope


def packed(value: Answer | Scope) -> bytes:
    """The value with all that it holds; bytes, for letters that are no text (half of a surrogate pair) would be refused as such."""
    return json.dumps(asdict(value), ensure_ascii=False).encode("utf-8", "surrogatepass")


def unpacked(stored: bytes) -> Any:
    """What was packed, as JSON gives it. Raises ValueError or RecursionError where it is none."""
    return json.loads(stored.decode("utf-8", "surrogatepass"))


def answer(stored: bytes) -> Answer:
    """The answer that was packed. Raises ValueError, TypeError or RecursionError where it was none."""
    return restored(Answer, unpacked(stored))
