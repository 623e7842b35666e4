"""Where the sentences of a text end; a quotation is kept whole."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 1000
"""Characters; a longer sentence is cut at a clause mark or a space, so that a passage stays readable."""
LONGEST_QUOTATION = 900
"""Characters; quotation marks further apart are taken for strays."""
BETWEEN_CELLS = " · "
"""What readers put between the cells of a table's row, which is one sentence."""

_OPENERS = {"«": "»", "“": "”", "„": "”", "‹": "›", "‘": "’"}
_STRAIGHT = ('"', "''")
_MARK = re.compile(r"''|\n\n|[«»“”„‹›‘’\"]")
_END = re.compile(r"[.!?؟…۔]+|\n+")
_ENDED = re.compile(r"[.!?؟…۔][»”›’\"')\]]*\s*$")
_BETWEEN = re.compile(r"[.!?؟…۔][»”›’\"')\]]*\s+(?=\S)")
_CLOSING = "»”›’\"')]،,."
_CLAUSE = re.compile(r"[،؛,;:](?=\s)")
_LONGEST_END = 20
"""Characters of a mark at the end of a line, with what closes behind it."""
_WORD = re.compile(r"[^\W_]")
_APART = re.compile(r"[\s(«\"“.]")
_LETTER, _LETTERED = re.compile(r"[\u0620-\u064a]"), re.compile(r"[\u0620-\u0652»\"]$")


def _quotations(text: str) -> list[tuple[int, int]]:
    """Offsets (of the opening mark, of the closing mark) of the quotations, in order, not nested."""
    marks = [(match.start(), match.group()) for match in _MARK.finditer(text)]
    spans: list[tuple[int, int]] = []
    opened, closer, k = -1, "", 0
    while k < len(marks):
        i, mark = marks[k]
        if opened >= 0 and (i - marks[opened][0] > LONGEST_QUOTATION or mark == "\n\n"):
            k, opened = opened + 1, -1  # a stray: read on behind it
            continue
        before = text[i - 1] if i else " "
        after = text[i + len(mark)] if i + len(mark) < len(text) else " "
        if opened >= 0:
            if mark == closer and (mark not in _STRAIGHT or not before.isspace()):
                spans.append((marks[opened][0], i))
                opened = -1
            elif mark == closer or _OPENERS.get(mark) == closer:  # the same kind opens again: the first was a stray
                opened = k
        elif mark in _OPENERS:
            opened, closer = k, _OPENERS[mark]
        elif mark in _STRAIGHT and not after.isspace() and after not in _CLOSING:
            opened, closer = k, mark
        k += 1
    return spans


def _ends_here(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether the mark ends a sentence which began at `start`: no decimal point, initial, list number or address."""
    mark, before = match.group(), text[max(start, match.start() - 40) : match.start()]
    after = text[match.end()] if match.end() < len(text) else " "
    if mark[0] in "!?؟\n":
        return True
    token = _APART.split(before)[-1]
    if len(token) == 1 and token.isalpha() and mark == ".":
        return False
    if token.isdecimal() and before.strip() == token:
        return False
    if after.isspace() or after in _CLOSING or after in _OPENERS:
        return True
    return bool(_LETTER.match(after)) and bool(_LETTERED.search(before))


def _cut(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The span in pieces of at most LONGEST characters, cut behind a clause mark, else at a space, else anywhere."""
    pieces = []
    while end - start > LONGEST:
        window = text[start : start + LONGEST]
        clauses = [m.end() for m in _CLAUSE.finditer(window) if m.end() > LONGEST // 2]
        space = window.rfind(" ", LONGEST // 2)
        cut = start + (clauses[-1] if clauses else space if space > 0 else LONGEST)
        pieces.append((start, cut))
        start = cut
    return [*pieces, (start, end)]


def sentences(text: str) -> list[tuple[int, int]]:
    """Offsets (start, end) of the sentences of a text, in order, without surrounding white space.

    A sentence ends at . ! ? ؟ … ۔ or a line's end; not inside a quotation, a number, an initial or an abbreviation of one letter.
    Every letter and digit of the text lies in exactly one of them.
    """
    quotations = _quotations(text)
    ends: list[int] = []
    start = q = 0
    for match in _END.finditer(text):
        if match.start() < start:
            continue
        while q < len(quotations) and quotations[q][1] < match.start():
            q += 1
        end = match.end()
        inside = q < len(quotations) and quotations[q][0] < match.start()
        if inside and (end != quotations[q][1] or match.group() == "\n"):
            continue
        if not _ends_here(text, start, match):
            continue
        while end < len(text) and text[end] in _CLOSING and not (text[end] in "\"'" and _opens(text, end)):
            end += 1
        ends.append(end)
        start = end
    spans = []
    for a, b in zip([0, *ends], [*ends, len(text)], strict=True):
        for piece in _cut(text, a, b):
            span = _trim(text, *piece)
            if span[0] == span[1]:
                continue
            if _WORD.search(text, *span):
                spans.append(span)
            elif spans:
                spans[-1] = (spans[-1][0], span[1])  # lone marks belong to the sentence before
    return spans


def ends_sentence(line: str) -> bool:
    """Whether a line ends with the mark of a sentence's end."""
    return bool(_ENDED.search(line[-_LONGEST_END:]))


def last_sentence(line: str) -> int:
    """Where the last sentence of a line begins, as far as marks with a space behind them show; 0 where there are none."""
    marks = [*_BETWEEN.finditer(line)]
    return marks[-1].end() if marks else 0


def sentences_each(texts: Iterable[str]) -> list[list[tuple[int, int]]]:
    """The `sentences` of each text."""
    return [sentences(text) for text in texts]


def _opens(text: str, i: int) -> bool:
    """Whether the straight quotation mark at `i` opens a quotation rather than closing one."""
    return text[i - 1].isspace() and i + 1 < len(text) and not text[i + 1].isspace()


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
