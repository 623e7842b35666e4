"""What is read goes into the library in batches, so that what is interrupted keeps what was done. Shows and prints nothing."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from rag.errors import LibraryError
from rag.library.readers import Unreadable
from rag.library.store import Added, Library
from rag.types import Article

BATCH = 500
"""Articles of a transaction."""
LONGEST_BATCH = 32_000_000
"""Characters of a transaction: books are held in memory by the dozen and not by the hundred."""
_PLAIN = re.compile("[A-Za-z ,]*")
"""The beginning of a reason, before it quotes anything that was read."""
log = logging.getLogger(__name__)


def add_all(
    library: Library, items: Iterable[Article | Unreadable], left_out: Callable[[Unreadable], None], batch: int = 0
) -> Iterator[Added]:
    """Adds articles as they are read, and says after each transaction what it did; `left_out` is called with the others.

    What was read when reading ends early, by Ctrl-C or a failure, goes in before that is raised again. batch: articles of a
    transaction, where not BATCH.
    """
    held: list[Article] = []
    size = 0
    try:
        for item in items:
            if isinstance(item, Unreadable):
                why = _PLAIN.match(item.why)
                extra = {"where": item.where, "why": why.group().strip() if why else "", "texts": {"why": item.why}}
                log.info("left out", extra=extra)
                left_out(item)
                continue
            held.append(item)
            size += len(item.text)
            if len(held) >= (batch or BATCH) or size >= LONGEST_BATCH:
                done = _added(library, held)
                held, size = [], 0
                yield done
    except (GeneratorExit, LibraryError):
        raise
    except BaseException:  # Ctrl-C above all
        if held:
            yield _added(library, held)
        raise
    if held:
        yield _added(library, held)


def _added(library: Library, articles: Sequence[Article]) -> Added:
    began = time.monotonic()
    added = library.add(articles)
    counts = {"new": added.new, "replaced": added.replaced, "unchanged": added.unchanged}
    log.info("articles added", extra={**counts, "seconds": round(time.monotonic() - began, 3)})
    return added
