"""Lines out of the glyphs of a page.

A line's words are read in the order in which they are seen or in which they were drawn, whichever reads like Arabic:
most programs draw what is seen from the left, but some (text behind a scan, for one) write letters as they are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.arabic.text import presentation
from rag.arabic.text.raised import raised
from rag.readers.formats.pdf_glyphs import Glyph

SAME_LINE = 0.5
"""Of the size: how far apart in height the glyphs of a line are, lowered ones included."""
SMALL = 0.9
"""Of the size of the glyphs around them: that of raised ones; programs that write texts give them 0.5 to 0.85."""
RAISED, HIGHEST = 0.15, 0.7
"""Of the same size: how far above the line raised glyphs stand, at least and at most."""
LONGEST_MARK = 3
"""Digits of a power or of a note's number."""
SPACE = 0.17
"""Of the size: the gap that is a space where none is drawn; spaces are 0.2 to 0.3 wide."""
COLUMN = 2.5
"""Of the size: the gap that parts a table's cells; justified lines stretch spaces to less."""
UNSPACED = 0.5
"""Of the size: the gap that parts them in a row where no spaces are drawn, of a page where they are."""
TWICE = 0.12
"""Of the size: how near a glyph is to its twin that is drawn again to look bold."""
STOPS = (".", "!", ":", ",")
"""What no line begins with: a Latin line in an Arabic page shows itself by it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or a cell of a table, in reading order, where it starts and ends from the left, its height and its size, in points.

    row: the same for the cells that stand beside one another.
    """

    text: str
    start: float
    end: float
    height: float
    size: float
    turn: int
    row: int


def lines(glyphs: Sequence[Glyph]) -> list[Line]:
    """The lines of a page, and the cells of its tables, in the order in which they are drawn."""
    spaced = any(glyph.text.isspace() for glyph in glyphs)
    pieces = [(row, _with_raised(piece)) for row, line in enumerate(_rows(glyphs)) for piece in _cells(line, spaced)]
    letters = "".join(glyph.text for _, piece in pieces for glyph in piece)
    arabic = presentation.is_arabic(letters)
    candidates = [(row, piece, _seen(piece, arabic), _drawn(piece)) for row, piece in pieces]
    votes = [presentation.order_votes(seen) - presentation.order_votes(drawn) for *_, seen, drawn in candidates]
    as_seen = sum(votes) >= 0
    found = []
    for (row, piece, seen, drawn), vote in zip(candidates, votes, strict=True):
        text = seen if vote > 0 or (vote == 0 and as_seen) else drawn
        text = " ".join(presentation.plain(text).split())
        if text:
            start, end = min(g.start for g in piece), max(g.end for g in piece)
            largest = max(piece, key=lambda g: g.size)
            found.append(Line(text, start, end, largest.height, largest.size, largest.turn, row))
    return found


def _rows(glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    """Glyphs drawn one after the other at one height."""
    row: list[Glyph] = []
    for glyph in glyphs:
        if row and not _on_one_line(row[0], glyph):
            yield row
            row = []
        row.append(glyph)
    if row:
        yield row


def _on_one_line(a: Glyph, b: Glyph) -> bool:
    small, large = sorted((a, b), key=lambda glyph: glyph.size)
    rise = small.height - large.height
    is_raised = small.size <= SMALL * large.size and 0 < rise <= HIGHEST * large.size
    return a.turn == b.turn and (abs(rise) <= SAME_LINE * large.size or is_raised)


def _with_raised(cell: Sequence[Glyph]) -> list[Glyph]:
    """The glyphs with one raised sign in place of each run of raised digits; behind a digit to its left, it is one with it.

    A power stands to the right of its number, in an Arabic line too; a note's mark stands there or to its left.
    """
    base = max(cell, key=lambda glyph: glyph.size)
    changed: dict[int, Glyph | None] = {}
    before: Glyph | None = None
    for marks, run in _marks(cell, base):
        if not marks or len(run) > LONGEST_MARK:
            before = run[-1]
            continue
        sign = replace(run[0], text=raised("".join(glyph.text for glyph in run)), end=run[-1].end)
        changed |= {id(glyph): None for glyph in run} | {id(run[0]): sign}
        if before and before.text[-1:].isdecimal() and _gap(before, sign) <= SPACE * base.size:
            changed |= {
                id(before): replace(before, text=before.text + sign.text, end=sign.end),
                id(run[0]): None,
            }
        before = None
    return [kept for glyph in cell if (kept := changed.get(id(glyph), glyph))]


def _marks(cell: Sequence[Glyph], base: Glyph) -> Iterator[tuple[bool, list[Glyph]]]:
    """The glyphs from the left, in runs of raised digits that touch and of others, and which of both each is."""
    run: list[Glyph] = []
    marks = False
    for glyph in sorted(cell, key=lambda glyph: glyph.start):
        small, rise = glyph.size <= SMALL * base.size, glyph.height - base.height
        mark = glyph.text.isdecimal() and small and rise >= RAISED * base.size
        if run and (mark != marks or (mark and _gap(run[-1], glyph) > SPACE * glyph.size)):
            yield marks, run
            run = []
        run.append(glyph)
        marks = mark
    yield marks, run


def _cells(row: Sequence[Glyph], spaced: bool) -> list[list[Glyph]]:
    """A row parted at its wide gaps, each part and the parts in the order in which they were drawn.

    spaced: whether spaces are drawn on the page; where a row has none, it is cells of one word each.
    """
    order = {id(glyph): i for i, glyph in enumerate(row)}
    wide = UNSPACED if spaced and not any(glyph.text.isspace() for glyph in row) else COLUMN
    cells: list[list[Glyph]] = []
    reach = 0.0
    for glyph in sorted((g for g in row if g.text.strip()), key=lambda g: g.start):
        if not cells or glyph.start - reach > wide * glyph.size:
            cells.append([])
            reach = glyph.end
        cells[-1].append(glyph)
        reach = max(reach, glyph.end)
    for cell in cells:
        start, end = cell[0].start, max(g.end for g in cell)
        cell += [g for g in row if not g.text.strip() and start < g.end and g.start < end]
        cell.sort(key=lambda g: order[id(g)])
    return sorted(cells, key=lambda cell: order[id(cell[0])])


def _seen(cell: Sequence[Glyph], right_to_left: bool) -> str:
    """The reading of glyphs by their places; harakat go with the letter under them, wherever they were drawn."""
    letters = sorted((g for g in cell if not presentation.is_mark(g.text)), key=lambda g: g.start)
    placed: list[Glyph] = []
    for glyph in letters:
        if placed and glyph.text == placed[-1].text and glyph.start - placed[-1].start < TWICE * glyph.size:
            continue
        placed.append(glyph)
    over: dict[int, str] = {}
    for mark in (g for g in cell if presentation.is_mark(g.text)):
        middle = (mark.start + mark.end) / 2
        under = min(range(len(placed)), key=lambda i: _distance(placed[i], middle), default=-1)
        over[under] = over.get(under, "") + mark.text
    units: list[str] = []
    for i, glyph in enumerate(placed):
        if i and _gap(placed[i - 1], glyph) > SPACE * glyph.size:
            units.append(" ")
        units.append(glyph.text + over.get(i, ""))
    if presentation.is_arabic("".join(units)):
        return presentation.in_reading_order(units, True)
    from_left = presentation.in_reading_order(units, False)
    if not right_to_left or not any(map(presentation.is_arabic, units)):
        return from_left
    from_right = presentation.in_reading_order(units, True)
    return from_left if from_right.startswith(STOPS) and not from_left.startswith(STOPS) else from_right


def _distance(glyph: Glyph, x: float) -> float:
    return 0.0 if glyph.start <= x < glyph.end else min(abs(glyph.start - x), abs(glyph.end - x)) + 1e-6


def _drawn(cell: Sequence[Glyph]) -> str:
    """The reading of glyphs in the order in which they were drawn."""
    parts: list[str] = []
    for i, glyph in enumerate(cell):
        if i and min(abs(_gap(cell[i - 1], glyph)), abs(_gap(glyph, cell[i - 1]))) > SPACE * glyph.size:
            parts.append(" ")
        parts.append(glyph.text)
    return "".join(parts)


def _gap(before: Glyph, after: Glyph) -> float:
    return after.start - before.end
