"""Text to HTML: escaping, the isolation of Latin and digits inside Arabic, and an article with its evidence marked.

Pure functions. All HTML of the page that holds foreign text is made by `plain` or `isolated`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from urllib.parse import urlencode

from rag.arabic import clean
from rag.arabic.text.folding import told_apart
from rag.types import Article
from rag.ui.texts import say

WHOLE = 30_000
"""The longest text, in characters, that is shown whole at once."""
AROUND, PART = 4000, 20_000
"""Characters that are shown of a longer one before and after each span, and of what is then asked for."""
_LETTER = "A-Za-z\u00c0-\u024f"
_TOKEN = rf"[{_LETTER}0-9](?:[{_LETTER}!-~]*[{_LETTER}0-9+%])?"  # any ASCII sign inside, few at the end
_RUN = re.compile(rf"{_TOKEN}(?: {_TOKEN})*")
_HAS_LETTER = re.compile(f"[{_LETTER}]")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of an article to highlight: `key` is what a button names; without `evidence` it is a mere passage."""

    key: str
    start: int
    end: int
    evidence: bool


def plain(text: str) -> str:
    """The text with HTML's signs escaped."""
    return escape(text, quote=True)


def isolated(text: str) -> str:
    """The escaped text, each run of Latin words or digits in a `<bdi>`, so that it cannot turn the Arabic around it."""
    out, done = [], 0
    for run in _RUN.finditer(text):
        out.append(plain(text[done : run.start()]))
        # Numbers that stand side by side are read from right to left, words of a Latin phrase from left to right.
        parts = [run.group()] if _HAS_LETTER.search(run.group()) else run.group().split(" ")
        out.append(" ".join(f"<bdi>{plain(part)}</bdi>" for part in parts))
        done = run.end()
    return "".join(out) + plain(text[done:])


def marked(text: str, spans: Iterable[Span]) -> str:
    """The whole text in order, cut at the ends of the spans: evidence in `<mark>`, passages in `<span>`.

    Each piece names the spans that cover it in `data-spans`; the text content is `text`, to the letter.
    """
    spans = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    cuts = sorted({0, len(text), *(s.start for s in spans), *(s.end for s in spans)})
    out = []
    for start, end in pairwise(cuts):
        over = [s for s in spans if s.start <= start and end <= s.end]
        piece = isolated(text[start:end])
        if over:
            tag = "mark" if any(s.evidence for s in over) else "span"
            keys = plain(" ".join(dict.fromkeys(s.key for s in over)))
            piece = f'<{tag} data-spans="{keys}" tabindex="-1">{piece}</{tag}>'
        out.append(piece)
    return "".join(out)


def text_html(article: Article, spans: Sequence[Span]) -> str:
    """An article's text with the spans marked; of a long one its beginning or what is around them, and what asks for the rest."""
    text, length = article.text, len(article.text)
    if length <= WHOLE:
        return marked(text, spans)
    shown: list[tuple[int, int]] = []
    for start, end in sorted((max(0, s.start - AROUND), min(length, s.end + AROUND)) for s in spans) or [(0, PART)]:
        if shown and start <= shown[-1][1]:
            start, end = shown[-1][0], max(end, shown.pop()[1])
        shown.append((start, end))
    html, done = [], 0
    for start, end in shown:
        moved = (replace(span, start=span.start - start, end=span.end - start) for span in spans)
        html += [gap(article.id, done, start), marked(text[start:end], moved)]
        done = end
    return "".join([*html, gap(article.id, done, length)])


def part_html(article: Article, start: int, end: int, from_end: bool) -> str:
    """The first or the last characters of what was left out of a text, and what asks for the rest of it."""
    start, end = max(0, start), min(end, len(article.text))
    middle = max(start, end - PART) if from_end else min(end, start + PART)
    if from_end:
        return gap(article.id, start, middle) + isolated(article.text[middle:end])
    return isolated(article.text[start:middle]) + gap(article.id, middle, end)


def gap(article_id: str, start: int, end: int) -> str:
    """Buttons that ask for what is left out of a text, from either end; nothing where nothing is."""
    if start >= end:
        return ""
    buttons = [_part_button("forwards", id=article_id, start=start, end=end)]
    if start and end - start > PART:
        buttons.append(_part_button("backwards", id=article_id, start=start, end=end, last=1))
    return f'<div class="rag-gap"><p>{isolated(say("part.left_out", count=f"{end - start:,}"))}</p>{"".join(buttons)}</div>'


def _part_button(way: str, **query: object) -> str:
    shown = attributes({"data-part": f"ui/library/parts?{urlencode(query)}"})
    return f'<button type="button" class="rag-link"{shown}>{plain(say(f"part.{way}"))}</button>'


def name(article_id: str, title: str) -> str:
    """What an article is called: its title, else its id, which is often a file's name and kept from left to right."""
    return isolated(title) if title.strip() else f'<bdi dir="ltr">{plain(told_apart(article_id))}</bdi>'


def details(article: Article) -> str:
    """The line under an article's name: id where the name is a title, source and date where they are known."""
    known = [told_apart(article.id)] if article.title.strip() else []
    known += [part for part in (article.source, article.date or "") if part and not article.id.startswith(part)]
    return " · ".join(f"<bdi>{plain(part)}</bdi>" for part in known)


def links(articles: Mapping[str, str]) -> str:
    """Buttons that open articles of the library, given by id with their titles."""
    return " · ".join(
        f'<button type="button" class="rag-link"{attributes({"data-article": id_})}>{name(id_, title)}</button>'
        for id_, title in articles.items()
    )


def article_html(
    article: Article, spans: Iterable[Span], near: Mapping[str, str] | None = None, hidden: bool = True
) -> str:
    """The article for the panel: its name, what is known about it, and its text with the spans marked.

    near: the ids and titles of its near-duplicates.
    """
    about = details(article)
    return (
        f'<article class="rag-article" data-article="{plain(article.id)}"{" hidden" if hidden else ""}>'
        f'<h3 tabindex="-1">{name(article.id, article.title)}</h3>'
        + (f'<p class="rag-about">{about}</p>' if about else "")
        + (f'<p class="rag-about">{plain(say("near_duplicates"))}: {links(near)}</p>' if near else "")
        + f'<div class="rag-text" dir="auto">{text_html(article, list(spans))}</div></article>'
    )


def missing_html(article_id: str) -> str:
    """What stands in the panel for an article that is no longer in the library."""
    body = f'<h3 tabindex="-1">{name(article_id, "")}</h3><p>{plain(say("gone"))}</p>'
    return f'<article class="rag-article" data-article="{plain(article_id)}" hidden>{body}</article>'


def attributes(values: Mapping[str, str]) -> str:
    """The attributes of a tag, escaped, with a space before each."""
    return "".join(f' {key}="{plain(value)}"' for key, value in values.items())


def error_line(line: str, detail: str = "", about: str = "") -> str:
    """One line that says what is wrong, with which file, and what the program itself, in English, says of it."""
    behind = f' <bdi dir="ltr" lang="en" class="rag-detail">{plain(clean(detail))}</bdi>' if detail else ""
    before = f'<bdi class="rag-name">{plain(about)}</bdi>: ' if about else ""
    sign = '<span aria-hidden="true">⚠</span>'
    return f'<p class="rag-error" role="alert">{sign} {before}{isolated(clean(line))}{behind}</p>'
