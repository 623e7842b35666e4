"""The command line: `rag COMMAND`. The only place that prints and sets exit codes.

Heavy modules are imported by the command that needs them, so that `rag --help` stays quick.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag import __version__
from rag.errors import InputError, RagError

if TYPE_CHECKING:
    from rag.search.leg import Progress
    from rag.settings import Settings
    from rag.types import Answer

app = typer.Typer(
    help="Ask an archive of Arabic articles; every sentence of an answer carries a checked citation. Runs wholly on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_debug = False

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Writer = Annotated[
    Literal["auto", "quote", "llama"] | None,
    typer.Option(help="What writes the answer; auto takes a language model if there is one."),
]
_ADD_BATCH = 500


def _show_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    global _debug
    _debug = debug


@app.command()
def index(paths: Annotated[list[Path], typer.Argument(help="Files (.txt, .jsonl) and folders of them.")]) -> None:
    """Add or update articles; unchanged ones are skipped."""
    from rag import wiring
    from rag.library import Unreadable, read
    from rag.library.store import Added

    settings = _settings()
    failed: list[Unreadable] = []
    added = Added()
    with wiring.open_library(settings) as library, _progress() as progress:
        retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
        _notes(retriever.catch_up(progress))
        batch = []
        for item in read(paths):
            if isinstance(item, Unreadable):
                failed.append(item)
                continue
            batch.append(item)
            if len(batch) == _ADD_BATCH:
                added += library.add(batch)
                batch = []
        added += library.add(batch)
        retriever.catch_up(progress)
        articles, passages = library.count()
    for unreadable in failed:
        print(f"rag: {unreadable}", file=sys.stderr)
    left_out = f", {len(failed)} left out" if failed else ""
    print(
        f"{added.new} new, {added.replaced} replaced, {added.unchanged} unchanged{left_out}; "
        f"the library holds {articles:,} articles in {passages:,} passages"
    )
    if failed:
        raise typer.Exit(InputError.exit_code)


@app.command()
def remove(ids: Annotated[list[str], typer.Argument(help="Article ids, as `rag list` shows them.")]) -> None:
    """Remove articles from the library."""
    from rag import wiring

    settings = _settings()
    with wiring.open_library(settings) as library:
        missing = library.remove(ids)
        wiring.open_retriever(settings, library, wiring.open_embedder(settings)).catch_up()
    print(f"{len(set(ids)) - len(missing)} removed")
    if missing:
        raise InputError(f"not in the library: {', '.join(missing)}; `rag list` shows what is")


@app.command("list")
def list_articles(as_json: Json = False) -> None:
    """List the articles of the library."""
    from rag import wiring

    with wiring.open_library(_settings()) as library:
        rows = library.articles()
    if as_json:
        names = ("article", "title", "date", "source", "characters")
        _print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    for id_, title, date, source, characters in rows:
        print("\t".join([id_, date or "-", source or "-", f"{characters:,}", title]).rstrip())
    if not rows:
        print("the library is empty: add articles with `rag index PATH`", file=sys.stderr)


@app.command()
def show(
    article: Annotated[str, typer.Argument(metavar="ID", help="An article's id, as `rag list` shows it.")],
) -> None:
    """Print an article's text."""
    from rag import wiring

    with wiring.open_library(_settings()) as library:
        found = library.article(article)
    if found is None:
        raise InputError(f"no article has the id {article!r}; `rag list` shows those that there are")
    print(found.text)


@app.command()
def search(
    question: str,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 10,
    as_json: Json = False,
) -> None:
    """Find the passages nearest to a question."""
    from rag import wiring

    settings = _settings()
    with wiring.open_library(settings) as library, _progress() as progress:
        retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
        _notes(retriever.catch_up(progress))
        _warn_if_empty(library.generation)
        hits = retriever.search(question, k)
    if as_json:
        _print_json([hit.as_json() for hit in hits])
        return
    for hit in hits:
        legs = f"lexical {hit.lexical or '-'}, dense {hit.dense or '-'}"
        print(
            f"{hit.rank}. {hit.passage.article} [{hit.passage.start}:{hit.passage.end}] {hit.score:.3f} ({legs})\n{hit.passage.text}\n"
        )


@app.command()
def ask(question: str, as_json: Json = False, writer: Writer = None) -> None:
    """Answer a question from the articles, every sentence cited."""
    from rag import wiring

    with _progress() as progress:
        assistant = wiring.open_assistant(_settings(writer=writer), progress)
    _notes(assistant.notices)
    _warn_if_empty(assistant.library.generation)
    answer = None
    printed = 0
    for answer in assistant.ask(question):
        if not as_json and not answer.done and sys.stdout.isatty():
            print(answer.text[printed:], end="", flush=True)
            printed = len(answer.text)
    assert answer is not None
    if as_json:
        _print_json(answer.as_json())
        return
    if printed:
        print("\n" if answer.status == "answered" else f"\n{answer.text}\n")
    else:
        print(answer.text + "\n")
    _print_sources(answer)
    if assistant.choice.why != "asked":
        print(f"({assistant.writer.name}: {assistant.choice})", file=sys.stderr)


def _print_sources(answer: Answer) -> None:
    if answer.status == "abstained":
        for hit in answer.hits[:3]:
            print(
                f"  nearest: {hit.passage.article} [{hit.passage.start}:{hit.passage.end}] {_shortened(hit.passage.text)}"
            )
        return
    for citation in answer.citations:
        where = f"{citation.article} [{citation.start}:{citation.end}]" if citation.n else "cites nothing"
        print(f"  [{citation.n or '-'}] {citation.verdict}: {where} {_shortened(citation.quote or citation.claim)}")


@app.command()
def chat(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; the next free one if it is taken.")] = None,
    writer: Writer = None,
) -> None:
    """Open the browser chat."""
    from rag.ui import serve

    serve(_settings(host=host, port=port, writer=writer), say=lambda line: print(line, flush=True))


@app.command("eval")
def evaluate(
    testset: Annotated[Path, typer.Argument(help="JSON lines, or a SQuAD JSON file.")],
    as_json: Json = False,
    out: Annotated[Path | None, typer.Option(help="Write one row a question here.")] = None,
    only_search: Annotated[bool, typer.Option("--only-search", help="Measure the search alone.")] = False,
    index_contexts: Annotated[
        bool, typer.Option("--index-contexts", help="Index the set's contexts in a throw-away library.")
    ] = False,
    writer: Writer = None,
) -> None:
    """Measure search, evidence, citations, refusals and time with a set of questions."""
    import tempfile

    from rag import wiring
    from rag.evaluate import report, run
    from rag.evaluate import testset as testsets

    questions, contexts = testsets.load(testset)
    settings = _settings(writer=writer)
    with tempfile.TemporaryDirectory() as scratch, _progress() as progress:
        if index_contexts:
            if not contexts:
                raise InputError(f"{testset} brings no contexts; leave --index-contexts out to ask the library")
            settings = settings.model_copy(update={"home": Path(scratch)})
            with wiring.open_library(settings) as library:
                library.add(contexts)
        assistant = wiring.open_assistant(settings, progress)
        _notes(assistant.notices)
        results = []
        for result in run.run(questions, assistant, only_search):
            results.append(result)
            progress("questions", len(results), len(questions))
    if out:
        out.write_text("".join(json.dumps(r.as_json(), ensure_ascii=False) + "\n" for r in results), encoding="utf-8")
    figures = report.summary(results)
    if as_json:
        _print_json(figures)
    else:
        _print_figures(figures)


def _print_figures(figures: dict[str, dict[str, float]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("kind", *(name.replace("recall", "R").replace("evidence", "ev") for name in figures["all"]), box=None)
    for kind, row in figures.items():
        cells = []
        for name in figures["all"]:
            value = row.get(name)
            whole = name in ("questions", "citations")
            cells.append(
                "-"
                if value is None
                else f"{value:.0f}"
                if whole
                else f"{value:.1f}"
                if name.endswith("_ms")
                else f"{value:.3f}"
            )
        table.add_row(kind, *cells)
    Console(width=None if sys.stdout.isatty() else 200).print(table)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check what is installed, shipped, missing or stale; exit 1 where something needs a person."""
    from rag.doctor import examine

    findings = examine(_settings())
    if as_json:
        _print_json([{"what": f.what, "ok": f.ok, "found": f.found, "mend": f.mend} for f in findings])
    else:
        for f in findings:
            print(f"{'ok  ' if f.ok else 'MEND'}  {f.what}: {f.found}" + (f"; {f.mend}" if f.mend else ""))
    if not all(f.ok for f in findings):
        raise typer.Exit(1)


def _settings(**flags: object) -> Settings:
    from rag.settings import load_settings

    return load_settings(**flags)


def _notes(notices: list[str]) -> None:
    for notice in notices:
        print(f"rag: {notice}", file=sys.stderr)


def _warn_if_empty(generation: int) -> None:
    if not generation:
        print("rag: the library is empty: add articles with `rag index PATH`", file=sys.stderr)


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _shortened(text: str, longest: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on a terminal's stderr; nothing elsewhere, nor for what is done at once."""
    if not sys.stderr.isatty():
        yield lambda name, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Callable[[int, int], None]] = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                task = bar.add_task(name)
                tasks[name] = lambda done, total: bar.update(task, completed=done, total=total)
            tasks[name](done, total)

        yield show


def main(arguments: list[str] | None = None) -> None:
    """The entry point, on `arguments` or the process's own.

    One line for a failure; exit code 2 for bad input, 1 for a failed run, 130 for Ctrl-C.
    """
    try:
        app(arguments, prog_name="rag")
    except RagError as e:
        if _debug:
            raise
        print(f"rag: {' '.join(str(e).split())}", file=sys.stderr)
        sys.exit(e.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader of a pipe has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as e:
        if _debug:
            raise
        print(f"rag: {e.strerror or e}: {e.filename or ''}; check space and permissions", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
