"""A run against an earlier one of the same test set: which figures are worse, which better."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import FiniteFloat, TypeAdapter, ValidationError

from rag.errors import InputError
from rag.evaluate.report import ERRORS, SCORES, SHARES, Figures, groups
from rag.evaluate.testset import Example

COMPARED = (*SCORES, *SHARES, *ERRORS)
"""Shares, all of them; not latency, which says more of what else the machine was doing."""
_FIGURES = TypeAdapter(dict[str, dict[str, FiniteFloat]])
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Move:
    """A figure of all questions, before and now (None: nothing was there to count), and the groups in which it moved.

    gain: how much better it is, negative where it is worse, 0 within the tolerance.
    """

    figure: str
    before: float
    now: float | None
    gain: float
    groups: Mapping[str, tuple[float, float]]

    def __str__(self) -> str:
        how = "worse" if self.gain < 0 else "better" if self.gain else "moved in a group"
        now = "none" if self.now is None else f"{self.now:.3f}"
        where = ", ".join(f"{name} {before:.3f} → {after:.3f}" for name, (before, after) in self.groups.items())
        return f"{how}: {self.figure} {self.before:.3f} → {now}" + (f" ({where})" if where else "")


def load(path: Path, questions: Sequence[Example]) -> Figures:
    """The figures of an earlier run, as `rag eval --json` printed them.

    Raises InputError where the file is none of the kind, or its groups are not those of the questions.
    """
    expected = "expected what `rag eval TESTSET --json` printed"
    try:
        figures = _FIGURES.validate_json(path.read_bytes())
    except OSError as e:
        raise InputError(f"the baseline {path} cannot be read: {e.strerror}; {expected}") from e
    except ValidationError as e:
        first = e.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"])
        raise InputError(f"{path} is no baseline: {where}{first['msg']}; {expected}") from e
    if "questions" not in figures.get("all", {}) or not set(COMPARED) & set(figures["all"]):
        raise InputError(f"{path} is no baseline: it has no figures of all questions; {expected}")
    sizes = Counter(name for question in questions for name in groups(question))
    for name, row in figures.items():
        if row.get("questions") != sizes[name] and not name.startswith("variety="):
            raise InputError(
                f"{path} is of another test set: {name} has {row.get('questions', 0):.0f} questions there, {sizes[name]} here; "
                "expected a baseline of the same questions"
            )
    return figures


def compare(before: Figures, now: Figures, tolerance: float) -> list[Move]:
    """The figures that moved by more than the tolerance, in total or in a group; those that the baseline lacks are left out."""
    moves = []
    for name in COMPARED:
        if name not in before["all"]:
            continue
        was, is_ = before["all"][name], now["all"].get(name)
        gain = _gain(name, was, is_, tolerance)
        moved = {
            group: (row[name], now[group][name])
            for group, row in before.items()
            if group != "all" and name in row and name in now.get(group, {})
            if row.get("questions") == now[group]["questions"]
            if _gain(name, row[name], now[group][name], tolerance)
        }
        if gain or moved:
            moves.append(Move(name, was, is_, gain, moved))
    return sorted(moves, key=lambda move: move.gain)


def _gain(name: str, before: float, now: float | None, tolerance: float) -> float:
    """How much better a figure is; 0 within the tolerance, and −1 where nothing is left to count."""
    if now is None:
        return -1.0
    gain = before - now if name in ERRORS else now - before
    return gain if abs(gain) > tolerance + _ROUNDING else 0.0
