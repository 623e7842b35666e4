"""The command `rag eval`."""

from __future__ import annotations

import json
import shlex
import sys
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.options import Json, Writer
from rag.cli.terminal import note, print_figures, print_json, progress
from rag.errors import InputError
from rag.scratch import scratch

if TYPE_CHECKING:
    from rag.settings import Settings


def evaluate(
    testset: Annotated[Path, typer.Argument(help="JSON lines, or a SQuAD JSON file.")],
    as_json: Json = False,
    out: Annotated[Path | None, typer.Option(help="Write one row a question here.")] = None,
    only_search: Annotated[bool, typer.Option("--only-search", help="Measure the search alone.")] = False,
    index_contexts: Annotated[
        bool, typer.Option("--index-contexts", help="Index the set's contexts in a throw-away library.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write the figures, plots and failures here, as one HTML page.")
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What --json printed earlier: exit 1 where a figure of all questions is worse by more than the tolerance. "
            "Latency is not compared, nor with --only-search anything but the search.",
        ),
    ] = None,
    tolerance: Annotated[float, typer.Option(min=0, max=1, help="How much worse a share may be.")] = 0.01,
    collect: Annotated[
        bool,
        typer.Option("--collect", help="Add the answers that were rated in the chat to TESTSET, and measure nothing."),
    ] = False,
    writer: Writer = None,
) -> None:
    """Measure search, evidence, answers, citations, refusals and time with a set of questions."""

    from rag import wiring
    from rag.evaluate import baseline as baselines
    from rag.evaluate import testset as testsets
    from rag.evaluate.report import SEARCH, summary
    from rag.evaluate.run import run
    from rag.models.selection import with_places
    from rag.settings import load_settings

    settings = load_settings(writer=writer)
    if collect:
        print(_collected(testset, settings))
        return
    questions, contexts = testsets.load(testset)
    if waiting := testsets.waiting(testset):
        note(f"rows of {testset} left out that wait for their answers: {waiting}; put these in the place of null")
    before = baselines.load(baseline, questions) if baseline else None
    if report and (report.is_dir() or not report.absolute().parent.is_dir()):
        raise InputError(f"no file can be written at {report}; expected a name in a folder that is there")
    began = datetime.now().astimezone()
    with ExitStack() as stack:
        bar, rows = (
            stack.enter_context(progress()),
            stack.enter_context(out.open("w", encoding="utf-8")) if out else None,
        )
        if index_contexts:
            if not contexts:
                raise InputError(f"{testset} brings no contexts; leave --index-contexts out to ask the library")
            settings = with_places(settings).model_copy(update={"home": stack.enter_context(scratch())})
            with wiring.open_library(settings) as library:
                library.add(contexts)
        assistant = wiring.open_assistant(settings, bar)
        if index_contexts:
            stack.callback(assistant.retriever.engine.discard)
        for notice in assistant.notices:
            note(notice)
        results = []
        for result in run(questions, assistant, only_search):
            results.append(result)
            if rows:
                rows.write(json.dumps(result.as_json(), ensure_ascii=False) + "\n")
            bar("questions", len(results), len(questions))
        counts = assistant.library.count()
    figures = summary(results)
    if report:
        from rag.evaluate.page import About, page

        wrote = "none: the search alone" if only_search else f"{assistant.writer.name} ({assistant.choice})"
        about = About(testset.name, wrote, counts, shlex.join(["rag", *sys.argv[1:]]), began)
        report.write_text(page(results, figures, about), encoding="utf-8", errors="replace")
    if as_json:
        print_json(figures)
    else:
        print_figures(figures)
    if before:
        moves = baselines.compare(before, figures, tolerance, SEARCH if only_search else baselines.COMPARED)
        for move in moves:
            note(str(move))
        if not moves:
            note(f"no figure moved by more than {tolerance:g} from {baseline}")
        if any(move.gain < 0 for move in moves):
            raise typer.Exit(1)


def _collected(testset: Path, settings: Settings) -> str:
    """Adds the rated answers of the chat to a test set, and says what that did."""
    from rag import wiring
    from rag.evaluate.collected import collect

    with wiring.open_conversations(settings) as conversations:
        done = collect(conversations.rated(), testset)
    said = f"{done.new} rated answers added to {testset}, {done.known} were there already"
    if done.unanswered:
        said += f"; {done.unanswered} of the new ones wait for their answers: put them in the place of null"
    if done.scoped:
        said += f"; {done.scoped} were left out, for they were sought in a part of the archive"
    return said
