"""How far a load has come, on stderr: a bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rag.cli.terminal import note

if TYPE_CHECKING:
    from rag.readers.readers import Item, Place

EVERY = 10
"""Seconds between two lines, and before the first."""
_AT_MOST = 0.2
"""Seconds between two looks at the clock's speed."""
_WINDOW = 30
"""Seconds by which the speed is told."""
Clock = Callable[[], float]
Show = Callable[[str, float, list[str]], None]
"""Called with what is done ("" for reading), its share of 0 to 1, and how far it has come, in parts."""


class Meter:
    """Counts what a load reads and what the indexes take, and says through `show` how far they have come.

    The time left is told by the share of all bytes, at the speed of the last half minute.
    """

    def __init__(self, show: Show, clock: Clock = time.monotonic) -> None:
        self._show, self._clock = show, clock
        self._articles = self._left_out = 0
        self._paces: dict[str, _Pace] = {}
        self._next = clock()

    def counted(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items as they come."""
        from rag.library.origins import ReadArticle
        from rag.readers.readers import Unreadable

        for item in items:
            if isinstance(item, Unreadable):
                self._left_out += 1
            elif isinstance(item, ReadArticle):
                self._articles += 1
            yield item

    def placed(self, place: Place) -> None:
        """Takes note of how far reading has come."""
        if not self._is_time("", place.share):
            return
        pace = self._paces[""].marked(self._clock(), place.share, self._articles)
        parts = [
            f"{place.done:,} of {place.files:,} files",
            f"{self._articles:,} articles",
            f"{pace.rate:,.0f} articles a second" if pace.rate is not None else "",
            pace.left,
            f"{self._left_out:,} left out" if self._left_out else "",
        ]
        self._show("", place.share, [part for part in parts if part])

    def indexed(self, leg: str, done: int, total: int) -> None:
        """Takes note of how far an index has come: the `Progress` of the legs."""
        if not self._is_time(leg, share := done / total if total else 1.0):
            return
        pace = self._paces[leg].marked(self._clock(), share, done)
        parts = [f"{done:,} of {total:,} passages", pace.left]
        self._show(f"{leg} index", share, [part for part in parts if part])

    def _is_time(self, what: str, share: float) -> bool:
        now = self._clock()
        if what not in self._paces:
            self._paces[what] = _Pace(now, share)
        elif now < self._next and share < 1:
            return False
        self._next = now + _AT_MOST
        return True


class _Pace:
    """How fast something goes. rate: counts a second, None before it is known. left: in words, "" before."""

    def __init__(self, now: float, share: float) -> None:
        self._marks = deque([(now, share, 0)])
        self.rate: float | None = None
        self.left = ""

    def marked(self, now: float, share: float, count: int) -> _Pace:
        while len(self._marks) > 1 and now - self._marks[1][0] >= _WINDOW:
            self._marks.popleft()
        began, from_share, from_count = self._marks[0]
        if (seconds := now - began) >= 1:
            self.rate = (count - from_count) / seconds
            speed = (share - from_share) / seconds
            self.left = f"{_in_words((1 - share) / speed)} left" if speed > 0 and share < 1 else ""
        if now - self._marks[-1][0] >= 1:
            self._marks.append((now, share, count))
        return self


def _in_words(seconds: float) -> str:
    """A time for people: 90 s, 12 min, 3.5 h."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


@contextmanager
def meter(clock: Clock = time.monotonic) -> Iterator[Meter]:
    """A meter that shows on stderr what it counts; nothing where that takes less than ten seconds and nobody watches."""
    if not sys.stderr.isatty():
        yield Meter(lines(clock), clock)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(bar_width=16), TextColumn("{task.fields[said]}")
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks = {}

        def show(name: str, share: float, parts: list[str]) -> None:
            said = ", ".join(parts).replace(" articles a second", "/s")
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=1, said=said)
            bar.update(tasks[name], completed=share, said=said)

        yield Meter(show, clock)


def lines(clock: Clock) -> Show:
    """What prints a line on stderr every EVERY seconds."""
    due = clock() + EVERY

    def show(name: str, share: float, parts: list[str]) -> None:
        nonlocal due
        if clock() >= due:
            note(f"{name}: {', '.join(parts)}" if name else ", ".join(parts))
            due = clock() + EVERY

    return show
