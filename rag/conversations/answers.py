"""An answer as JSON that gives back an equal one; `Answer.as_json` leaves out what readers do not need."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from rag.types import Answer, Citation, Hit, Passage, Scope


def packed(value: Answer | Scope) -> bytes:
    """The value with all that it holds; bytes, for letters that are no text (half of a surrogate pair) would be refused as such."""
    return json.dumps(asdict(value), ensure_ascii=False).encode("utf-8", "surrogatepass")


def answer(stored: bytes) -> Answer:
    """The answer that was packed. Raises ValueError, TypeError or KeyError where it was none."""
    found = _object(stored)
    citations = tuple(map(_citation, found.pop("citations")))
    hits = tuple(Hit(**{**hit, "passage": Passage(**hit["passage"])}) for hit in found.pop("hits"))
    return Answer(**found, citations=citations, hits=hits)


def _citation(stored: dict[str, Any]) -> Citation:
    return Citation(**{**stored, "near_duplicates": tuple(stored.get("near_duplicates", ()))})


def scope(stored: bytes) -> Scope:
    """The scope that was packed; raises as `answer` does."""
    found = _object(stored)
    return Scope(**{**found, "sources": tuple(found["sources"])})


def _object(stored: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stored.decode("utf-8", "surrogatepass"))
    return found
