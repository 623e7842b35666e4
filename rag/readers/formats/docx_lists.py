"""The numbers that Word writes before paragraphs, which stand in no paragraph's text: «المادة 1:», "1.2.", «أ-»."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag.arabic.text.counting import counted

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACE = re.compile(r"%([1-9])")
_DEEPEST = 10
"""Styles that a style is based on, one on the other."""
_LARGEST = 10**6
"""What a list may begin with."""


@dataclass(frozen=True, slots=True)
class _Level:
    """text: with %1 to %9 for the numbers of the levels; form: of this level's, as `counted` takes it."""

    text: str
    form: str
    start: int


class Numbers:
    """The numbers of a document's lists, counted on as its paragraphs are asked for in their order."""

    def __init__(self, numbering: Any, styles: Any) -> None:
        """numbering, styles: the roots of their parts; numbering may be None."""
        kinds = (
            {} if numbering is None else {_id(kind, "abstractNumId"): kind for kind in _all(numbering, "abstractNum")}
        )
        self._lists: dict[str, tuple[str, dict[int, _Level]]] = {}
        for listed in [] if numbering is None else _all(numbering, "num"):
            kind = _value(listed, "abstractNumId")
            levels = _levels(kinds[kind]) if kind in kinds else {}
            for override in _all(listed, "lvlOverride"):
                levels |= _levels(override)
            self._lists[_id(listed, "numId")] = kind, levels
        self._styles = {_id(style, "styleId"): style for style in _all(styles, "style")}
        self._counts: dict[str, dict[int, int]] = {}

    def before(self, paragraph: Any) -> str:
        """What Word writes before a paragraph, with a space behind it; nothing where it writes a bullet or no number."""
        number, level = self._place(paragraph.find(f"{_WORD}pPr"))
        kind, levels = self._lists.get(number, ("", {}))
        if level not in levels or levels[level].form in ("none", "bullet"):
            return ""
        counts = self._counts.setdefault(kind, {})
        counts[level] = counts.get(level, levels[level].start - 1) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        written = _PLACE.sub(lambda match: _number(int(match[1]) - 1, counts, levels), levels[level].text)
        return f"{written.rstrip('.') if written.count('.') > 1 else written} "  # "1.2." would end a sentence

    def _place(self, properties: Any) -> tuple[str, int]:
        """The list and the level of a paragraph, by its own properties or else by its style's."""
        style = _value(properties, "pStyle")
        for _ in range(_DEEPEST):
            numbered = properties.find(f"{_WORD}numPr") if properties is not None else None
            if numbered is not None:
                level = _value(numbered, "ilvl")
                return _value(numbered, "numId"), int(level) if level.isdecimal() else 0
            if style not in self._styles:
                break
            properties = self._styles[style].find(f"{_WORD}pPr")
            style = _value(self._styles[style], "basedOn")
        return "", 0


def _number(level: int, counts: Mapping[int, int], levels: Mapping[int, _Level]) -> str:
    if level not in levels:
        return ""
    return counted(counts.get(level, levels[level].start), levels[level].form)


def _levels(kind: Any) -> dict[int, _Level]:
    found = {}
    for level in _all(kind, "lvl"):
        start, place = _value(level, "start"), _id(level, "ilvl")
        if place.isdecimal():
            begin = min(int(start), _LARGEST) if start.isdecimal() else 1
            found[int(place)] = _Level(_value(level, "lvlText"), _value(level, "numFmt"), begin)
    return found


def _all(parent: Any, name: str) -> Any:
    return parent.findall(f"{_WORD}{name}")


def _id(element: Any, name: str) -> str:
    return str(element.get(f"{_WORD}{name}", ""))


def _value(parent: Any, name: str) -> str:
    """The value of a child of that name; empty where there is none."""
    child = parent.find(f"{_WORD}{name}") if parent is not None else None
    return "" if child is None else _id(child, "val")
