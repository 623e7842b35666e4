"""The archive as a picture: inline SVG, and the same numbers as a table for those who do not see it. Pure functions.

Colours are classes of library.css. What a picture shows is said in its title and description, too.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.ui.reading import plain
from rag.ui.texts import direction, say

Counts = Sequence[tuple[str, int]]
_WIDTH, _HEIGHT = 640, 120
_MARGIN, _BASE = 22, 24
_BAR, _GAP, _NAMES, _LONGEST = 16, 8, 190, 26
_SOURCES = 8
"""Sources that have a bar of their own."""


def over_time(counts: Counts) -> str:
    """Bars of the articles of each month or year, each in its place in time; nothing where there is but one, or none."""
    if len(counts) < 2:
        return ""
    first, last = _place(counts[0][0]), _place(counts[-1][0])
    step = _WIDTH / (last - first + 1)
    most = max(n for _, n in counts)
    parts = []
    for period, n in counts:
        x, tall = (_place(period) - first) * step, max(1.0, _HEIGHT * n / most)
        rect = f'x="{x:.1f}" y="{_MARGIN + _HEIGHT - tall:.1f}" width="{max(1.0, 0.85 * step):.1f}" height="{tall:.1f}"'
        parts.append(f'<rect class="rag-bar" {rect}><title>{plain(period)}: {n:,}</title></rect>')
    base = _MARGIN + _HEIGHT
    parts.append(f'<line class="rag-axis" x1="0" x2="{_WIDTH}" y1="{base}" y2="{base}"/>')
    parts.append(_text(0, base + 17, counts[0][0], "start"))
    parts.append(_text(_WIDTH, base + 17, counts[-1][0], "end"))
    parts.append(_text(0, 14, f"{most:,}", "start"))
    peak = max(counts, key=lambda row: row[1])
    said = say("library.time_description", first=counts[0][0], last=counts[-1][0], peak=peak[0], most=f"{peak[1]:,}")
    title = say("library.over_time")
    return _figure("rag-time", title, said, base + _BASE, parts, counts, say("library.period"))


def by_source(counts: Counts) -> str:
    """Bars of the largest sources, the others in one; nothing where there is but one source."""
    if len(counts) < 2:
        return ""
    shown = [(source or say("library.no_source"), n) for source, n in counts[:_SOURCES]]
    if rest := counts[_SOURCES:]:
        shown.append((say("library.other_sources", count=f"{len(rest):,}"), sum(n for _, n in rest)))
    most, wide = max(n for _, n in shown), _WIDTH - _NAMES - 60
    mirrored = direction() == "rtl"
    parts = []
    for i, (source, n) in enumerate(shown):
        y, width = i * (_BAR + _GAP) + 4, max(1.0, wide * n / most)
        name = source if len(source) <= _LONGEST else source[: _LONGEST - 1] + "…"
        x = _WIDTH - _NAMES - width if mirrored else _NAMES
        title = f"<title>{plain(source)}: {n:,}</title>"
        parts.append(f'<rect class="rag-bar" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}">{title}</rect>')
        label, value = (_WIDTH, x - 6) if mirrored else (0, x + width + 6)
        parts.append(_text(label, y + 13, name, "end" if mirrored else "start"))
        parts.append(_text(value, y + 13, f"{n:,}", "end" if mirrored else "start"))
    said = say("library.source_description", count=f"{len(counts):,}", largest=shown[0][0], most=f"{shown[0][1]:,}")
    height = len(shown) * (_BAR + _GAP) + 4
    return _figure("rag-bysource", say("library.by_source"), said, height, parts, shown, say("library.source"))


def _place(period: str) -> int:
    """Where a month or year stands in time."""
    return 12 * int(period[:4]) + int(period[5:7]) if "-" in period else int(period)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{plain(text)}</text>'


def _figure(
    name: str, title: str, description: str, height: float, parts: Sequence[str], counts: Counts, column: str
) -> str:
    """The picture under its name, and its table, which is hidden from the eye."""
    rows = "".join(f"<tr><th scope='row'>{plain(label)}</th><td>{n:,}</td></tr>" for label, n in counts)
    head = f"<tr><th scope='col'>{plain(column)}</th><th scope='col'>{plain(say('library.articles'))}</th></tr>"
    return (
        f'<figure class="rag-picture"><figcaption>{plain(title)}</figcaption>'
        f'<svg role="img" aria-labelledby="{name}-title {name}-said" viewBox="0 0 {_WIDTH} {height:g}">'
        f'<title id="{name}-title">{plain(title)}</title><desc id="{name}-said">{plain(description)}</desc>'
        f"{''.join(parts)}</svg>"
        f'<table class="rag-unseen"><caption>{plain(title)}</caption><thead>{head}</thead><tbody>{rows}</tbody></table>'
        "</figure>"
    )
