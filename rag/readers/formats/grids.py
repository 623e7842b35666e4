"""Tables as text: each row a line on which every cell has its column's head, so that it says something alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.arabic.text.sentences import BETWEEN_CELLS

LONGEST_CELL = 300
"""Characters; tables with longer cells lay a page out, and their cells are texts."""
WIDEST = 100
"""Columns."""
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text on one line, and over how many columns and rows it reaches."""

    text: str
    columns: int = 1
    rows: int = 1


def is_table(rows: Sequence[Sequence[Cell]]) -> bool:
    """Whether cells are a table's: in two columns or more, and short."""
    wide = sum(len(row) > 1 for row in rows)
    return wide > 0 and all(len(cell.text) <= LONGEST_CELL for row in rows for cell in row)


def row_lines(rows: Sequence[Sequence[Cell]], heads: int | None = None) -> list[str]:
    """A line for each row that is no head: «المحافظة: ساحل المرجان · نسبة النجاح: 79%».

    heads: how many rows at the top are heads; None where the table does not say it. A head alone stays as a line.
    """
    grid = _grid(rows)
    heads = _heads(grid) if heads is None else heads
    if heads >= len(grid):
        heads = 0
    columns = [list(dict.fromkeys(filter(None, column))) for column in zip(*grid[:heads], strict=True)] if heads else []
    named = [" ".join(names).rstrip(" :") for names in columns]
    return [line for row in grid[heads:] if (line := _line(row, named))]


def _line(row: Sequence[str], heads: Sequence[str]) -> str:
    if len(set(filter(None, row))) < 2 and sum(map(bool, row)) != 1:  # one cell over the whole width
        return next(filter(None, row), "")
    named = zip(heads or [""] * len(row), row, strict=True)
    return BETWEEN_CELLS.join(f"{head}: {cell}" if head else cell for head, cell in named if cell)


def _grid(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """The text at each place, rows of one length; a cell that reaches over several places stands in each of them."""
    grid: list[dict[int, str]] = [{} for _ in rows]
    for y, row in enumerate(rows):
        x = 0
        for cell in row:
            while x in grid[y]:
                x += 1
            for below in grid[y : y + max(1, cell.rows)]:
                below |= dict.fromkeys(range(x, min(WIDEST, x + max(1, cell.columns))), cell.text)
    width = max((max(row, default=-1) + 1 for row in grid), default=0)
    return [[row.get(x, "") for x in range(width)] for row in grid]


def _heads(grid: Sequence[Sequence[str]]) -> int:
    """1 where the first row names what is counted under it: it has no digits, and another row has."""
    first, others = grid[0] if grid else [], grid[1:]
    names = [cell for cell in first if cell]
    distinct = len(names) > 1 and len(set(names)) == len(names)
    counted = any(_DIGIT.search(cell) for row in others for cell, head in zip(row, first, strict=True) if head)
    return int(distinct and counted and not any(map(_DIGIT.search, names)))
