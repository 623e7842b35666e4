"""What is read goes into the library in batches, so that what is interrupted keeps what was done. Shows and prints nothing."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator

from rag.errors import LibraryError
from rag.library.origins import FileFingerprint, ReadArticle, Run
from rag.library.store import Added, Library
from rag.readers.readers import Item, Unreadable
from rag.types import Article

BATCH = 500
"""Articles of a transaction."""
LONGEST_BATCH = 32_000_000
"""Characters of a transaction: books are held in memory by the dozen and not by the hundred."""
_PLAIN = re.compile("[A-Za-z ,]*")
"""The beginning of a reason, before it quotes anything that was read."""
log = logging.getLogger(__name__)


def add_all(
    library: Library,
    items: Iterable[Article | Item],
    skipped: Callable[[Unreadable], None],
    batch: int | None = None,
    files: Run | None = None,
) -> Iterator[Added]:
    """Adds articles as they are read, and says after each transaction what it did; `skipped` is called with the others.

    What was read when reading ends early, by Ctrl-C or a failure, goes in before that is raised again. batch: articles of a
    transaction, BATCH where none is given. files: the files of this run so far, which are now read anew.
    """
    files = {} if files is None else files
    for given in files.values():
        given.clear()
    run = _Transaction(library, skipped, files)
    try:
        for item in items:
            if isinstance(item, Unreadable):
                run.skip(item)
                continue
            run.hold(ReadArticle(item) if isinstance(item, Article) else item)
            if run.articles >= (BATCH if batch is None else batch) or run.characters >= LONGEST_BATCH:
                yield run.added()
    except (GeneratorExit, LibraryError):
        raise
    except BaseException:  # Ctrl-C above all
        if run.held:
            yield run.added()
        raise
    if run.held:
        yield run.added()


class _Transaction:
    """What is held for the next transaction, and the files of which something was skipped."""

    def __init__(self, library: Library, skipped: Callable[[Unreadable], None], files: Run) -> None:
        self._library, self._skipped, self._files = library, skipped, files
        self._refused: set[bytes] = set()
        self._empty()

    def _empty(self) -> None:
        self.held: list[ReadArticle | FileFingerprint] = []
        self.articles = self.characters = 0

    def hold(self, item: ReadArticle | FileFingerprint) -> None:
        """Has it go into the library with the next transaction."""
        if isinstance(item, ReadArticle):
            self.articles += 1
            self.characters += len(item.article.text)
        elif item.file in self._refused:
            return
        self.held.append(item)

    def added(self) -> Added:
        """Puts into the library what is held."""
        began = time.monotonic()
        held = self.held
        self._empty()
        added, refused = self._library.take(held, self._files)
        counts = {"new": added.new, "replaced": added.replaced, "unchanged": added.unchanged}
        log.info("articles added", extra={**counts, "seconds": round(time.monotonic() - began, 3)})
        for refusal in refused:
            entry = refusal.entry
            self._refused.add(entry.file)
            why = f"the id {entry.article.id!r} was read already from {refusal.held_by}; rename one of them"
            self.skip(Unreadable(entry.where, why))
        return added

    def skip(self, item: Unreadable) -> None:
        """Tells of what does not go in."""
        why = _PLAIN.match(item.why)
        extra = {"where": item.where, "why": why.group().strip() if why else "", "texts": {"why": item.why}}
        log.info("left out", extra=extra)
        self._skipped(item)
