"""An index that another process is just writing is waited for."""

import threading
from typing import Any

import pytest
from filelock import FileLock

from rag.library import Library
from rag.search import lexical
from rag.search.catch_up import catch_up, is_current
from rag.search.lexical import LexicalIndex
from rag.types import Article


def test_what_another_process_has_not_sealed_yet_is_waited_for_and_not_called_damaged(
    library: Library, seeds: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one that writes on behalf of a process that was killed."""
    path = library.path.parent / "lexical"
    other, leg = LexicalIndex(path), LexicalIndex(path)
    library.add(seeds[:2])
    catch_up(other, library)
    library.add(seeds[2:])
    committed, awaited, seal = threading.Event(), threading.Event(), lexical._seal

    def slow(*given: Any) -> dict[str, tuple[int, int]]:
        if threading.current_thread() is not threading.main_thread():
            committed.set()
            assert awaited.wait(60)
        return seal(*given)

    class Lock(FileLock):
        def acquire(self, *given: Any, **named: Any) -> Any:
            awaited.set()
            return super().acquire(*given, **named)

    monkeypatch.setattr(lexical, "_seal", slow)
    leg._writing = Lock(leg._writing.lock_file, timeout=60)
    writes = threading.Thread(target=catch_up, args=(other, library))
    writes.start()
    try:
        assert committed.wait(60)
        assert catch_up(leg, library) == ""
    finally:
        awaited.set()
        writes.join()
    assert is_current(leg, library)
