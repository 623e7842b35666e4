"""The picture of the packages: what imports what in `rag`, read from the source: `python -m docs.picture` draws it anew.

An arrow points from a package or module to one that it imports; arrows that follow from others are left out. Each stands
above all that it imports, in layers, in the order that crosses few arrows.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from pathlib import Path
from statistics import mean

DOCS = Path(__file__).resolve().parent
PACKAGE = DOCS.parent / "rag"
PICTURE = DOCS / "architecture.svg"
_WIDTH, _HEIGHT, _BESIDE, _BELOW, _MARGIN = 108, 30, 18, 44, 16
_SWEEPS = 24
Graph = dict[str, set[str]]
"""Name → the names that it imports."""
Links = dict[tuple[int, str], list[str]]
"""Layer and name → its neighbours in the layer above or below."""


def imports(package: Path = PACKAGE) -> Graph:
    """What each first-level package and module of a package imports of the others; `__init__` and `__main__` are left out."""
    graph: Graph = {}
    for path in sorted(package.rglob("*.py")):
        own = path.relative_to(package).with_suffix("").parts[0]
        if not own.startswith("__"):
            graph.setdefault(own, set()).update(set(_imported(path, package.name)) - {own})
    return {name: found & set(graph) for name, found in graph.items()}


def _imported(path: Path, root: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == root:
            names = [f"{root}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            first, _, rest = name.partition(".")
            if first == root and rest:
                yield rest.partition(".")[0]


def reduced(graph: Graph) -> Graph:
    """The graph without the arrows that follow from others. Raises ValueError where imports go round in a circle."""
    below: Graph = {}

    def reach(name: str, above: tuple[str, ...] = ()) -> set[str]:
        if name in above:
            raise ValueError(f"imports go round in a circle: {' → '.join((*above[above.index(name) :], name))}")
        if name not in below:
            below[name] = graph[name].union(*(reach(to, (*above, name)) for to in graph[name]))
        return below[name]

    for name in graph:
        reach(name)
    return {name: {to for to in found if not any(to in below[by] for by in found)} for name, found in graph.items()}


def layers(graph: Graph) -> list[list[str]]:
    """The names in layers, the highest first: each one below all that import it. Long arrows get a place in every layer
    that they pass, a name such as "a>b".
    """
    depth = dict.fromkeys(graph, 0)
    for _ in graph:
        for name, found in graph.items():
            for to in found:
                depth[to] = max(depth[to], depth[name] + 1)
    rows: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name in sorted(graph):
        rows[depth[name]].append(name)
        for to in sorted(graph[name]):
            for between in range(depth[name] + 1, depth[to]):
                rows[between].append(f"{name}>{to}")
    return rows


def _ways(graph: Graph, rows: list[list[str]]) -> list[list[str]]:
    """The places that each arrow passes, from the one that imports to the imported."""
    at = {name: depth for depth, row in enumerate(rows) for name in row}
    return [
        [name, *(f"{name}>{to}" for _ in range(at[name] + 1, at[to])), to]
        for name in sorted(graph)
        for to in sorted(graph[name])
    ]


def ordered(rows: list[list[str]], ways: list[list[str]]) -> list[list[str]]:
    """The layers in an order with few crossings: each place is drawn to the mean of its neighbours in the layer above, then
    in the layer below, and so on (Sugiyama, Tagawa and Toda 1981)."""
    depth = {name: at for at, row in enumerate(rows) for name in row if ">" not in name}
    above: Links = {}
    below: Links = {}
    for way in ways:
        for at, (upper, lower) in enumerate(pairwise(way), depth[way[0]]):
            below.setdefault((at, upper), []).append(lower)
            above.setdefault((at + 1, lower), []).append(upper)
    for _ in range(_SWEEPS):
        for at in range(1, len(rows)):
            rows[at] = _drawn_to(rows[at], rows[at - 1], {name: above.get((at, name), []) for name in rows[at]})
        for at in range(len(rows) - 2, -1, -1):
            rows[at] = _drawn_to(rows[at], rows[at + 1], {name: below.get((at, name), []) for name in rows[at]})
    return rows


def _drawn_to(row: list[str], other: list[str], neighbours: dict[str, list[str]]) -> list[str]:
    """A layer in order of the mean place of each one's neighbours in another layer; what has none stays where it is."""
    place = {name: (i + 0.5) / len(other) for i, name in enumerate(other)}
    now = {name: (i + 0.5) / len(row) for i, name in enumerate(row)}
    return sorted(
        row, key=lambda name: mean(map(place.__getitem__, neighbours[name])) if neighbours[name] else now[name]
    )


def drawn(graph: Graph) -> str:
    """The picture of a graph as SVG."""
    graph = reduced(graph)
    rows = layers(graph)
    ways = _ways(graph, rows)
    rows = ordered(rows, ways)
    room = {name: _WIDTH if ">" not in name else _BESIDE for row in rows for name in row}
    widths = [sum(room[name] + _BESIDE for name in row) - _BESIDE for row in rows]
    width, height = max(widths) + 2 * _MARGIN, len(rows) * (_HEIGHT + _BELOW) - _BELOW + 2 * _MARGIN
    middle: dict[tuple[int, str], tuple[float, float]] = {}
    for at, (row, wide) in enumerate(zip(rows, widths, strict=True)):
        x, y = (width - wide) / 2, _MARGIN + at * (_HEIGHT + _BELOW) + _HEIGHT / 2
        for name in row:
            middle[at, name] = (x + room[name] / 2, y)
            x += room[name] + _BESIDE
    depth = {name: at for at, row in enumerate(rows) for name in row if ">" not in name}
    lines = [_arrow([middle[at, name] for at, name in enumerate(way, depth[way[0]])]) for way in ways]
    boxes = [_box(name, *middle[depth[name], name]) for name in sorted(depth)]
    return _SVG.format(width=width, height=height, lines="\n".join(lines), boxes="\n".join(boxes))


def _arrow(points: list[tuple[float, float]]) -> str:
    """A line from the lower edge of a box, through what it passes, to the upper edge of another."""
    (x, y), *passed, (to_x, to_y) = points
    y, to_y = y + _HEIGHT / 2, to_y - _HEIGHT / 2 - 5
    stops = [(x, y)]
    for over_x, over_y in passed:
        stops += [(over_x, over_y - _HEIGHT / 2), (over_x, over_y + _HEIGHT / 2)]
    stops.append((to_x, to_y))
    path = f"M{x:.0f},{y:.0f}"
    for number, ((a, b), (c, d)) in enumerate(pairwise(stops)):
        half = (b + d) / 2
        path += f" C{a:.0f},{half:.0f} {c:.0f},{half:.0f} {c:.0f},{d:.0f}" if number % 2 == 0 else f" L{c:.0f},{d:.0f}"
    return f'<path d="{path}"/>'


def _box(name: str, x: float, y: float) -> str:
    left, top = x - _WIDTH / 2, y - _HEIGHT / 2
    return (
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{_WIDTH}" height="{_HEIGHT}" rx="5"/>'
        f'<text x="{x:.0f}" y="{y + 4:.0f}">{escape(name)}</text>'
    )


_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img"
aria-label="The packages of rag and what they import">
<style>
path {{ fill: none; stroke: #8a9a96; stroke-width: 1.2; marker-end: url(#tip) }}
rect {{ fill: #e3efec; stroke: #0b6b5d }}
text {{ font: 13px sans-serif; fill: #10312c; text-anchor: middle }}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<polygon points="0,0 8,4 0,8" fill="#8a9a96"/></marker></defs>
<rect x="0" y="0" width="{width:.0f}" height="{height:.0f}" style="fill: #fff; stroke: none"/>
{lines}
{boxes}
</svg>
"""


def main() -> None:
    """Writes the picture, and names it where it changed."""
    picture = drawn(imports())
    if not PICTURE.is_file() or PICTURE.read_text(encoding="utf-8") != picture:
        PICTURE.write_text(picture, encoding="utf-8")
        print(PICTURE.relative_to(DOCS.parent), file=sys.stderr)


if __name__ == "__main__":
    main()
