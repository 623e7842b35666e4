"""Pages of a document: what runs over all of them, heads, feet and page numbers, and paragraphs that go on over a page's end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rag.arabic.text.presentation import joined
from rag.arabic.text.sentences import ends_sentence
from rag.readers.formats.pdf_lines import Line
from rag.readers.formats.pdf_paragraphs import LEADING, Paragraph, paragraphs, usual_drop

EDGE = 2
"""Rows at the top and at the bottom of a page among which heads and feet are."""
FEW_PAGES = 6
"""A document with fewer pages has a head on two of them at least, one with as many or more on three."""
STEP = 8
"""Points: heads differ less than this in height from page to page."""
MOST = 0.8
"""Of the pages of a head: where more than these count on from page to page, its number is the page's."""
LONGEST_NUMBER = 9
"""Digits of a number that is counted with."""
_NUMBER = re.compile(r"\d+")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page, and the heads and feet that stand on it for the first time."""

    heads: list[str]
    lines: list[Line]


def pages_of(drawn: Sequence[Sequence[Line]]) -> list[Page]:
    """Each page's lines without heads, feet and page numbers.

    Heads are told by where they stand, apart from the lines under or over them, and by recurring, but for their numbers, at one
    height.
    """
    edges = [_edge(lines) for lines in drawn]
    places = Counter((_pattern(line), round(line.height / STEP)) for edge in edges for line in edge)
    least = 2 if len(drawn) < FEW_PAGES else 3

    def recurs(line: Line) -> bool:
        at = round(line.height / STEP)
        return sum(places[_pattern(line), near] for near in (at - 1, at, at + 1)) >= least

    heads = [[line for line in edge if recurs(line)] for edge in edges]
    with_page = Counter(_from(page, line.text) for page, listed in enumerate(heads) for line in listed)
    in_all = Counter(_pattern(line) for listed in heads for line in listed)
    shown: set[str] = set()
    found = []
    for page, (lines, listed) in enumerate(zip(drawn, heads, strict=True)):
        kept: dict[str, str] = {}
        for line in listed:
            counted = _from(page, line.text)
            key = counted if with_page[counted] > MOST * in_all[_pattern(line)] else line.text
            if _LETTER.search(line.text) and key not in shown:
                kept[key] = line.text
        shown |= set(kept)
        without = set(map(id, listed))
        found.append(Page([*kept.values()], [line for line in lines if id(line) not in without]))
    return found


def _pattern(line: Line) -> str:
    return _NUMBER.sub("#", line.text)


def _from(page: int, text: str) -> str:
    """A head with its numbers counted from the page's own, so that "page 3" is on each page the same and "chapter 3" is not."""
    return _NUMBER.sub(lambda match: f"#{int(match.group()[-LONGEST_NUMBER:]) - page}", text)


def _edge(lines: Sequence[Line]) -> list[Line]:
    """The lines at a page's top and bottom that stand apart from those next to them."""
    apart = LEADING * usual_drop(lines)
    found: dict[int, Line] = {}
    for sign in (1, -1):
        taken: list[Line] = []
        rows = 0
        ordered = sorted(lines, key=lambda line: -sign * line.height)
        for line, following in zip(ordered, [*ordered[1:], None], strict=False):
            taken.append(line)
            drop = line.height - following.height if following else 0.0
            if following and abs(drop) <= line.size / 2:
                continue
            rows += 1
            if rows > EDGE:
                break
            if abs(drop) >= apart if following else rows == 1:
                found |= {id(head): head for head in taken}
                taken = []
    return list(found.values())


def text_of(pages: Sequence[Page]) -> tuple[str, tuple[int, ...]]:
    """The text of all pages, a paragraph a line, and where each page begins in it, in code points.

    A paragraph that goes on over a page's end is one line; what stands between its parts, notes and heads, comes before it.
    """
    pieces: list[_Piece] = []
    begins: list[tuple[_Piece, int] | None] = []
    before: list[tuple[Paragraph, _Piece]] = []
    for page in pages:
        here = [(paragraph, _Piece(paragraph.text)) for paragraph in paragraphs(page.lines)]
        new = [*map(_Piece, page.heads), *(piece for _, piece in here)]
        begins.append((new[0], 0) if new else None)
        if here and (going := _going_on(before, here[0][0].first)):
            piece = here[0][1]
            going.text = joined(going.text, piece.text)
            begins[-1] = going, len(going.text) - len(piece.text)
            at = pieces.index(going)
            pieces[at:] = [*pieces[at + 1 :], *new[: len(page.heads)], going]
            here[0] = here[0][0], going
            new = new[len(page.heads) + 1 :]
        pieces += new
        before = here or before
    return _written(pieces, begins)


@dataclass(slots=True, eq=False)
class _Piece:
    """A paragraph of the text, which may grow."""

    text: str


def _going_on(before: Sequence[tuple[Paragraph, _Piece]], first: Line) -> _Piece | None:
    """The paragraph that goes on with the first line of the next page; smaller ones behind it are notes."""
    for paragraph, piece in reversed(before):
        if paragraph.goes_on(first):
            return None if ends_sentence(piece.text) else piece
        if paragraph.last.size >= first.size:
            return None
    return None


def _written(pieces: Sequence[_Piece], begins: Sequence[tuple[_Piece, int] | None]) -> tuple[str, tuple[int, ...]]:
    starts: dict[int, int] = {}
    length = 0
    for piece in pieces:
        starts[id(piece)] = length
        length += len(piece.text) + 1
    places: list[int] = []
    for begin in reversed(begins):  # an empty page begins where the next one does
        places.append(starts[id(begin[0])] + begin[1] if begin else places[-1] if places else length)
    return "\n".join(piece.text for piece in pieces), tuple(reversed(places))
