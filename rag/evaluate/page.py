"""A run as one HTML page that needs nothing else: the figures, plots by kind, and the failures to read. Pure functions.

Questions, articles and their names are foreign text: each goes through `isolated` or `block`, which escape it and keep its
direction to itself. The page holds no script, and its policy lets the browser fetch nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from importlib.resources import files

from rag.evaluate import charts
from rag.evaluate.calibration import bins
from rag.evaluate.report import ERRORS, FAILURES, MEANINGS, PARTS, Figures, failures, milliseconds
from rag.evaluate.run import Result
from rag.types import Citation

_NEAREST = 3
"""Passages shown of a question that went wrong, beside the first that holds an accepted answer."""
_EXCERPT = 700  # characters of a passage
_OPEN = 30  # failures of a group up to which it is shown unfolded
_TILES = ("evidence@3", "refused", "answered", "supported", "verbatim", "p50_ms")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class About:
    """What was run: the test set's name, what wrote the answers, the articles and passages asked, the command, and when."""

    testset: str
    writer: str
    library: tuple[int, int]
    command: str
    began: datetime


def page(results: Sequence[Result], figures: Figures, about: About) -> str:
    """The whole page."""
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    head += '<meta name="viewport" content="width=device-width, initial-scale=1">'
    style = (files("rag.evaluate") / "page.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="en" dir="ltr"><head>{head}<title>Evaluation: {escape(about.testset)}</title>'
        f"<style>{style}</style></head><body><header>{_header(results, about)}{_tiles(figures)}</header>"
        f'<main><h2>Figures</h2><div class="tables">{"".join(_tables(figures))}</div>'
        f'<h2>Plots</h2><div class="plots">{"".join(_plots(results, figures))}</div>'
        f"<h2>What went wrong</h2>{_failures(results)}"
        f'<h2>What the figures mean</h2><dl class="meanings">{_meanings(figures)}</dl></main></body></html>\n'
    )


def isolated(text: str) -> str:
    """Foreign text within a line, escaped, its direction its own."""
    return f"<bdi>{escape(text)}</bdi>"


def block(text: str, tag: str = "p") -> str:
    """Foreign text as a paragraph, escaped, set from the side on which its script begins."""
    return f'<{tag} class="text" dir="auto">{escape(text)}</{tag}>'


def _header(results: Sequence[Result], about: About) -> str:
    wrote = Counter(r.answer.writer for r in results if r.answer is not None)
    counted = ", ".join(f"{name} {count}" for name, count in wrote.most_common())
    articles, passages = about.library
    rows = {
        "Date": f"{about.began:%Y-%m-%d %H:%M %Z}",
        "Test set": isolated(about.testset),
        "Questions": f"{len(results):,}",
        "Writer": isolated(about.writer + (f" (questions: {counted})" if len(wrote) > 1 else "")),
        "Library": f"{articles:,} articles in {passages:,} passages",
        "Command": f'<code dir="ltr">{escape(about.command)}</code>',
    }
    list_ = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows.items())
    return f'<h1>Evaluation: {isolated(about.testset)}</h1><dl class="about">{list_}</dl>'


def _tiles(figures: Figures) -> str:
    shown = [(name, figures["all"][name]) for name in _TILES if name in figures["all"]]
    tiles = [f"<li><strong>{_figure(name, value)}</strong><span>{name}</span></li>" for name, value in shown]
    return f'<ul class="tiles">{"".join(tiles)}</ul>'


def _tables(figures: Figures) -> Iterable[str]:
    for caption, part in PARTS.items():
        names = [name for name in part if name in figures["all"]]
        if not names:
            continue
        heads = "".join(
            f'<th scope="col" title="{escape(MEANINGS.get(n, ""))}">{n}</th>' for n in ("questions", *names)
        )
        rows = []
        for group, row in figures.items():
            css = "all" if group == "all" else "variety" if group.startswith("variety=") else ""
            cells = "".join(f"<td>{_figure(name, row.get(name))}</td>" for name in ("questions", *names))
            rows.append(f'<tr class="{css}"><th scope="row">{isolated(group)}</th>{cells}</tr>')
        yield (
            f'<div class="scroll"><table><caption>{caption}</caption><thead><tr><th scope="col">kind</th>{heads}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>"
        )


def _plots(results: Sequence[Result], figures: Figures) -> Iterable[str]:
    if "evidence@3" in figures["all"]:
        yield from _bars(figures, "An accepted answer among the first three quotes (evidence@3)", ("evidence@3",))
    else:
        yield from _bars(figures, "An accepted answer among the first ten passages (recall@10)", ("recall@10",))
    marks = {"p50": figures["all"]["p50_ms"], "p95": figures["all"]["p95_ms"]}
    title = "Time of a question, all in"
    yield _plot(title, charts.histogram(title, [milliseconds(r) for r in results], marks))
    yield from _bars(figures, "Refused though answerable, answered though unanswerable", ERRORS)
    if found := bins(results):
        title = "Calibration: the confidence of answers, and the share whose first three quotes hold an accepted answer"
        rows = {f"from {b.low:.1f} ({b.answers:,})": (b.confidence, b.right) for b in found}
        yield _plot(title, charts.bars(title, rows, ("confidence", "right")))


def _bars(figures: Figures, title: str, names: Sequence[str]) -> Iterable[str]:
    """A plot of the figures of each group that has one of them; none where no group has."""
    rows = {group: [row.get(name) for name in names] for group, row in figures.items() if set(names) & set(row)}
    if rows:
        yield _plot(title, charts.bars(title, rows, names))


def _plot(title: str, svg: str) -> str:
    return f"<figure><figcaption>{escape(title)}</figcaption>{svg}</figure>"


def _failures(results: Sequence[Result]) -> str:
    """Each group of failures, the questions in it with all that was found for them."""
    parts = []
    for name, wrong in failures(results).items():
        cards = "".join(map(_card, wrong))
        opened = " open" if len(wrong) <= _OPEN else ""
        parts.append(
            f'<details class="group"{opened}><summary>{name} ({len(wrong)})</summary>'
            f'<p class="soft">{FAILURES[name]}</p>{cards}</details>'
        )
    return "".join(parts) or '<p class="soft">Nothing.</p>'


def _card(result: Result) -> str:
    """One question: what was expected, what was answered on what evidence, and the nearest passages."""
    question, answer = result.example, result.answer
    parts = [f'<h4 class="text" dir="auto">{escape(question.question)}</h4>']
    parts.append(f'<p class="where">{isolated(question.id)} · {isolated(question.kind)} · {question.variety}</p>')
    if question.answers:
        named = ", ".join(map(isolated, question.articles))
        parts.append(
            f"<h5>Accepted answers, in {named}</h5><ul>{''.join(block(a, 'li') for a in question.answers)}</ul>"
        )
    else:
        parts.append("<h5>Expected</h5><p>A refusal: the archive does not hold it.</p>")
    if answer is not None:
        parts.append(f"<h5>{'Refused' if answer.status == 'abstained' else 'Answered'}</h5>{block(answer.text)}")
        if answer.citations:
            parts.append(f"<h5>Citations</h5><ul>{''.join(map(_citation, answer.citations))}</ul>")
    first = next((i for i, holds in enumerate(result.relevant) if holds), None)
    held = f"; {_holding(first)} an accepted answer" if question.answers else ""
    shown = [i for i in range(len(result.hits)) if i < _NEAREST or i == first]
    passages = "".join(_passage(result, i) for i in shown)
    parts.append(f"<details><summary>Nearest passages{held}</summary><ul>{passages}</ul></details>")
    return f'<article class="card">{"".join(parts)}</article>'


def _holding(first: int | None) -> str:
    return "none holds" if first is None else f"number {first + 1} is the first to hold"


def _citation(citation: Citation) -> str:
    good = citation.verdict == "supported"
    tag = f'<span class="tag{"" if good else " wrong"}">{citation.verdict}</span>'
    if not citation.n:
        return f'<li class="wrong"><p class="where">{tag} cites nothing</p>{block(citation.claim)}</li>'
    where = f"[{citation.n}] {isolated(citation.article)} {citation.start}–{citation.end}"
    claim = "" if good else f"{block(citation.claim)}<p class='where'>against</p>"
    css = "right" if good else "wrong"
    return f'<li class="{css}"><p class="where">{tag} {where}</p>{claim}{block(citation.quote)}</li>'


def _passage(result: Result, i: int) -> str:
    passage = result.hits[i].passage
    text = passage.text if len(passage.text) <= _EXCERPT else passage.text[:_EXCERPT] + "…"
    holds = i < len(result.relevant) and result.relevant[i]
    tag = ' <span class="tag">holds an accepted answer</span>' if holds else ""
    title = f" {isolated(passage.title)}" if passage.title else ""
    where = f"{i + 1}. {isolated(passage.article)} {passage.start}–{passage.end}{title}{tag}"
    return f'<li class="{"right" if holds else ""}"><p class="where">{where}</p>{block(text)}</li>'


def _meanings(figures: Figures) -> str:
    return "".join(
        f"<dt>{name}</dt><dd>{escape(said)}</dd>" for name, said in MEANINGS.items() if name in figures["all"]
    )


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    if name.endswith("_ms"):
        return charts.duration(value)
    return f"{value:,.0f}" if name in ("questions", "citations") else f"{value:.3f}"
