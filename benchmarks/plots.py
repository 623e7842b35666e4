"""Three small pictures of one run of `benchmarks.scale`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

NAMES = "questions.png", "indexing.png", "askers.png"
_INCHES, _DOTS = (4.8, 3.2), 100


def write(results: dict[str, Any], folder: Path) -> None:
    """The time of a question and the speed of indexing by passages; questions a second by askers at the largest size."""
    sizes = results["sizes"].values()
    names = list(dict.fromkeys(name for of in sizes for name in of["systems"]))

    def by_size(value: Callable[[dict[str, Any], dict[str, Any]], float]) -> dict[str, list[tuple[float, float]]]:
        drawn: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
        for of in sizes:
            for name, found in of["systems"].items():
                if "index seconds" in found and "1" in found:
                    drawn[name].append((of["passages"], value(of, found)))
        return drawn

    _draw(folder / NAMES[0], by_size(lambda _, found: found["1"]["p50"]), "passages", "p50 of a question, ms")
    rates = by_size(lambda of, found: of["passages"] / found["index seconds"])
    _draw(folder / NAMES[1], rates, "passages", "passages indexed a second")
    largest = max(sizes, key=lambda of: sum("16" in found for found in of["systems"].values()) * 1e9 + of["passages"])
    askers: dict[str, list[tuple[float, float]]] = {
        name: [(int(n), found[n]["a second"]) for n in found if n.isdigit()]
        for name, found in largest["systems"].items()
    }
    _draw(folder / NAMES[2], askers, f"askers at once, {largest['passages']:,} passages", "questions a second")


def _draw(path: Path, lines: dict[str, list[tuple[float, float]]], across: str, up: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=_INCHES, dpi=_DOTS)
    for name, points in lines.items():
        if points:
            axes.plot(*zip(*points, strict=True), marker="o", label=name, linewidth=2.5 if name == "ours" else 1.2)
    axes.set(xscale="log", yscale="log", xlabel=across, ylabel=up)
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)
