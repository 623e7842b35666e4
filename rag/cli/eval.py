"""The command `rag eval`."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
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
    from rag.answer.assistant import Assistant
    from rag.evaluate.report import Figures
    from rag.evaluate.testset import Example
    from rag.search.catch_up import Progress
    from rag.settings import Settings
    from rag.types import Article


Out = Annotated[Path | None, typer.Option(help="Write one row a question here.")]
OnlySearch = Annotated[bool, typer.Option("--only-search", help="Measure the search alone.")]
IndexContexts = Annotated[
    bool, typer.Option("--index-contexts", help="Index the set's contexts in a throw-away library.")
]
Report = Annotated[Path | None, typer.Option(help="Write the figures, plots and failures here, as one HTML page.")]
Baseline = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What --json printed earlier: exit 1 where a figure of all questions is worse by more than the tolerance. "
        "Latency is not compared. With --only-search a baseline of such a run is needed.",
    ),
]
Tolerance = Annotated[float, typer.Option(min=0, max=1, help="How much worse a share may be.")]
Collect = Annotated[
    bool,
    typer.Option("--collect", help="Add the answers that were rated in the chat to TESTSET, and measure nothing."),
]


def evaluate(
    testset: Annotated[Path, typer.Argument(help="JSON lines, or a SQuAD JSON file.")],
    as_json: Json = False,
    out: Out = None,
    only_search: OnlySearch = False,
    index_contexts: IndexContexts = False,
    report: Report = None,
    baseline: Baseline = None,
    tolerance: Tolerance = 0.01,
    collect: Collect = False,
    writer: Writer = None,
) -> None:
    """Measure search, evidence, answers, citations, refusals and time with a set of questions."""
    from rag.evaluate import testset as testsets
    from rag.evaluate.page import About, page
    from rag.evaluate.report import summary
    from rag.evaluate.run import Result, run
    from rag.settings import load_settings

    settings = load_settings(writer=writer)
    if report and (report.is_dir() or not report.absolute().parent.is_dir()):
        raise InputError(f"no file can be written at {report}; expected a name in a folder that is there")
    if collect:
        print(_collected(testset, settings))
        return
    examples, contexts = testsets.load(testset)
    if waiting := testsets.waiting(testset):
        note(f"rows of {testset} left out that wait for their answers: {waiting}; put these in the place of null")
    before = _before(baseline, examples, only_search) if baseline else None
    if index_contexts and not contexts:
        raise InputError(f"{testset} brings no contexts; leave --index-contexts out to ask the library")
    began, results = datetime.now().astimezone(), list[Result]()
    with ExitStack() as stack, progress() as bar:
        rows = stack.enter_context(out.open("w", encoding="utf-8")) if out else None
        assistant = _opened(stack, settings, contexts if index_contexts else (), bar)
        for result in run(examples, assistant, only_search):
            results.append(result)
            if rows:
                rows.write(json.dumps(result.as_json(), ensure_ascii=False) + "\n")
            bar("questions", len(results), len(examples))
        counts = assistant.library.count()
    figures = summary(results)
    if report:
        wrote = "none: the search alone" if only_search else f"{assistant.writer.name} ({assistant.choice})"
        about = About(testset.name, wrote, counts, shlex.join(["rag", *sys.argv[1:]]), began)
        report.write_text(page(results, figures, about), encoding="utf-8", errors="replace")
    (print_json if as_json else print_figures)(figures)
    if before and _falls(before, figures, tolerance, f"{baseline}"):
        raise typer.Exit(1)


def _opened(stack: ExitStack, settings: Settings, contexts: Sequence[Article], bar: Progress) -> Assistant:
    """What answers, over the home's library, or over some contexts in one that the stack throws away."""
    from rag import wiring
    from rag.models.selection import with_places

    if contexts:
        settings = with_places(settings).model_copy(update={"home": stack.enter_context(scratch())})
        with wiring.open_library(settings) as library:
            library.add(contexts)
    assistant = wiring.open_assistant(settings, bar)
    if contexts:
        stack.callback(assistant.retriever.engine.discard)
    for notice in assistant.notices:
        note(notice)
    return assistant


def _before(baseline: Path, examples: Sequence[Example], only_search: bool) -> Figures:
    """The figures of an earlier run; InputError where they are none, or none that such a run can be compared with."""
    from rag.evaluate.baseline import COMPARED, load
    from rag.evaluate.report import SEARCH

    before = load(baseline, examples)
    if only_search and not set(COMPARED) & set(before["all"]) <= set(SEARCH):
        raise InputError(
            f"{baseline} is of whole answers, where the passages come first that answer; expected what --only-search printed"
        )
    return before


def _falls(before: Figures, figures: Figures, tolerance: float, baseline: str) -> bool:
    """Says which figures moved since a baseline; whether one of all questions is worse."""
    from rag.evaluate.baseline import compare

    moves = compare(before, figures, tolerance)
    for move in moves:
        note(str(move))
    if not moves:
        note(f"no figure moved by more than {tolerance:g} from {baseline}")
    return any(move.gain < 0 for move in moves)


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
