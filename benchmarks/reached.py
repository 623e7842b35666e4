"""What was to be reached, and what one run of `benchmarks.scale` has reached of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.environments import RIVALS

NOTE = """Indexing: ours is the whole process `rag index`, from a file of articles to both indexes and the library on disk (start of
the program, reading, splitting, near-duplicates, embedding, all made to last). The others are timed from passages in memory to an
index that answers, embedding included; starting, reading, splitting, loading models and saving are not counted. Memory is that of
all processes of a system, resident. Questions go through each system's own entry point, in threads of one process."""
Found = dict[str, Any]


def lines(results: Found) -> list[str]:
    """A line for each measure: what came out, what was to be reached, and whether it was; "not measured" where it was not."""
    sizes = results["sizes"]
    middle, million = sizes.get("100000"), sizes.get("1000000")
    compared = max((int(n) for n, of in sizes.items() if _finished(of)), default=0)
    measured: list[tuple[str, Callable[[], float], str, Callable[[float], bool]]] = [
        (
            f"indexing against the fastest rival, {compared:,} passages",
            lambda: _indexing(sizes[str(compared)]),
            "≥ 3 ×",
            _least(3),
        ),
        ("p50 at 100,000 against the fastest rival", lambda: _p50(middle) / _fastest(middle), "≤ ⅓ ×", _most(1 / 3)),
        (
            "p50 at 100,000 against bare tantivy and FAISS",
            lambda: _p50(middle) / _p50(middle, "bare"),
            "≤ 2 ×",
            _most(2),
        ),
        ("p50 from 100,000 to 1,000,000", lambda: _p50(million) / _p50(middle), "≤ 4 ×", _most(4)),
        *(
            (
                f"recall@10 of the dense leg, {int(n):,}",
                lambda of=of: of["systems"]["ours"]["recall"]["10"],
                "≥ .97",
                _least(0.97),
            )
            for n, of in sizes.items()
        ),
        ("peak memory with 1,000,000, indexing, GB", lambda: _memory(million, "index memory"), "≤ 2.5", _most(2.5)),
        ("peak memory with 1,000,000, asking, GB", lambda: _memory(million, "search memory"), "≤ 2.5", _most(2.5)),
        ("cold `rag ask`, seconds", lambda: results["cold"]["rag ask, quote writer"], "≤ 1.0", _most(1.0)),
        *(
            (
                f"cold `rag ask` over {int(n):,}, seconds",
                lambda of=of: of["systems"]["ours"]["cold ask"],
                "≤ 1.0",
                _most(1.0),
            )
            for n, of in sizes.items()
        ),
    ]
    return [_line(*one) for one in measured]


def _line(name: str, value: Callable[[], float], reach: str, enough: Callable[[float], bool]) -> str:
    try:
        found = value()
    except (KeyError, TypeError, ValueError):  # a size or a system that is not in this run, or did not finish
        return f"{name:52} not measured ({reach})"
    return f"{name:52} {found:7.3f} ({reach}) {'reached' if enough(found) else 'MISSED'}"


def _least(limit: float) -> Callable[[float], bool]:
    return lambda value: value >= limit


def _most(limit: float) -> Callable[[float], bool]:
    return lambda value: value <= limit


def _indexing(of: Found) -> float:
    """How many times the passages a second of the fastest rival."""
    return float(min(_finished(of)) / of["systems"]["ours"]["index seconds"])


def _finished(of: Found) -> list[float]:
    """The seconds of the rivals that have indexed so many passages."""
    return [found["index seconds"] for found in _rivals(of) if "index seconds" in found]


def _fastest(of: Found) -> float:
    return min(float(found["1"]["p50"]) for found in _rivals(of) if "1" in found)


def _rivals(of: Found) -> list[Found]:
    return [found for name, found in of["systems"].items() if name in RIVALS]


def _p50(of: Found, name: str = "ours") -> float:
    return float(of["systems"][name]["1"]["p50"])


def _memory(of: Found, what: str) -> float:
    """In GB of 10⁹ bytes; the processes' was measured in MB of 2²⁰."""
    ours = of["systems"]["ours"]
    return float(max(ours[what], ours.get(f"{what} of many", 0.0))) * 2**20 / 1e9
