"""The command line: `rag COMMAND`. The only place that sets exit codes; `rag.cli.terminal` prints.

Heavy modules are imported by the command that needs them, so that `rag --help` stays quick.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer.exceptions import TyperException

from rag import __version__, logs
from rag.cli.backup import backup, restore
from rag.cli.edit import edit
from rag.cli.eval import evaluate
from rag.cli.index import index, remove
from rag.cli.models import app as models_app
from rag.cli.options import Json, Writer
from rag.cli.terminal import note, print_answer, print_hits, print_json, progress, say, shown_id
from rag.errors import InputError, RagError

if TYPE_CHECKING:
    from rag.settings import Settings

app = typer.Typer(
    help="Ask an archive of Arabic articles; every sentence of an answer carries a checked citation. Runs wholly on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(models_app, name="models")
log = logging.getLogger(__name__)
_debug = False

Since = Annotated[
    str, typer.Option(metavar="DATE", help="Only articles of this date or later: YYYY, YYYY-MM or YYYY-MM-DD.")
]
Until = Annotated[str, typer.Option(metavar="DATE", help="Only articles of this date or earlier.")]
Source = Annotated[
    list[str] | None, typer.Option(help="Only articles of this source, as `rag list` shows it; can be repeated.")
]


def _show_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
    level: Annotated[
        Literal["off", "info", "debug"] | None,
        typer.Option(
            "--log", help="Tell what is done on stderr, as JSON lines without questions and texts; also RAG_LOG."
        ),
    ] = None,
) -> None:
    global _debug
    _debug = debug
    settings = _settings(log=level)
    logs.configure(settings.log, settings.log_texts)
    given = {name: getattr(settings, name) for name in ("home", "writer", "model", "embedder", "reranker", "offline")}
    log.info("started", extra={"command": context.invoked_subcommand, "version": __version__, **given})


app.command()(index)
app.command()(remove)
app.command()(edit)


@app.command("list")
def list_articles(as_json: Json = False) -> None:
    """List the articles of the library."""
    from rag import wiring

    with wiring.open_library(_settings()) as library:
        rows = library.articles()
        near = library.all_near_duplicates() if as_json else {}
        files = library.files() if as_json else {}
    if as_json:
        names = ("article", "title", "date", "source", "characters")
        listed = [dict(zip(names, row, strict=True)) for row in rows]
        print_json(
            [
                row
                | ({"file": files[row["article"]]} if row["article"] in files else {})
                | ({"near_duplicates": near[row["article"]]} if row["article"] in near else {})
                for row in listed
            ]
        )
        return
    for id_, title, date, source, characters in rows:
        say("\t".join([shown_id(id_), date or "-", source or "-", f"{characters:,}", title]).rstrip())
    if not rows:
        note(wiring.EMPTY)


@app.command()
def show(
    article: Annotated[str, typer.Argument(metavar="ID", help="An article's id, as `rag list` shows it.")],
) -> None:
    """Print an article's text."""
    from rag import wiring

    with wiring.open_library(_settings()) as library:
        found = library.article(article)
        near = library.near_duplicates([article])[article]
    if found is None:
        raise InputError(f"no article has the id {article!r}; `rag list` shows those that there are")
    say(found.text)
    if near:
        note(f"near-duplicates: {', '.join(near)}")


@app.command()
def search(
    question: str,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 10,
    since: Since = "",
    until: Until = "",
    source: Source = None,
    as_json: Json = False,
) -> None:
    """Find the passages nearest to a question."""
    from rag import wiring
    from rag.types import Scope

    settings = _settings()
    with wiring.open_library(settings) as library, progress() as bar:
        scope, asked = Scope(since, until, tuple(source or ())), wiring.shipped_parser().parse(question)
        retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
        notices = retriever.open(bar)
        hits = retriever.search(asked, k, scope)
        for notice in filter(None, (*notices, retriever.lag)):
            note(notice)
        if not library.count()[0]:
            note(wiring.EMPTY)
    if as_json:
        print_json([hit.as_json() for hit in hits])
    else:
        print_hits(hits)


@app.command()
def ask(
    question: str,
    after: Annotated[
        list[str] | None,
        typer.Option(
            metavar="QUESTION", help="A question of the conversation before this one; can be repeated, in order."
        ),
    ] = None,
    since: Since = "",
    until: Until = "",
    source: Source = None,
    as_json: Json = False,
    writer: Writer = None,
) -> None:
    """Answer a question from the articles, every sentence cited."""
    from rag import wiring
    from rag.types import Scope

    scope, settings = Scope(since, until, tuple(source or ())), _settings(writer=writer)
    asked = wiring.shipped_parser().parse(question)
    wiring.begin_to_open_reader(asked, settings)
    with progress() as bar:
        assistant = wiring.open_assistant(settings, bar)
    for notice in assistant.notices:
        note(notice)
    history = assistant.recall(after or (), scope)
    if as_json:
        *_, answer = assistant.ask(asked, scope, history)
        print_json(answer.as_json())
        return
    print_answer(assistant.ask(asked, scope, history), "; ".join(assistant.notices))
    if assistant.choice.why in ("found", "chosen", "none"):
        say(f"({assistant.writer.name}: {assistant.choice})", error=True)


@app.command()
def chat(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; another than this machine's needs a password.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; the next free one if it is taken, any for 0.")
    ] = None,
    ask_password: Annotated[
        bool, typer.Option("--password", help="Ask for the password that the page and the API shall ask for.")
    ] = False,
    password_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file whose first line is this password; also RAG_PASSWORD.")
    ] = None,
    token: Annotated[
        bool | None,
        typer.Option(
            "--token/--no-token",
            help="Let in who opens the address that is printed, or anybody; where no password is set.",
        ),
    ] = None,
    browser: Annotated[
        bool, typer.Option(help="Open the page in the browser, where this is a terminal of a desktop.")
    ] = True,
    writer: Writer = None,
) -> None:
    """Open the browser chat, and the same for programs: /v1/chat/completions, Gradio's API, MCP."""
    from rag.ui import serve

    password = _password(ask_password, password_file)
    settings = _settings(host=host, port=port, password=password, token=token, writer=writer)
    serve(settings, say=lambda line: print(line, flush=True), browser=browser and sys.stdout.isatty())


def _password(ask: bool, file: Path | None) -> str | None:
    """The password that is typed, or the first line of a file; never an argument, which everybody on the machine can read."""
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as e:
            raise InputError(f"{file} cannot be read ({e}); expected a file whose first line is the password") from e
        if not lines or not lines[0].strip():
            raise InputError(f"the first line of {file} is empty; expected the password")
        return lines[0].strip()
    return str(typer.prompt("Password", hide_input=True)) if ask else None


app.command("eval")(evaluate)
app.command()(backup)
app.command()(restore)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check what is installed, shipped, missing or stale; exit 1 where something needs a person."""
    from rag.doctor import examine

    findings = []
    for f in examine(_settings()):
        findings.append(f)
        if not as_json:
            say(f"{'ok  ' if f.ok else 'MEND'}  {f.what}: {f.found}" + (f"; {f.mend}" if f.mend else ""))
            sys.stdout.flush()
    if as_json:
        print_json([{"what": f.what, "ok": f.ok, "found": f.found, "mend": f.mend} for f in findings])
    if not all(f.ok for f in findings):
        raise typer.Exit(1)


def _settings(**flags: object) -> Settings:
    from rag.settings import load_settings

    return load_settings(**flags)


def main(arguments: list[str] | None = None) -> None:
    """The entry point, on `arguments` or the process's own.

    One line for a failure; exit code 2 for bad usage or input, 1 for a failed run, 130 for Ctrl-C. What is written is its owner's
    alone to read.
    """
    os.umask(0o077)
    try:
        code = app(arguments, prog_name="rag", standalone_mode=False)
        sys.stdout.flush()
    except Exception as e:
        if _debug:
            raise
        code = _explain(e)
        log.info("failed", extra={"error": type(e).__name__, "exit_code": code, "texts": {"message": str(e)}})
    sys.exit(code)


def _explain(error: Exception) -> int:
    """Prints what went wrong, and gives the exit code."""
    if isinstance(error, RagError):
        note(" ".join(str(error).split()))
        return error.exit_code
    if isinstance(error, TyperException):  # bad usage, in the parser's words; without any argument, the help
        message = getattr(error, "format_message", lambda: str(error))()
        note(
            f"{' '.join(message.split()).rstrip('.')}; `rag --help` shows the commands, `rag COMMAND --help` what each takes"
        )
        return InputError.exit_code
    if isinstance(error, BrokenPipeError):  # the reader of a pipe has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        note(f"{error.strerror or error}{where}; check the space and the permissions there")
        return 1
    note(
        f"{type(error).__name__}: {' '.join(str(error).split())}; this is a defect of the program: `rag --debug` shows where"
    )
    return 1


if __name__ == "__main__":
    main()
