"""The queue of askers: who is let through, who waits where, and who leaves."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from rag.errors import BusyError
from rag.ui.queue import Queue


async def admitted(queue: Queue, places: list[int], leave: asyncio.Event) -> None:
    async with aclosing(queue.turn()) as turn:
        async for place in turn:
            places.append(place)
            if not place:
                break
        await leave.wait()


def test_some_are_let_through_and_the_others_move_up_in_order() -> None:
    async def scene() -> None:
        queue, seen, doors = Queue(2, 10), [[] for _ in range(5)], [asyncio.Event() for _ in range(5)]
        tasks = []
        for places, door in zip(seen, doors, strict=True):
            tasks.append(asyncio.create_task(admitted(queue, places, door)))
            await asyncio.sleep(0.01)
        assert seen == [[0], [0], [1], [2], [3]]
        doors[1].set()
        await asyncio.sleep(0.01)
        assert seen == [[0], [0], [1, 0], [2, 1], [3, 2]]
        tasks[3].cancel()  # gone while waiting
        await asyncio.sleep(0.01)
        assert seen[4] == [3, 2, 1]
        doors[0].set()
        await asyncio.sleep(0.01)
        assert seen[4] == [3, 2, 1, 0]
        for door in doors:
            door.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        places: list[int] = []
        await admitted(queue, places, doors[0])
        assert places == [0]

    asyncio.run(scene())


def test_one_too_many_is_told_so() -> None:
    async def scene() -> None:
        queue, open_door, closed = Queue(1, 1), asyncio.Event(), asyncio.Event()
        first = asyncio.create_task(admitted(queue, [], closed))
        second = asyncio.create_task(admitted(queue, [], open_door))
        await asyncio.sleep(0.01)
        with pytest.raises(BusyError, match="1 questions wait; expected at most 1"):
            await admitted(queue, [], open_door)
        for task in (first, second):
            task.cancel()
        await asyncio.gather(first, second, return_exceptions=True)

    asyncio.run(scene())
