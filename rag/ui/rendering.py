"""An `Answer` to the HTML of one turn of the chat. Pure functions, no Gradio.

A new turn carries what its panel needs in a `<template>`: the articles, their evidence marked, so that opening one asks nobody;
one of a conversation that is opened again says where it is asked for. Buttons name an article (`data-open`) and a span of it
(`data-span`: `c3` the fourth citation, `h2` hit 2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rag.answer.writers import Choice
from rag.arabic import undirected
from rag.arabic.rules.words import is_greeting
from rag.arabic.text.folding import words
from rag.conversations import Turn
from rag.errors import RagError
from rag.types import EVERYTHING, Answer, Article, Citation, Hit, Scope
from rag.ui.reading import Span, article_html, attributes, error_line, isolated, links, missing_html, name, plain
from rag.ui.texts import say, texts

SHOWN_QUESTION = 600
"""Characters of a question that the chat repeats."""
_NEAREST = 3  # passages shown under a refusal before the fold
_EXCERPT = 260  # characters
ALSO = 3
"""Near-duplicates of a cited article that are named under an answer."""
_MARKER = re.compile(r"\[([0-9]+)\]")
_MILLISECOND_LIMIT = 1000


def turn(turn: Turn, articles: Mapping[str, Article], writing: bool = False, panel_at: str = "") -> str:
    """The whole turn: question, answer, sources, passages, who wrote it, and what can be done with it.

    articles: those that the citations and hits name; one that is not there was removed meanwhile. writing: whether more of
    the answer comes; without it, an answer that is not done was broken off. panel_at: the address of what the panel shows, where
    the turn is not to carry it.
    """
    answer = turn.answer
    parts = [question_html(answer.question), understood(answer), narrowed(turn.scope)]
    if answer.done and answer.status == "abstained" and not is_greeting(words(answer.question)):
        refusal = f"<strong>{plain(say('refusal'))}</strong>{paragraphs(answer)}"
        parts.append(f'<div class="rag-answer rag-refusal">{refusal}</div>')
        parts.append(nearest(answer.hits))
    else:
        parts.append(f'<div class="rag-answer">{paragraphs(answer)}</div>')
    if not answer.done:
        parts.append(line("writing", "rag-wait") if writing else line("stopped", "rag-notice"))
    elif answer.status != "abstained":
        parts.append(sources(answer.citations, articles))
        parts.append(fold("others", [hit for hit in answer.hits if not _cited(hit, answer.citations)]))
    if answer.notice:
        parts.append(program_says(answer.notice))
    if not writing:
        parts += [written_by(answer), actions(turn)] if answer.done else [actions(turn)]
        carried = attributes({"data-from": panel_at}) if panel_at else ""
        parts.append(f"<template{carried}>{'' if panel_at else panel(answer, articles)}</template>")
    return "".join(parts)


def waiting(question: str, place: int = 0) -> str:
    """The turn before anything is known; `place`: in the line of those who wait, 0 for one whose turn it is."""
    status = (
        line("searching", "rag-wait")
        if not place
        else f'<p class="rag-wait rag-place">{isolated(say("place", place=place))}</p>'
    )
    return question_html(question) + status


def failed(question: str, error: Exception, scope: Scope = EVERYTHING) -> str:
    """The turn of a question that could not be answered."""
    return question_html(question) + narrowed(scope) + problem(error, question, scope)


def problem(error: Exception, question: str = "", scope: Scope = EVERYTHING) -> str:
    """One line for an error: what it means in the page's words, and what the program says behind it."""
    return error_line(explanation(error, question, scope), str(error) if isinstance(error, RagError) else "")


def explanation(error: Exception, question: str, scope: Scope) -> str:
    """What an error means to the person who asked."""
    kind = type(error).__name__
    if kind == "InputError" and question and not any(char.isalnum() for char in question):
        return say("errors.empty")
    if kind == "InputError" and len(question) > SHOWN_QUESTION:
        return say("errors.long", length=f"{len(question):,}")
    if kind == "InputError" and scope != EVERYTHING:
        return say("errors.scope")
    if isinstance(error, RagError):
        return say(f"errors.{kind if kind in texts()['errors'] else 'RagError'}")
    return say("errors.unexpected")


def question_html(question: str) -> str:
    """The question as it was asked, its end left out where it is very long; nothing for an empty one."""
    if not question.strip():
        return ""
    shown = question if len(question) <= SHOWN_QUESTION else question[:SHOWN_QUESTION] + "…"
    whole = attributes({"data-question": question.strip()})
    return f'<h2 class="rag-question" dir="auto"{whole}><span class="rag-hidden">{plain(say("you"))}</span>{isolated(shown)}</h2>'


def understood(answer: Answer) -> str:
    """The question as the conversation completes it, where that is another than was typed."""
    if not answer.standalone:
        return ""
    return f'<p class="rag-small rag-understood">{plain(say("understood"))} {isolated(answer.standalone)}</p>'


def paragraphs(answer: Answer) -> str:
    """The text of the answer, a paragraph a line, each marker a button and each claim without evidence labelled.

    Marks of direction in a quote are left out, which would turn the markers behind it.
    """
    html, start = [], 0
    for text in answer.text.split("\n"):
        if text.strip():
            pieces = _checked(answer, start, start + len(text)) if answer.done else _unchecked(text)
            html.append(f'<p dir="auto">{undirected("".join(pieces))}</p>')
        start += len(text) + 1
    return "".join(html)


def _checked(answer: Answer, start: int, end: int) -> Iterator[str]:
    """The pieces of a part of the text, its citations' markers as buttons."""
    titles = {hit.passage.article: hit.passage.title for hit in answer.hits}
    for i, citation in enumerate(answer.citations):
        if start <= citation.at <= end:
            yield emphasised(answer.text[start : citation.at], citation.short, answer.status == "answered")
            yield chip(i, citation, titles.get(citation.article, "")) if citation.n else unsupported()
            start = citation.at + (len(f"[{citation.n}]") if citation.n else 0)
    yield isolated(answer.text[start:end])


def emphasised(text: str, short: str, sure: bool) -> str:
    """The text with the short answer in it set off, where it has one; less so where that is not sure."""
    before, found, after = text.partition(short) if short else (text, "", "")
    tag, kind = ("strong", "rag-short") if sure else ("span", "rag-possible")
    return isolated(before) + (f'<{tag} class="{kind}">{isolated(found)}</{tag}>' if found else "") + isolated(after)


def _unchecked(text: str) -> Iterator[str]:
    """The pieces of a line that is being written, its markers as numbers."""
    for i, piece in enumerate(_MARKER.split(text)):
        yield f'<span class="rag-chip rag-unchecked">{piece}</span>' if i % 2 else isolated(piece)


def chip(index: int, citation: Citation, title: str = "") -> str:
    """The button behind a claim; one whose evidence does not support it says so in words."""
    good = citation.verdict == "supported"
    label = f"{say('evidence')} {citation.n}: {title or citation.article}"
    label += f" ({say('page', page=citation.page)})" if citation.page else ""
    label += "" if good else f" ({say('unsupported')})"
    shown = {
        "data-open": citation.article,
        "data-span": f"c{index}",
        "aria-label": label,
        "data-quote": citation.quote,
        "data-verdict": "" if good else say("checked"),
    }
    button = f'<button type="button" class="rag-chip"{attributes(shown)}>{citation.n}</button>'
    return f'<span class="rag-cite">{button}{"" if good else unsupported()}</span>'


def unsupported() -> str:
    """The label of a claim that nothing supports: a sign and words, not only a colour."""
    title = attributes({"title": say("unsupported_help")})
    return f'<span class="rag-unsupported"{title}><span aria-hidden="true">⚠</span> {plain(say("unsupported"))}</span>'


def sources(citations: Sequence[Citation], articles: Mapping[str, Article]) -> str:
    """The cited articles and nothing else, each with the numbers that cite it, the pages, and what says nearly the same."""
    rows = []
    for article_id in dict.fromkeys(c.article for c in citations if c.n):
        numbers = sorted({c.n for c in citations if c.n and c.article == article_id})
        first = next(i for i, c in enumerate(citations) if c.n and c.article == article_id)
        pages = sorted({c.page for c in citations if c.n and c.article == article_id and c.page})
        behind = "".join(map(on_page, pages)) + also_in(near(citations[first], articles))
        title = articles[article_id].title if article_id in articles else ""
        chips = " ".join(f'<span class="rag-number">{n}</span>' for n in numbers)
        at = attributes({"data-open": article_id, "data-span": f"c{first}"})
        rows.append(
            f'<li>{chips} <button type="button" class="rag-link"{at}>{name(article_id, title)}</button>{behind}</li>'
        )
    return f'<div class="rag-sources"><h3>{plain(say("sources"))}</h3><ul>{"".join(rows)}</ul></div>' if rows else ""


def on_page(page: int) -> str:
    """On which page something stands; nothing for 0."""
    return f' <span class="rag-about">{isolated(say("page", page=page))}</span>' if page else ""


def near(citation: Citation, articles: Mapping[str, Article]) -> dict[str, str]:
    """The ids and titles of the first near-duplicates of a cited article, of those that are there."""
    return {i: articles[i].title for i in citation.near_duplicates[:ALSO] if i in articles}


def also_in(others: Mapping[str, str]) -> str:
    """The articles that say nearly the same as a cited one, as links."""
    return f' <span class="rag-about">{plain(say("also_in"))} {links(others)}</span>' if others else ""


def nearest(hits: Sequence[Hit]) -> str:
    """The passages under a refusal, the first in the open."""
    if not hits:
        return ""
    rows = f"<h3>{plain(say('nearest'))}</h3><ul>{''.join(map(passage_row, hits[:_NEAREST]))}</ul>"
    return f'<div class="rag-nearest">{rows}{fold("more_nearest", hits[_NEAREST:])}</div>'


def fold(title: str, hits: Sequence[Hit]) -> str:
    """Passages behind a fold; nothing where there are none."""
    if not hits:
        return ""
    summary = f"<summary>{plain(say(title))} (<bdi>{len(hits)}</bdi>)</summary>"
    return f'<details class="rag-fold">{summary}<ul>{"".join(map(passage_row, hits))}</ul></details>'


def passage_row(hit: Hit) -> str:
    """The beginning of a passage, and the button that opens its article there."""
    p = hit.passage
    text = p.text if len(p.text) <= _EXCERPT else p.text[:_EXCERPT].rsplit(" ", 1)[0] + "…"
    at = attributes({"data-open": p.article, "data-span": f"h{hit.rank}"})
    button = f'<button type="button" class="rag-link"{at}>{name(p.article, p.title)}</button>{on_page(p.page)}'
    return f'<li>{button}<span class="rag-excerpt" dir="auto">{isolated(text)}</span></li>'


def written_by(answer: Answer) -> str:
    """The small line: which writer, and how long search and writing took."""
    parts = [f"{plain(say('written_by'))} {isolated(texts()['writers'].get(answer.writer, answer.writer))}"]
    for key, label in (("search_ms", "search_time"), ("write_ms", "write_time"), ("total_ms", "total_time")):
        if key in answer.timings:
            parts.append(f"{plain(say(label))} {duration(answer.timings[key])}")
    return f'<p class="rag-small">{" · ".join(parts)}</p>'


def writer_and_why(writer: str, choice: Choice) -> str:
    """Which writer answers, and why it was taken."""
    named = texts()["writers"].get(writer, writer)
    return f"{isolated(named)} ({isolated(say(f'reasons.{choice.why}', detail=choice.detail).strip())})"


def duration(ms: float) -> str:
    """Milliseconds below a second, else seconds with one decimal."""
    number, unit = (f"{ms:.0f}", "milliseconds") if ms < _MILLISECOND_LIMIT else (f"{ms / 1000:.1f}", "seconds")
    return f"<bdi>{number}</bdi> {plain(say(unit))}"


def panel(answer: Answer, articles: Mapping[str, Article]) -> str:
    """What the panel shows of this turn: buttons for the cited articles, or the nearest, and the articles."""
    cited = list(dict.fromkeys(c.article for c in answer.citations if c.n))
    found = list(dict.fromkeys([*cited, *(hit.passage.article for hit in answer.hits)]))
    spans: dict[str, list[Span]] = {article_id: [] for article_id in found}
    for i, c in enumerate(answer.citations):
        if c.n and _stands(c.quote, c.article, c.start, articles):
            spans[c.article].append(Span(f"c{i}", c.start, c.end, evidence=True))
    for hit in answer.hits:
        p = hit.passage
        if _stands(p.text, p.article, p.start, articles):
            spans[p.article].append(Span(f"h{hit.rank}", p.start, p.end, evidence=False))
    names = {i: name(i, articles[i].title if i in articles else "") for i in cited or found}
    tabs = [f'<button type="button"{attributes({"data-open": i})}>{shown}</button>' for i, shown in names.items()]
    label = attributes({"aria-label": say("cited_articles" if cited else "nearest_articles")})
    others = {c.article: near(c, articles) for c in answer.citations if c.n}
    bodies = "".join(
        article_html(articles[i], spans[i], others.get(i, {})) if i in articles else missing_html(i) for i in found
    )
    return f"<nav{label}>{''.join(tabs)}</nav>{bodies}"


def program_says(notice: str) -> str:
    """What the program says, which is in English, behind a word for it."""
    summary = f"<summary>{plain(say('program_says'))}</summary>"
    return f'<details class="rag-notice">{summary}<bdi dir="ltr" lang="en">{plain(notice)}</bdi></details>'


def narrowed(scope: Scope) -> str:
    """What a question was narrowed to; nothing for the whole archive."""
    if scope == EVERYTHING:
        return ""
    dates = " – ".join(f"<bdi>{plain(date or '…')}</bdi>" for date in (scope.since, scope.until))
    parts = ([dates] if scope.since or scope.until else []) + [
        f"<bdi>{plain(source)}</bdi>" for source in scope.sources
    ]
    return f'<p class="rag-small">{plain(say("narrowed"))} {" · ".join(parts)}</p>'


def actions(turn: Turn) -> str:
    """What can be done with an answer: copied, asked anew, its question changed, judged with a note."""
    copied = {"data-copied": say("actions.copied"), "data-uncopied": say("actions.not_copied")}
    buttons = [_action("copy", copied), _action("again", {}), _action("edit", {})]
    buttons += [
        _action(name, {"data-rating": str(value), "aria-pressed": "true" if turn.rating == value else "false"})
        for name, value in (("good", 1), ("bad", -1))
    ]
    box = {"aria-label": say("actions.note"), "placeholder": say("actions.note"), "value": turn.note, "dir": "auto"}
    note = (
        f'<form class="rag-note"{"" if turn.rating else " hidden"}><input name="note"{attributes(box)}>'
        f'<button type="submit">{plain(say("actions.keep"))}</button><span role="status"></span></form>'
    )
    return f'<div class="rag-actions">{"".join(buttons)}{note}</div><div class="rag-following"></div>'


_SIGNS = {"copy": "⧉", "again": "↻", "edit": "✎", "good": "👍", "bad": "👎"}


def _action(name: str, values: dict[str, str]) -> str:
    label = say(f"actions.{name}")
    shown = attributes({"data-action": name, "aria-label": label, "title": label, **values})
    return f'<button type="button"{shown}><span aria-hidden="true">{_SIGNS[name]}</span></button>'


def line(text: str, css: str) -> str:
    """One of the page's own texts as a line."""
    return f'<p class="{css}">{plain(say(text))}</p>'


def _stands(text: str, article: str, start: int, articles: Mapping[str, Article]) -> bool:
    """Whether an article of a conversation kept from before still has that text there."""
    return article in articles and articles[article].text.startswith(text, start)


def _cited(hit: Hit, citations: Sequence[Citation]) -> bool:
    p = hit.passage
    return any(c.n and c.article == p.article and p.start <= c.start and c.end <= p.end for c in citations)
