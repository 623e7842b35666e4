"""The one indexer: files into the library, and the indexes brought up to it. Prints nothing; whoever uses it says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from rag.errors import InputError
from rag.indexing.intake import add_all
from rag.library import Library
from rag.library.origins import FileFingerprint, ReadArticle, Run, fingerprint_of, has_dump
from rag.library.store import Added
from rag.readers.folders import STANDARD_INPUT, listing, name_of, shown
from rag.readers.readers import Item, Place, Unreadable, reader_of, readings
from rag.search.catch_up import Progress
from rag.search.retriever import Retriever

Readings = Callable[[Sequence[Path], Mapping[str, str], Callable[[Place], None]], Iterator[Item]]
"""Reads files: `readings`, or a cluster's."""
_NAMED = 3
"""Articles whose dates are kept to be named."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a person says of what is read.

    columns: what the columns of tables are called, by field. follow_links: whether links are read that lead out of the folders that
    are indexed. same_as: the name of the table or dump of which all that are read are later ones. source: where all of it is from,
    whatever it says.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    follow_links: bool = False
    same_as: str = ""
    source: str = ""


class Indexer:
    """Reads files into a library, but for those that it holds as they are.

    added: what was added so far, in all. undated: how many articles had a date that cannot be read, and the first of these.
    """

    def __init__(
        self,
        library: Library,
        skipped: Callable[[Unreadable], None],
        read: Readings = readings,
        told: Told | None = None,
        without: Sequence[Path] = (),
    ) -> None:
        """skipped: called with what could not be read. told: what a person says of what is read. without: files and folders that are
        passed by. Raises InputError where the library has nothing of `told.same_as`.
        """
        self.library, self.added, self.without = library, Added(), without
        self.undated, self.unread_dates = 0, list[ReadArticle]()
        self._skipped, self._read, self._as_told = skipped, read, told or Told()
        self._files: Run = {}
        self._unchanged = 0
        same_as = self._as_told.same_as
        with library.reading() as db:
            if same_as and not has_dump(db, same_as):
                raise InputError(
                    f"no table or dump called {same_as!r} gave articles; `rag list --json` shows the files"
                )

    def begin(self, paths: Sequence[Path], told: Callable[[Place], None] = lambda place: None) -> Iterator[Item]:
        """What the files hold that are read, as they are read; InputError at once where a path is not there.

        told: called with how far reading has come, unchanged files included.
        """
        listed = listing(paths, self.without, self._as_told.follow_links)
        for path, why in listed.passed_by:
            self._skipped(Unreadable(shown(name_of(path)), why))
        files = listed.files
        changed = self._changed(files)
        same = len(files) - len(changed)
        return self._read(
            changed, self._as_told.columns, lambda place: told(replace(place, done=same + place.done, files=len(files)))
        )

    def _changed(self, files: Sequence[Path]) -> list[Path]:
        """The files without those whose articles the library holds, as they are; these are counted."""
        changed = []
        self._unchanged = 0
        for file in files:
            reader = reader_of(file, self._as_told.columns)
            mark = fingerprint_of(file, reader) if file != STANDARD_INPUT else None
            held = self.library.unchanged(self._marked(mark)) if mark and not self._as_told.same_as else None
            if mark is None or held is None:
                changed.append(file)
            else:
                self._unchanged += held
                self._files[mark.file] = set()
        return changed

    def finish(
        self,
        items: Iterable[Item],
        retriever: Retriever,
        indexed: Progress | None = None,
        batch: int | None = None,
        beside: bool = True,
    ) -> tuple[Added, list[str]]:
        """Adds what is read, and brings the indexes up to it; what this time added, and what was repaired of the indexes.

        indexed: called with how far the indexes have come. batch: articles of a transaction, as in `add_all`. beside: whether the indexes
        follow in processes of their own while articles are added; questions that are asked meanwhile wait for them.
        """
        added = Added(unchanged=self._unchanged)
        self.added += added
        self._unchanged = 0
        with retriever.following() if beside else nullcontext(lambda: None) as follow:
            for step in add_all(self.library, map(self._told, items), self._skipped, batch, self._files):
                added += step
                self.added += step
                follow()
        return added, retriever.catch_up(indexed)

    def _told(self, item: Item) -> Item:
        """The item with what is told of it; takes note of a date that cannot be read."""
        if not isinstance(item, ReadArticle):
            return self._marked(item) if isinstance(item, FileFingerprint) else item
        if item.unread_date:
            self.undated += 1
            if len(self.unread_dates) < _NAMED:
                self.unread_dates.append(item)
        article = replace(item.article, source=self._as_told.source or item.article.source)
        dump = self._as_told.same_as if item.dump else ""
        return replace(item, article=article, dump=dump or item.dump)

    def _marked(self, mark: FileFingerprint) -> FileFingerprint:
        """The mark of a file that is read as it is told here."""
        return replace(mark, reader=f"{mark.reader} {self._as_told.source}") if self._as_told.source else mark
