"""The commands `rag index` and `rag remove`."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.errors import InputError, RagError
from rag.meter import meter
from rag.terminal import note, progress

if TYPE_CHECKING:
    from rag.library import Library
    from rag.library.left_out import LeftOut
    from rag.library.origins import Run
    from rag.library.readers import Item, Place
    from rag.library.store import Added
    from rag.library.watching import Watch
    from rag.meter import Meter
    from rag.search.retriever import Retriever

    Readings = Callable[[Sequence[Path], Mapping[str, str], Callable[[Place], None]], Iterator[Item]]
_LEFT_OUT = "left-out.jsonl"
_MOST_LINES = 10
_FEW = 3
"""Articles that are named one by one in a command."""


def index(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Files (.txt, .md, .html, .pdf, .docx, .epub, .csv, .tsv, .json, .jsonl; "
            "also in .zip, .tar, .gz, .zst), folders of them, "
            "or - for standard input."
        ),
    ],
    columns: Annotated[
        str,
        typer.Option(
            metavar="FIELD=NAME,…",
            help="What the columns of tables and dumps are called: text=…,title=…,date=…,source=…,url=…,id=….",
        ),
    ] = "",
    left_out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help=f"List what could not be read here, and not in index/{_LEFT_OUT} of RAG_HOME."
        ),
    ] = None,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(help="Where files are read and embedded: here, or on a Ray cluster (RAG_RAY_ADDRESS, or here)."),
    ] = "local",
    watch: Annotated[
        bool, typer.Option("--watch", help="Then follow the files and folders, until Ctrl-C: what changes is indexed.")
    ] = False,
) -> None:
    """Add or update articles; unchanged ones are skipped."""
    from rag import wiring
    from rag.library.left_out import LeftOut, checked
    from rag.library.readers import readings
    from rag.library.watching import Watch
    from rag.settings import load_settings

    if not all(path.strip() for path in paths):
        raise InputError("a path is empty; expected files or folders of articles")
    if watch and "-" in paths:
        raise InputError("standard input cannot be watched; expected files or folders")
    named, settings = _columns(columns), load_settings()
    given = [Path(path).resolve() if watch else Path(path) for path in paths]
    listed = checked(left_out) if left_out else settings.index_dir / _LEFT_OUT
    began = time.monotonic()
    with ExitStack() as stack:
        library, record = stack.enter_context(wiring.open_library(settings)), stack.enter_context(LeftOut(listed))
        if engine == "ray":
            from rag.cluster import connected

            cluster = stack.enter_context(connected(settings))
            read, embedder = cluster.readings, cluster.embedder
        else:
            read, embedder = readings, wiring.open_embedder(settings)
        load = _Load(library, read, named, record, [settings.index_dir, listed])
        watched = Watch(given, load.without) if watch else None
        with meter() as bar:
            begun = load.begun(_that_hold_something(given) if watch else given, bar)
            record.begin()
            try:
                retriever = wiring.open_retriever(settings, library, embedder)
                for notice in retriever.open(bar.indexed):
                    note(notice)
                load.finish(begun, retriever, bar)
            except KeyboardInterrupt:
                count = library.count()[0]
                note(f"interrupted; {count:,} articles are in the library; run the command again to go on")
                raise
            finally:
                load.name_left_out()
        print(f"{load.summary()}; {_speed(load.added, time.monotonic() - began)}", flush=True)
        if watched:
            note(f"following {', '.join(map(str, given))}; Ctrl-C ends it")
            try:
                _follow(watched, load, retriever)
            except KeyboardInterrupt:
                print(f"in all {load.summary()}")
        if record.count:
            raise typer.Exit(InputError.exit_code)


class _Load:
    """Reads files into a library but for those that it holds as they are, and counts what came of it."""

    def __init__(
        self, library: Library, read: Readings, columns: dict[str, str], record: LeftOut, without: Sequence[Path]
    ) -> None:
        from rag.library.store import Added

        self.library, self.record, self.added = library, record, Added()
        self._read, self._columns, self.without = read, columns, without
        self._files: Run = {}
        self._unchanged = 0

    def begun(self, paths: Sequence[Path], bar: Meter) -> Iterator[Item]:
        """What the files hold that are read; InputError at once where one is not there."""
        from rag.library.folders import files_of

        files = files_of(paths, self.without)
        changed = self._changed(files)
        same = len(files) - len(changed)

        def told(place: Place) -> None:
            bar.placed(replace(place, done=same + place.done, files=len(files)))

        return self._read(changed, self._columns, told)

    def _changed(self, files: Sequence[Path]) -> list[Path]:
        """The files without those whose articles the library holds, as they are; these are counted."""
        from rag.library.folders import STANDARD_INPUT
        from rag.library.origins import mark_of
        from rag.library.readers import reader_of

        changed, reader = [], reader_of(self._columns)
        self._unchanged = 0
        for file in files:
            mark = mark_of(file, reader) if file != STANDARD_INPUT else None
            held = self.library.unchanged(mark) if mark else None
            if mark is None or held is None:
                changed.append(file)
            else:
                self._unchanged += held
                self._files[mark.file] = set()
        return changed

    def finish(self, items: Iterable[Item], retriever: Retriever, bar: Meter) -> Added:
        """Adds what is read, and brings the indexes up to it; what this time added."""
        from rag.library.intake import add_all
        from rag.library.store import Added

        added = Added(unchanged=self._unchanged)
        self.added += added
        with retriever.following() as follow:
            for step in add_all(self.library, bar.counted(items), self.record.add, files=self._files):
                added += step
                self.added += step
                follow()
        for notice in retriever.catch_up(bar.indexed):
            note(notice)
        for file, ids in added.left[:_MOST_LINES]:
            note(_no_longer(file, ids))
        if (more := len(added.left) - _MOST_LINES) > 0:
            note(f"and {more:,} more files hold less than before; what they gave stays")
        return added

    def name_left_out(self) -> None:
        """Says on stderr what was left out since this was last called; the greater part only in the file."""
        named, more = self.record.latest()
        for item in named:
            note(str(item))
        if self.record.refused and (named or more):
            note(f"the list of what was left out cannot be written: {self.record.path}: {self.record.refused}")
        if more:
            note(f"and {more:,} more: {self.record.path}")

    def summary(self) -> str:
        """What was done so far and what the library holds."""
        articles, passages = self.library.count()
        return f"{_counts(self.added, self.record.count)}; the library holds {articles:,} articles in {passages:,} passages"


def _follow(watched: Watch, load: _Load, retriever: Retriever) -> None:
    """Takes in what changes, without end; what fails is said, and tried again later."""
    for changes in watched.rounds():
        for path in changes.gone[:_MOST_LINES]:
            if line := _gone(path, load):
                note(line)
        if (more := len(changes.gone) - _MOST_LINES) > 0:
            note(f"and {more:,} more have gone; their articles stay in the library")
        if not (files := [file for file in changes.changed if file.is_file()]):
            continue
        before = load.record.count
        try:
            with meter() as bar:
                added = load.finish(load.begun(files, bar), retriever, bar)
            print(_counts(added, load.record.count - before), flush=True)
        except (RagError, OSError) as e:
            note(f"{' '.join(str(e).split())}; it is tried again")
            watched.again(files)
        finally:
            load.name_left_out()


def _no_longer(file: str, ids: Sequence[str]) -> str:
    """A line that says how articles are removed which a file gave once and holds no longer."""
    command = f"`rag remove {shlex.join(ids)}`" if len(ids) <= _FEW else f"`rag remove` of {shlex.join(ids[:_FEW])} …"
    return f"{file} no longer holds {len(ids):,} of the articles that it gave; they stay, until {command}"


def _gone(path: Path, load: _Load) -> str:
    """A line that says how the articles of a file or folder that has gone are removed; "" where it gave none."""
    from rag.library import browsing

    ids = load.library.ids_from(path)
    if not ids:
        return ""
    if len(ids) <= _FEW:
        return f"{path} has gone; what it gave stays, until `rag remove {shlex.join(ids)}`"
    first = load.library.article(ids[0])
    source = first.source if first else ""
    if source and set(browsing.ids(load.library, source)) <= set(ids):
        return f"{path} has gone; its {len(ids):,} articles stay, until `rag remove --source {shlex.quote(source)}`"
    return f"{path} has gone; its {len(ids):,} articles stay, until `rag remove ID…`, by the ids that `rag list` shows"


def _that_hold_something(paths: Sequence[Path]) -> list[Path]:
    """The paths without the folders in which there is nothing to read yet."""
    from rag.library.folders import is_read

    return [p for p in paths if not p.is_dir() or any(f.is_file() and is_read(f) for f in p.rglob("*"))]


def _counts(added: Added, left_out: int) -> str:
    said = f"{added.new:,} new, {added.replaced:,} replaced, {added.unchanged:,} unchanged"
    return f"{said}, {left_out:,} left out" if left_out else said


def _speed(added: Added, seconds: float) -> str:
    articles = added.new + added.replaced + added.unchanged
    return f"{seconds:,.1f} s, {articles / max(seconds, 0.001):,.0f} articles a second"


def _columns(given: str) -> dict[str, str]:
    """The columns' names by field."""
    pairs = [part.partition("=") for part in given.split(",") if part.strip()]
    for field, equals, name in pairs:
        if not field.strip() or not name.strip():
            raise InputError(
                f"--columns has {field + equals + name!r}; expected FIELD=NAME, such as text=body,title=headline"
            )
    return {field.strip(): name.strip() for field, _, name in pairs}


def remove(
    ids: Annotated[list[str] | None, typer.Argument(help="Article ids, as `rag list` shows them.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="All articles of this source, as `rag list` shows it; can be repeated.")
    ] = None,
) -> None:
    """Remove articles from the library."""
    from rag import wiring
    from rag.library import browsing
    from rag.settings import load_settings

    if not (ids or source):
        raise InputError("nothing is named; expected ids of articles, or --source NAME")
    settings = load_settings()
    with wiring.open_library(settings) as library, progress() as bar:
        unknown = set(source or ()) - set(library.sources())
        if unknown:
            raise InputError(
                f"no article has the source {', '.join(sorted(unknown))}; `rag list` shows those that there are"
            )
        wanted = {*(ids or ()), *(id_ for name in source or () for id_ in browsing.ids(library, name))}
        missing = library.remove(wanted)
        retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
        for notice in retriever.catch_up(bar):
            note(notice)
    print(f"{len(wanted) - len(missing)} removed")
    if missing:
        raise InputError(f"not in the library: {', '.join(missing)}; `rag list` shows what is")
