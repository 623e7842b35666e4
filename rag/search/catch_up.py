"""Catching up: an index is brought to the library's generation, in steps that are committed, so that it can be interrupted."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from rag.errors import IndexDamaged
from rag.library import Library
from rag.search.index_state import IndexState, SearchIndex
from rag.types import Passage

log = logging.getLogger(__name__)
Progress = Callable[[str, int, int], None]
"""Called with the index's name, the passages done and their number."""
FAR = 10_000
"""Passages for which it pays to start another process: they are indexed in 1.5 s."""
SECONDS = 10
"""For which one step is to last at most."""


def current_state(index: SearchIndex, library: Library) -> IndexState:
    """The state of an index that lacks nothing."""
    return IndexState(library.id, *library.state, index.made_with)


def is_current(index: SearchIndex, library: Library) -> bool:
    """Whether a index's index is whole and reflects the library's generation."""
    try:
        return index.state() == current_state(index, library)
    except IndexDamaged:
        return False


def usable_state(index: SearchIndex, library: Library) -> IndexState | None:
    """The state of an index that is of this library, model and version, though maybe behind; None where there is none such."""
    try:
        state = index.state()
    except IndexDamaged:
        return None
    wanted = current_state(index, library)
    same = state is not None and replace(state, generation=0, through=0) == replace(wanted, generation=0, through=0)
    return state if same else None


def is_far_behind(index: SearchIndex, library: Library) -> bool:
    """Whether an index lacks at least FAR passages, and `least_growth` times those that it holds."""
    state = usable_state(index, library)
    through = state.through if state else 0
    return current_state(index, library).through - through >= max(FAR, index.least_growth * through)


def catch_up(index: SearchIndex, library: Library, progress: Progress | None = None) -> str:
    """Brings a index's index to the library's generation; a line that says so if it was missing or damaged, else "".

    Commits again and again on the way, so that what is interrupted goes on from there. Raises LibraryError where the index
    cannot be written.
    """
    wanted, notice = current_state(index, library), ""
    started = time.monotonic()
    try:
        state = index.idle_state()
    except IndexDamaged as e:
        state, notice = None, f"the {index.name} index was damaged ({e}) and has been rebuilt from the library"
    if state is None:
        if not notice and wanted.generation:
            notice = f"the {index.name} index was missing and has been built from the library"
    elif replace(state, generation=0, through=0) != replace(wanted, generation=0, through=0) or (
        state.generation > wanted.generation
    ):
        state, notice = None, f"the {index.name} index was of another library, model or version and has been rebuilt"
    elif state == wanted:
        return ""
    removed = [] if state is None else library.removed_since(state.generation)
    worn = bool(removed) and index.needs_rebuild(len(removed))
    if worn:
        state, removed = None, []
    fresh = state is None
    through = 0 if state is None else state.through
    ids = library.ids_between(through, wanted.through)
    done, size = 0, max(1, len(ids)) if worn else index.first  # a worn index is searched until the new one is whole
    while True:
        began, end = time.monotonic(), min(done + size, len(ids))
        last = wanted.through if end == len(ids) else ids[end - 1]
        found = library.passages_between(through, last)
        index.update(_counted(index, found, done, len(ids), progress), removed, replace(wanted, through=last), fresh)
        if end == len(ids):
            log.info(
                "index caught up",
                extra={
                    "index": index.name,
                    "passages": len(ids),
                    "seconds": round(time.monotonic() - started, 3),
                    "why": notice or ("worn" if worn else "behind"),
                },
            )
            return notice
        done, through, removed, fresh = end, last, [], False
        if time.monotonic() - began < SECONDS:
            size *= 2


def _counted(
    index: SearchIndex, found: Iterator[Passage], done: int, total: int, progress: Progress | None
) -> Iterator[Passage]:
    for count, passage in enumerate(found, done + 1):
        yield passage
        if progress:
            progress(index.name, count, total)
