"""The queue of those who ask at the same time: a few are answered at once, the others are told how many are before them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from rag.answer.assistant import Assistant
from rag.errors import BusyError

_LONGEST = 64
"""People who may wait."""
_AT_ONCE = 8
"""How many are answered at once (`python -m benchmarks.chat`, with quotes)."""
_ALONE = {"llama": 1}
"""A language model in this process writes for one."""


class Queue:
    """Lets `at_once` through; one event loop's, so that nothing waits on a thread.

    longest: how many may wait; BusyError for one more.
    """

    def __init__(self, at_once: int, longest: int) -> None:
        self._free, self._longest = at_once, longest
        self._waiting: deque[asyncio.Event] = deque()

    async def turn(self) -> AsyncGenerator[int]:
        """Yields how many are before one whenever that changes, then 0 when it is one's turn; closing it lets the next through."""
        if len(self._waiting) >= self._longest:
            raise BusyError(
                f"{len(self._waiting)} questions wait; expected at most {self._longest}; ask again in a moment"
            )
        moved = asyncio.Event()
        self._waiting.append(moved)
        admitted, told = False, 0
        try:
            while (place := self._waiting.index(moved) - self._free + 1) > 0:
                if place != told:
                    yield place
                told = place
                await moved.wait()
                moved.clear()
            self._waiting.remove(moved)
            self._free -= 1
            admitted = True
            yield 0
        finally:
            if admitted:
                self._free += 1
            else:
                self._waiting.remove(moved)
            self._move()

    def _move(self) -> None:
        for event in self._waiting:
            event.set()


class Queues:
    """The queue of the writer that is in use, one for all who ask it: the page and the API."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._queues: dict[str, Queue] = {}

    def turn(self) -> AsyncGenerator[int]:
        """`Queue.turn` with the writer of now."""
        writer = self._assistant.writer.name
        return self._queues.setdefault(writer, Queue(_ALONE.get(writer, _AT_ONCE), _LONGEST)).turn()
