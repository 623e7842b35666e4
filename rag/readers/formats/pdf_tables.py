"""Tables among the lines of a page: rows of cells that stand in columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from statistics import median

from rag.arabic.text.presentation import is_arabic
from rag.readers.formats.grids import Cell, row_lines
from rag.readers.formats.pdf_lines import Line

USUAL_CELL, LONGEST_CELL = 30, 80
"""Characters of a table's cells, by their median and at most; what is drawn beside one another in columns of text is longer."""
APART = 4.0
"""Of the size: how far under one another a table's rows are, at most."""


def tables_and_lines(lines: Sequence[Line]) -> list[tuple[list[str], list[Line]]]:
    """The lines in stretches, in order: of a table the text of its rows and its lines; of other lines no text."""
    arabic = is_arabic("".join(line.text for line in lines))
    stretches: list[tuple[list[str], list[Line]]] = []
    for row_count, rows in _stretches([list(row) for _, row in groupby(lines, key=lambda line: line.row)]):
        texts = _texts(rows, arabic) if row_count else []
        listed = [line for row in rows for line in row]
        if not texts and stretches and not stretches[-1][0]:
            stretches[-1][1].extend(listed)
        else:
            stretches.append((texts, listed))
    return stretches


def _stretches(rows: Sequence[list[Line]]) -> list[tuple[int, list[list[Line]]]]:
    """Rows of several cells that stand under one another, two or more, and how many; other rows with 0."""
    found: list[tuple[int, list[list[Line]]]] = []
    several: list[list[Line]] = []
    for row in [*rows, []]:
        if len(row) > 1 and (not several or _is_next(several[-1][0], row[0])):
            several.append(row)
            continue
        found += [(len(several) if len(several) > 1 else 0, several)] if several else []
        several = [row] if len(row) > 1 else []
        found += [(0, [row])] if len(row) == 1 else []
    return found


def _is_next(above: Line, below: Line) -> bool:
    return above.turn == below.turn and 0 < above.height - below.height <= APART * above.size


def _texts(rows: Sequence[Sequence[Line]], arabic: bool) -> list[str]:
    """A text for each row under the heads; none where the columns cannot be told."""
    cells = [line for row in rows for line in row]
    lengths = [len(line.text) for line in cells]
    if max(lengths) > LONGEST_CELL or median(lengths) > USUAL_CELL:
        return []
    columns = _columns(cells)
    places = [[sum(start <= line.start for start in columns) - 1 for line in row] for row in rows]
    if len(columns) < 2 or any(len(set(row)) < len(row) for row in places):
        return []
    order = range(len(columns))[::-1] if arabic else range(len(columns))
    grid = [dict(zip(row, line, strict=True)) for row, line in zip(places, rows, strict=True)]
    return row_lines([[Cell(row[i].text if i in row else "") for i in order] for row in grid])


def _columns(cells: Sequence[Line]) -> list[float]:
    """Where each column starts from the left: cells that overlap are of one column."""
    starts: list[float] = []
    reach = float("-inf")
    for cell in sorted(cells, key=lambda cell: cell.start):
        if cell.start >= reach:
            starts.append(cell.start)
        reach = max(reach, cell.end)
    return starts
