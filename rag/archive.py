"""The program as a Python library: an archive that is indexed, searched, asked and evaluated.

from rag import open_archive

with open_archive("my-archive") as archive:
    archive.index(["articles/"])
    for snapshot in archive.ask("ماذا قال تشوركين؟"):
        print(snapshot.text)
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Self

from rag import wiring
from rag.answer.assistant import Assistant
from rag.answer.writers import Closable
from rag.evaluate import testset as testsets
from rag.evaluate.report import Figures, summary
from rag.evaluate.run import run
from rag.indexing.indexer import Indexer, Told
from rag.readers.readers import Unreadable
from rag.settings import load_settings
from rag.types import Answer, Hit, Scope


@dataclass(frozen=True, slots=True)
class Indexed:
    """What indexing did, in articles.

    skipped: what could not be read, and why, a line each. undated: how many went in without the date that they have, since it
    cannot be read.
    """

    new: int
    replaced: int
    unchanged: int
    skipped: tuple[str, ...]
    undated: int = 0


def open_archive(home: str | PathLike[str] | None = None, **settings: Any) -> Archive:
    """The archive whose library and indexes lie in `home`/index, made if they are not there.

    home: as RAG_HOME, where None is given. settings: any other setting by its name, such as writer="quote"; they go before
    RAG_* variables and rag.toml. Raises RagError: InputError for a setting that is not valid, LibraryError and ModelError where
    what is on disk cannot be opened.
    """
    given = {"home": Path(home)} if home is not None else {}
    return Archive(wiring.open_assistant(load_settings(**given, **settings)))


class Archive:
    """An open archive. Use it in a `with` block, or close it; one thread at a time.

    notices: what was repaired on opening, and what answers cannot take into account.
    """

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant

    @property
    def notices(self) -> list[str]:
        """What a person should know of the state of the archive, a line each."""
        return list(self._assistant.notices)

    def index(self, paths: Iterable[str | PathLike[str]], columns: Mapping[str, str] | None = None) -> Indexed:
        """Adds or updates the articles of files and folders; unchanged files are passed by.

        columns: what the columns of tables are called, by field, such as {"text": "body"}. Raises InputError where a path is
        not there; what cannot be read is skipped, and told.
        """
        skipped: list[Unreadable] = []
        indexer = Indexer(self._assistant.library, skipped.append, told=Told(columns or {}))
        added, _ = indexer.finish(indexer.begin([Path(path) for path in paths]), self._assistant.retriever)
        if self._assistant.library.count()[0]:
            self._assistant.dismiss_notice(wiring.EMPTY)
        return Indexed(added.new, added.replaced, added.unchanged, tuple(map(str, skipped)), indexer.undated)

    def search(
        self, question: str, k: int = 10, since: str = "", until: str = "", sources: Sequence[str] = ()
    ) -> list[Hit]:
        """The k passages nearest to a question, best first.

        since, until: only articles dated between them, as YYYY, YYYY-MM or YYYY-MM-DD; "" for any. sources: only articles of
        these; none for any. Raises InputError for a question or scope that cannot be asked.
        """
        return self._assistant.search(self._assistant.parse(question), k, Scope(since, until, tuple(sources)))

    def ask(
        self,
        question: str,
        since: str = "",
        until: str = "",
        sources: Sequence[str] = (),
        history: Sequence[Answer] = (),
    ) -> Generator[Answer]:
        """Snapshots of the answer as it grows; the last one is `done` and carries the checked citations.

        history: the answers of the conversation so far, in order. The scope as in `search`. Closing the iterator stops the
        writer. Raises InputError for a question or scope that cannot be asked, at once or with the first snapshot.
        """
        return self._assistant.ask(self._assistant.parse(question), Scope(since, until, tuple(sources)), history)

    def eval(self, testset: str | PathLike[str]) -> Figures:
        """The figures of a test set, asked of this archive: group → figure → value, as `rag eval --json` prints them.

        Raises InputError where the file is no test set, or names an article that the archive lacks.
        """
        examples, _ = testsets.load(Path(testset))
        return summary(list(run(examples, self._assistant, only_search=False)))

    def close(self) -> None:
        """Closes the library and a language model, if one is open."""
        if isinstance(self._assistant.writer, Closable):
            self._assistant.writer.close()
        self._assistant.library.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
