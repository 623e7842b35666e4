"""The commands `rag index` and `rag remove`."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.cli.progress import meter
from rag.cli.terminal import note, progress
from rag.errors import InputError, RagError

if TYPE_CHECKING:
    from rag.cli.progress import Meter
    from rag.indexing.indexer import Indexer, Told
    from rag.indexing.skipped import SkippedList
    from rag.indexing.watch import Watch
    from rag.library import Library
    from rag.library.store import Added
    from rag.readers.readers import Item
    from rag.search.embedding import Embedder
    from rag.search.retriever import Retriever
    from rag.settings import Settings

_LEFT_OUT = "left-out.jsonl"
_MOST_LINES = 10
_FEW = 3
"""Articles that are named one by one in a command."""


Paths = Annotated[
    list[str],
    typer.Argument(
        help="Files (.txt, .md, .html, .pdf, .docx, .epub, .csv, .tsv, .json, .jsonl; "
        "also in .zip, .tar, .gz, .zst), folders of them, "
        "or - for standard input."
    ),
]
Columns = Annotated[
    str,
    typer.Option(
        metavar="FIELD=NAME,…",
        help="What the columns of tables and dumps are called: text=…,title=…,date=…,source=…,url=…,id=….",
    ),
]
LeftOut = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help=f"List what could not be read here, and not in index/{_LEFT_OUT} of RAG_HOME."),
]
EngineOption = Annotated[
    Literal["local", "ray"],
    typer.Option(help="Where files are read and embedded: here, or on a Ray cluster (RAG_RAY_ADDRESS, or here)."),
]
WatchOption = Annotated[
    bool, typer.Option("--watch", help="Then follow the files and folders, until Ctrl-C: what changes is indexed.")
]


SameAs = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="The tables and dumps are later ones of the file of this name: rows of the same ids replace those that it gave.",
    ),
]
Source = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help='Where all of it is from, whatever it says; also a line source = "…" in rag.toml in a folder, for what does not say it.',
    ),
]
FollowLinks = Annotated[
    bool, typer.Option("--follow-links", help="Read links, too, that lead out of the folders that are indexed.")
]


def index(
    paths: Paths,
    columns: Columns = "",
    left_out: LeftOut = None,
    engine: EngineOption = "local",
    watch: WatchOption = False,
    follow_links: FollowLinks = False,
    same_as: SameAs = "",
    source: Source = "",
) -> None:
    """Add or update articles; unchanged ones are skipped."""
    from rag import wiring
    from rag.indexing.indexer import Told
    from rag.indexing.watch import Watch

    if not all(path.strip() for path in paths):
        raise InputError("a path is empty; expected files or folders of articles")
    if watch and "-" in paths:
        raise InputError("standard input cannot be watched; expected files or folders")
    given = [Path(path).resolve() if watch else Path(path) for path in paths]
    began = time.monotonic()
    with ExitStack() as stack:
        load, embedder = _opened(
            stack, left_out, engine, Told(_columns(columns), follow_links, same_as, " ".join(source.split()))
        )
        watched = Watch(given, load.indexer.without, follow_links) if watch else None
        with meter() as bar:
            begun = load.indexer.begin(_that_hold_something(given) if watch else given, bar.placed)
            load.record.begin()
            try:
                retriever = wiring.open_retriever(load.settings, load.indexer.library, embedder)
                for notice in retriever.open(bar.indexed):
                    note(notice)
                load.finish(begun, retriever, bar)
            except KeyboardInterrupt:
                count = load.indexer.library.count()[0]
                note(f"interrupted; {count:,} articles are in the library; run the command again to go on")
                raise
            finally:
                load.name_skipped()
        print(f"{load.summary()}; {_speed(load.indexer.added, time.monotonic() - began)}", flush=True)
        load.say_why()
        if watched:
            note(f"following {', '.join(map(str, given))}; Ctrl-C ends it")
            try:
                _follow(watched, load, retriever)
            except KeyboardInterrupt:
                print(f"in all {load.summary()}")
        if load.record.count:
            raise typer.Exit(InputError.exit_code)


def _opened(stack: ExitStack, left_out: Path | None, engine: str, told: Told) -> tuple[_Load, Embedder]:
    """What indexes as it is told, and the embedder, in this process or on a cluster; the stack closes them."""
    from rag import wiring
    from rag.indexing.indexer import Indexer
    from rag.indexing.skipped import SkippedList, checked
    from rag.readers.readers import readings
    from rag.settings import load_settings

    settings = load_settings()
    listed = checked(left_out) if left_out else settings.index_dir / _LEFT_OUT
    library, record = stack.enter_context(wiring.open_library(settings)), stack.enter_context(SkippedList(listed))
    if engine == "ray":
        from rag.indexing.ray import connected

        cluster = stack.enter_context(connected(settings))
        read, embedder = cluster.readings, cluster.embedder
    else:
        read, embedder = readings, wiring.open_embedder(settings)
    indexer = Indexer(library, record.add, read, told, [settings.index_dir, listed])
    return _Load(indexer, record, settings), embedder


@dataclass(frozen=True, slots=True)
class _Load:
    """An indexer, the list of what it skips, and the lines that say what came of both."""

    indexer: Indexer
    record: SkippedList
    settings: Settings

    def finish(self, items: Iterable[Item], retriever: Retriever, bar: Meter) -> Added:
        """Adds what is read, brings the indexes up to it, and notes what a person should know; what this time added."""
        added, notices = self.indexer.finish(bar.counted(items), retriever, bar.indexed)
        for notice in notices:
            note(notice)
        for file, ids in added.left[:_MOST_LINES]:
            note(_no_longer(file, ids))
        if added.longer:
            note(
                f"{added.longer:,} new articles have ids that other files' articles have, and are called FILE/ID; "
                "--same-as NAME makes a file a later dump of the other, whose rows it replaces"
            )
        if (more := len(added.left) - _MOST_LINES) > 0:
            note(f"and {more:,} more files hold less than before; what they gave stays")
        return added

    def name_skipped(self) -> None:
        """Says on stderr what was skipped since this was last called, and which dates could not be read; the greater part of what
        was skipped only in the file, and of the dates not at all."""
        named, more = self.record.latest()
        for item in named:
            note(str(item))
        if self.record.refused and (named or more):
            note(f"the list of what was left out cannot be written: {self.record.path}: {self.record.refused}")
        if more:
            note(f"and {more:,} more: {self.record.path}")
        for read in self.indexer.unread_dates:
            note(
                f"{read.where}: its date {read.unread_date!r} cannot be read; it is in the library without one, until `rag edit`"
            )
        self.indexer.unread_dates.clear()

    def say_why(self) -> None:
        """Says on stderr how many were left out for which reason, and where each stands; nothing where all have been named just now."""
        if self.record.count > _FEW and not self.record.refused:
            reasons = [f"{reason} ({count:,})" for reason, count in self.record.reasons.most_common(_MOST_LINES)]
            note(f"left out: {', '.join(reasons)}; {self.record.path} lists them, with what mends each")

    def summary(self) -> str:
        """What was done so far and what the library holds."""
        from rag.library import boilerplate  # with numpy, which the quick commands do without

        articles, passages = self.indexer.library.count()
        with self.indexer.library.reading() as db:
            recurring = boilerplate.count(db)
        said = _counts(self.indexer.added, self.record.count, self.indexer.undated)
        said += f"; the library holds {articles:,} articles in {passages:,} passages"
        return f"{said}; lines that recur at their ends and are not searched: {recurring:,}" if recurring else said


def _follow(watched: Watch, load: _Load, retriever: Retriever) -> None:
    """Takes in what changes, without end; what fails is said, and tried again later."""
    for changes in watched.rounds():
        for path in changes.gone[:_MOST_LINES]:
            if line := _gone(path, load.indexer.library):
                note(line)
        if (more := len(changes.gone) - _MOST_LINES) > 0:
            note(f"and {more:,} more have gone; their articles stay in the library")
        if not (files := [file for file in changes.changed if file.is_file()]):
            continue
        before, undated = load.record.count, load.indexer.undated
        try:
            with meter() as bar:
                added = load.finish(load.indexer.begin(files, bar.placed), retriever, bar)
            print(_counts(added, load.record.count - before, load.indexer.undated - undated), flush=True)
        except (RagError, OSError) as e:
            note(f"{' '.join(str(e).split())}; it is tried again")
            watched.again(files)
        finally:
            load.name_skipped()


def _no_longer(file: str, ids: Sequence[str]) -> str:
    """A line that says how articles are removed which a file gave once and holds no longer."""
    command = f"`rag remove {shlex.join(ids)}`" if len(ids) <= _FEW else f"`rag remove` of {shlex.join(ids[:_FEW])} …"
    return f"{file} no longer holds {len(ids):,} of the articles that it gave; they stay, until {command}"


def _gone(path: Path, library: Library) -> str:
    """A line that says how the articles of a file or folder that has gone are removed; "" where it gave none."""
    from rag.library import browsing

    ids = library.ids_from(path)
    if not ids:
        return ""
    if len(ids) <= _FEW:
        return f"{path} has gone; what it gave stays, until `rag remove {shlex.join(ids)}`"
    first = library.article(ids[0])
    source = first.source if first else ""
    if source and set(browsing.ids(library, source)) <= set(ids):
        return f"{path} has gone; its {len(ids):,} articles stay, until `rag remove --source {shlex.quote(source)}`"
    return f"{path} has gone; its {len(ids):,} articles stay, until `rag remove ID…`, by the ids that `rag list` shows"


def _that_hold_something(paths: Sequence[Path]) -> list[Path]:
    """The paths without the folders in which there is nothing to read yet."""
    from rag.readers.folders import is_read

    return [p for p in paths if not p.is_dir() or any(f.is_file() and is_read(f) for f in p.rglob("*"))]


def _counts(added: Added, left_out: int, undated: int) -> str:
    said = [f"{added.new:,} new", f"{added.replaced:,} replaced", f"{added.unchanged:,} unchanged"]
    said += [f"{left_out:,} left out"] if left_out else []
    return ", ".join([*said, f"{undated:,} undated, for their dates cannot be read"] if undated else said)


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
