"""Small charts as inline SVG; their colours are classes of the page's style sheet. Pure functions, all text escaped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH = 540
_LABEL, _PLOT = 130, 365  # the columns of the labels and of the bars; what is left is for the values
_BAR, _GAP, _TOP = 13, 9, 26
_LONGEST = 20
_BINS, _HEIGHT = 24, 150


def bars(title: str, rows: Mapping[str, Sequence[float | None]], series: Sequence[str]) -> str:
    """Horizontal bars of shares: for each row one of each series, with its value; None is left out."""
    parts, y = [_legend(series)], _TOP + 16 * (len(series) > 1)
    top = y
    for label, values in rows.items():
        drawn = [(i, value) for i, value in enumerate(values) if value is not None]
        middle = y + _BAR * len(drawn) / 2 + 3
        shown = label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"
        parts.append(
            f'<text class="label" x="{_LABEL - 8}" y="{middle:g}"><title>{escape(label)}</title>{escape(shown)}</text>'
        )
        for i, value in drawn:
            width = _PLOT * value
            parts.append(f'<rect class="s{i}" x="{_LABEL}" y="{y}" width="{width:.1f}" height="{_BAR - 2}" rx="2"/>')
            parts.append(f'<text class="value" x="{_LABEL + width + 6:.1f}" y="{y + _BAR - 3}">{value:.2f}</text>')
            y += _BAR
        y += _GAP
    grid = [_line(_LABEL + _PLOT * share, top - 6, y - 2, f"{share:g}") for share in (0, 0.25, 0.5, 0.75, 1)]
    return _svg(title, y + 4, [*grid, *parts])


def histogram(title: str, values: Sequence[float], marks: Mapping[str, float]) -> str:
    """How often each duration (milliseconds) occurs, over a logarithmic axis, with named values marked on it."""
    safe = [max(value, 0.01) for value in values] or [1.0]
    low, high = math.log10(min(safe)) - 0.02, math.log10(max(safe)) + 0.02
    counts = [0] * _BINS
    for value in safe[: len(values)]:
        counts[min(_BINS - 1, int(_BINS * (math.log10(value) - low) / (high - low)))] += 1
    tallest, left, width = max(1, *counts), 40, WIDTH - 60
    base = _HEIGHT + 40

    def place(ms: float) -> float:
        return left + width * (math.log10(max(ms, 0.01)) - low) / (high - low)

    parts = [_line(place(ms), 34, base, "", duration(ms)) for ms in _ticks(low, high)]
    for i, count in enumerate(counts):
        tall = _HEIGHT * count / tallest
        x = left + width * i / _BINS
        said = f"{count} of {len(values)}: {duration(10 ** (low + (high - low) * i / _BINS))} and longer"
        rect = f'x="{x + 1:.1f}" y="{base - tall:.1f}" width="{width / _BINS - 2:.1f}" height="{tall:.1f}" rx="2"'
        parts.append(f'<rect class="s0" {rect}><title>{said}</title></rect>')
    for i, (name, ms) in enumerate(marks.items()):
        x, anchor = place(ms), "end" if place(ms) > WIDTH / 2 else "start"
        parts.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{18 + 14 * i}" y2="{base}"/>')
        step = -5 if anchor == "end" else 5
        text = f"{escape(name)} {duration(ms)}"
        parts.append(f'<text class="value" text-anchor="{anchor}" x="{x + step:.1f}" y="{24 + 14 * i}">{text}</text>')
    parts.append(f'<text class="label" x="{left - 6}" y="{base - _HEIGHT + 4}">{tallest}</text>')
    parts.append(f'<text class="label" x="{left - 6}" y="{base}">0</text>')
    return _svg(title, base + 22, parts)


def duration(ms: float) -> str:
    """Milliseconds below a second, else seconds."""
    return f"{ms:.3g} ms" if ms < 999.5 else f"{ms / 1000:.3g} s"


def _ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, 20, … between two powers of ten; of a long axis the powers alone."""
    steps = (1, 2, 5) if high - low < 2 else (1,)
    exponents = range(math.floor(low), math.ceil(high) + 1)
    return [
        step * 10.0**exponent for exponent in exponents for step in steps if low <= math.log10(step) + exponent <= high
    ]


def _line(x: float, top: float, bottom: float, above: str = "", below: str = "") -> str:
    """A line of the grid with what it stands for."""
    line = f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top:g}" y2="{bottom:g}"/>'
    return (
        line
        + (f'<text class="tick" x="{x:.1f}" y="{top - 4:g}">{above}</text>' if above else "")
        + (f'<text class="tick" x="{x:.1f}" y="{bottom + 15:g}">{below}</text>' if below else "")
    )


def _legend(series: Sequence[str]) -> str:
    """The names of the series; none for a single one, which the title names."""
    if len(series) < 2:
        return ""
    parts, x = [], _LABEL
    for i, name in enumerate(series):
        parts.append(f'<rect class="s{i}" x="{x}" y="2" width="11" height="11" rx="2"/>')
        parts.append(f'<text class="value" x="{x + 16}" y="12">{escape(name)}</text>')
        x += 40 + 7 * len(name)
    return "".join(parts)


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    label = escape(title)
    return f'<svg role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {height:g}">{"".join(parts)}</svg>'
