"""The tables of figures in the pages, made from docs/figures/*.json: `python -m docs.tables` writes them anew.

A page names a table between two comments, `<!-- figures: NAME -->` and `<!-- /figures -->`; what stands between them is made
from docs/figures/NAME.json. Such a file says which command measured, when and at which revision of the program, and holds the
numbers as they came out: `rows`, a list of cells each, or `eval`, what `rag eval --json` prints. `columns` are pairs of a
heading and a format (`{:.2f} s`); of `eval` the heading is the figure's name.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
FIGURES = DOCS / "figures"
_MARKED = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- /figures -->)", re.S)
_NONE = "–"


def table(figures: dict[str, Any]) -> str:
    """A table in Markdown, a line that says what measured it, and the notes."""
    headings, formats = zip(*figures["columns"], strict=True)
    if "eval" in figures:
        headings, formats = ("", *headings), ("", *formats)
        rows = [[group, *map(of.get, headings[1:])] for group, of in figures["eval"].items()]
    else:
        rows = figures["rows"]
    lines = [headings, ["---"] * len(headings)]
    lines += [[_cell(cell, form) for cell, form in zip(row, formats, strict=True)] for row in rows]
    measured = figures["measured"]
    said = f"`{figures['command']}`; {measured['date']}, {measured['version']} at {measured['revision']}, {measured['machine']}."
    notes = [f"- {note}" for note in figures.get("notes", ())]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), "", said, *([""] * bool(notes)), *notes, ""])


def _cell(value: object, form: str) -> str:
    """A cell: nothing as a dash, a text as it is, a number in its column's format, several with strokes between."""
    if value is None:
        return _NONE
    if isinstance(value, list):
        return " / ".join(form.format(number) for number in value)
    return value if isinstance(value, str) else form.format(value)


def filled(page: str) -> str:
    """The text of a page with its tables made anew. Raises FileNotFoundError for a table that has no file."""

    def made(match: re.Match[str]) -> str:
        figures = json.loads((FIGURES / f"{match[2]}.json").read_text(encoding="utf-8"))
        return match[1] + table(figures) + match[3]

    return _MARKED.sub(made, page)


def named(page: str) -> list[str]:
    """The names of the tables that stand in a page."""
    return [match[2] for match in _MARKED.finditer(page)]


def stale(pages: Sequence[Path]) -> list[Path]:
    """The pages whose tables are not what their files say."""
    return [page for page in pages if filled(text := page.read_text(encoding="utf-8")) != text]


def main() -> None:
    """Writes the pages that are stale, and names them."""
    for page in stale(sorted(DOCS.rglob("*.md"))):
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
        print(page.relative_to(DOCS.parent), file=sys.stderr)


if __name__ == "__main__":
    main()
