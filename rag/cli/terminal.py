"""What the command line shows: JSON, an answer as it streams, figures, progress, notes on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.search.catch_up import Progress
    from rag.types import Answer, Hit

_SYMBOLS = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"} | {0x7F: 0x2421}
_SYMBOLS |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_SHORT = {"recall": "R", "evidence": "ev", "exact_match": "EM"}


def say(text: str, end: str = "\n", error: bool = False) -> None:
    """Prints a text on stdout or stderr; a terminal gets it at once, with symbols for what would steer it, others every byte."""
    stream = sys.stderr if error else sys.stdout
    watched = stream.isatty()
    print(visible(text) if watched else text, end=end, file=stream, flush=watched)


def visible(text: str) -> str:
    """The text, its control characters but tabs and ends of lines as symbols: an article or a model must not move the cursor,
    change the window's title or hide what it says."""
    return text.translate(_SYMBOLS)


def shown_id(id_: str) -> str:
    """An article's id as a line shows it: on a terminal so that no other looks like it, else as it is, for other programs."""
    if not sys.stdout.isatty():
        return id_
    from rag.arabic.text.folding import told_apart  # which takes numpy with it

    return told_apart(id_)


def note(line: str) -> None:
    """A line for people on stderr."""
    say(f"rag: {line}", error=True)


def print_json(value: object) -> None:
    """The value as indented JSON, Arabic as it is."""
    say(json.dumps(value, ensure_ascii=False, indent=2))


def print_hits(hits: Sequence[Hit]) -> None:
    """Each hit with its place, its ranks and its text."""
    for hit in hits:
        p, legs = hit.passage, f"lexical {hit.lexical or '-'}, dense {hit.dense or '-'}"
        say(
            f"{hit.rank}. {shown_id(p.article)}{_page(p.page)} [{p.start}:{p.end}] {hit.score:.3f} ({legs})\n{p.text}\n"
        )


def print_answer(answers: Iterable[Answer], told: str) -> None:
    """The answer as it is written where a person watches, then its checked form where that is another, and its sources.

    told: the beginning of its notice that is known already.
    """
    printed, understood, answer = "", "", None
    for answer in answers:
        if answer.standalone and not understood:
            note(f"understood as: {answer.standalone}")
        understood = answer.standalone
        if not answer.done and sys.stdout.isatty():
            if not answer.text.startswith(printed):  # another writer has begun anew
                printed = ""
                say("\n")
            say(answer.text[len(printed) :], end="")
            printed = answer.text
    assert answer is not None
    if printed.strip() != answer.text:
        say("\n" * 2 * bool(printed) + answer.text, end="")
    say("\n")
    if answer.status == "abstained":
        for hit in answer.hits[:3]:
            p = hit.passage
            say(f"  nearest: {shown_id(p.article)}{_page(p.page)} [{p.start}:{p.end}] {_shortened(p.text)}")
    for c in {(c.n, c.start, c.claim if not c.n else ""): c for c in answer.citations}.values():
        where = f"{shown_id(c.article)}{_page(c.page)} [{c.start}:{c.end}]" if c.n else "cites nothing"
        short = f" ({c.short}{'' if answer.status == 'answered' else '?'})" if c.short else ""
        say(f"  [{c.n or '-'}] {c.verdict}{short}: {where} {_shortened(c.quote or c.claim)}")
    for article, others in {c.article: c.near_duplicates for c in answer.citations if c.near_duplicates}.items():
        say(f"  {shown_id(article)} also in: {', '.join(map(shown_id, others))}")
    if notice := answer.notice.removeprefix(told).removeprefix("; "):
        note(notice)


def print_figures(figures: Mapping[str, Mapping[str, float]]) -> None:
    """The figures by kind, in tables that fit on 80 columns."""
    from rich.console import Console
    from rich.table import Table

    from rag.evaluate.report import PARTS

    for part in PARTS.values():
        names = [name for name in part if name in figures["all"]]
        if not names:
            continue
        names = ["questions", *names]
        table = Table("kind", *(_short(name) for name in names), box=None, padding=(0, 1, 0, 0))
        for kind, row in figures.items():
            table.add_row(kind, *(_figure(name, row.get(name)) for name in names))
        Console(width=max(80, Console().width)).print(table)
        print()


def _short(name: str) -> str:
    for long, short in _SHORT.items():
        name = name.replace(long, short)
    return name


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    decimals = 0 if name in ("questions", "citations") else 1 if name.endswith("_ms") else 3
    return f"{value:.{decimals}f}"


def _page(page: int) -> str:
    return f" p. {page}" if page else ""


def _shortened(text: str, longest: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


@contextmanager
def progress(in_bytes: bool = False) -> Iterator[Progress]:
    """A bar on a terminal's stderr; nothing elsewhere, nor for what is done at once. in_bytes: what the numbers count."""
    if not sys.stderr.isatty():
        yield lambda name, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    count = DownloadColumn() if in_bytes else MofNCompleteColumn()
    columns = TextColumn("{task.description}"), BarColumn(), count, TimeRemainingColumn()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Callable[[int, int], None]] = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                task = bar.add_task(name)
                tasks[name] = lambda done, total: bar.update(task, completed=done, total=total)
            tasks[name](done, total)

        yield show
