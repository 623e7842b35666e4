"""Paragraphs out of the lines of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from statistics import median

from rag.arabic.text import presentation
from rag.readers.formats.pdf_lines import SPACE, Line
from rag.readers.formats.pdf_tables import tables_and_lines

LEADING = 1.3
"""Of the page's median distance of lines: further apart, a paragraph has ended."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, its first and last line, and the edges of its column, of a line that stands alone those of the page, in points."""

    text: str
    first: Line
    last: Line
    left: float
    right: float

    def goes_on(self, below: Line) -> bool:
        """Whether a line of another column may go on with it: the line's first word had no room on the last one."""
        return are_alike(self.last, below) and _is_full(self.last, below, self.left, self.right)


def paragraphs(lines: Sequence[Line]) -> list[Paragraph]:
    """The paragraphs of a page, in the order in which they are drawn."""
    if len(lines) < 2:  # which tell nothing of the page's edges
        return [Paragraph(line.text, line, line, -inf, inf) for line in lines]
    leading = LEADING * usual_drop(lines)
    page = min(line.start for line in lines), max(line.end for line in lines)
    found: list[Paragraph] = []
    for texts, listed in tables_and_lines(lines):
        if texts:  # a row of a table goes on nowhere
            found += [Paragraph(text, listed[0], listed[-1], -inf, inf) for text in texts]
        else:
            found += _of_lines(listed, leading, page)
    return found


def _of_lines(lines: Sequence[Line], leading: float, page: tuple[float, float]) -> list[Paragraph]:
    """The paragraphs of lines that are in no table; page: its edges."""
    found: list[Paragraph] = []
    for column in _columns(lines, leading):
        alone = len(column) == 1
        left, right = page if alone else (min(line.start for line in column), max(line.end for line in column))
        found.append(Paragraph(column[0].text, column[0], column[0], left, right))
        for above, below in pairwise(column):
            if _is_full(above, below, left, right):
                found[-1] = replace(found[-1], text=presentation.joined(found[-1].text, below.text), last=below)
            else:
                found.append(Paragraph(below.text, below, below, left, right))
    return found


def usual_drop(lines: Sequence[Line]) -> float:
    """The median distance from a line to the one that is drawn next under it, in points; 0 for a page without such lines."""
    drops = [
        a.height - b.height for a, b in pairwise(lines) if a.turn == b.turn and 0 < a.height - b.height < 4 * a.size
    ]
    return median(drops) if drops else 0.0


def are_alike(a: Line, b: Line) -> bool:
    """Whether two lines are of one size and direction."""
    return a.turn == b.turn and abs(a.size - b.size) <= a.size / 10


def _columns(lines: Sequence[Line], leading: float) -> Iterator[list[Line]]:
    """Lines of one size that stand close under one another."""
    column: list[Line] = []
    for line in lines:
        if column:
            above = column[-1]
            near = 0 < above.height - line.height <= leading
            under = min(above.end, line.end) > max(above.start, line.start)
            if not (near and are_alike(above, line) and under):
                yield column
                column = []
        column.append(line)
    if column:
        yield column


def _is_full(above: Line, below: Line, left: float, right: float) -> bool:
    """Whether the next line's first word had no room on a line, so that the paragraph goes on."""
    room = above.start - left if presentation.is_arabic(above.text) else right - above.end
    word = (below.end - below.start) * len(below.text.split(" ")[0]) / len(below.text)
    return room < word + SPACE * above.size
