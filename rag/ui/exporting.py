"""A conversation as a file to keep: Markdown, or one HTML page that needs nothing else. Pure functions.

What people, articles and models wrote is foreign text: it is shown letter by letter, and nothing in it is read as Markdown
or HTML. The marks that set its direction are left out: they have no letter of their own, would turn what stands around
them, and without them a text's letters stand in the order in which they are stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from rag.arabic import undirected
from rag.arabic.text.folding import told_apart
from rag.conversations import Conversation, Turn
from rag.types import EVERYTHING, Answer, Citation, Scope, Verdict
from rag.ui.reading import isolated, plain
from rag.ui.texts import direction, language, say, texts

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_HTML_SIGNS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_SIGNS = re.compile(r"[\\`*_{}\[\]|~$#=@]|:(?=//)|(?<=\bwww)\.", re.IGNORECASE)
"""What Markdown or one of its dialects reads within a line: emphasis, code, links, tables, formulas, bare addresses."""
_OPENING = re.compile(r"^([0-9]+(?=[.)])|(?=[-+]))")
"""What it reads at the beginning of a line, beside those: lists and rules."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a marker stands for. about: the article's title where it has one, its id, page, source and date where known."""

    n: int
    text: str
    about: tuple[str, ...]
    verdict: Verdict


def markdown(conversation: Conversation, turns: Sequence[Turn]) -> str:
    """The conversation in Markdown, as CommonMark and GitHub read it; a block a paragraph, foreign text on one line each."""
    blocks = [f"# {_line(conversation.title)}"]
    for turn in turns:
        answer = turn.answer
        blocks.append(f"## {_line(answer.question)}")
        blocks += [_line(text) for text in _before(turn)]
        if _refused(answer):
            blocks.append(f"**{_line(say('refusal'))}**")
        blocks += _paragraphs(answer, _line, "{}".format)
        if quotes := _quotes(answer):
            blocks.append(f"### {_line(say('export.quotes'))}")
        for quote in quotes:
            about = " · ".join(map(_line, (*quote.about, _verdict(quote.verdict))))
            blocks.append(f"- {_line(f'[{quote.n}]')} {about}\n\n  > {_line(quote.text)}")
        blocks += [_line(text) for text in _behind(turn)]
    return "\n\n".join(blocks) + "\n"


def page(conversation: Conversation, turns: Sequence[Turn]) -> str:
    """The conversation as one HTML page without a script, whose policy lets the browser fetch nothing."""
    title = _html(conversation.title)
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    head += '<meta name="viewport" content="width=device-width, initial-scale=1">'
    style = (files("rag.ui") / "export.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="{language()}" dir="{direction()}"><head>{head}'
        f"<title>{plain(undirected(conversation.title))}</title><style>{style}</style></head><body>"
        f'<header><h1 dir="auto">{title}</h1></header><main>{"".join(map(_turn, turns))}</main></body></html>\n'
    )


def _turn(turn: Turn) -> str:
    answer = turn.answer
    parts = [f'<h2 dir="auto">{_html(answer.question)}</h2>', *_small(_before(turn))]
    if _refused(answer):
        parts.append(f"<p><strong>{_html(say('refusal'))}</strong></p>")
    parts += [
        f'<p dir="auto">{text}</p>'
        for text in _paragraphs(answer, _html, '<strong class="rag-unsupported">{}</strong>'.format)
    ]
    if quotes := _quotes(answer):
        parts.append(f"<h3>{_html(say('export.quotes'))}</h3><ul>{''.join(map(_item, quotes))}</ul>")
    return f"<article>{''.join(parts)}{''.join(_small(_behind(turn)))}</article>"


def _item(quote: Quote) -> str:
    about = " · ".join(f"<bdi>{_html(part)}</bdi>" for part in quote.about)
    verdict = f'<strong class="rag-{quote.verdict}">{_html(_verdict(quote.verdict))}</strong>'
    return f'<li><bdi>[{quote.n}]</bdi> {about} · {verdict}<blockquote dir="auto">{_html(quote.text)}</blockquote></li>'


def _small(lines: Sequence[str]) -> list[str]:
    return [f'<p class="rag-small" dir="auto">{_html(text)}</p>' for text in lines]


def _html(text: str) -> str:
    """Foreign text in HTML."""
    return isolated(undirected(text))


def _line(text: str) -> str:
    """Foreign text in Markdown, on one line."""
    line = _SIGNS.sub(r"\\\g<0>", " ".join(undirected(text).split()).translate(_HTML_SIGNS))
    return _OPENING.sub(r"\1\\", line)


def _refused(answer: Answer) -> bool:
    return answer.done and answer.status == "abstained"


def _verdict(verdict: Verdict) -> str:
    return say("export.supported") if verdict == "supported" else say("unsupported")


def _before(turn: Turn) -> list[str]:
    """The lines between a question and its answer: how it was understood, and of which articles it was asked."""
    lines = [f"{say('understood')} {turn.answer.standalone}"] if turn.answer.standalone else []
    return lines if turn.scope == EVERYTHING else [*lines, f"{say('export.scope')} {_within(turn.scope)}"]


def _within(scope: Scope) -> str:
    dates = [say(f"export.{end}", date=date) for end in ("since", "until") if (date := getattr(scope, end))]
    return " · ".join([*dates, *scope.sources])


def _behind(turn: Turn) -> list[str]:
    """The lines behind an answer: that it was stopped, what was amiss, when it was asked and what wrote it."""
    answer = turn.answer
    writer = texts()["writers"].get(answer.writer, answer.writer)
    when = f"{turn.asked[:16].replace('T', ' ')} UTC"
    last = f"{say('export.asked', when=when)} · {say('written_by')} {writer}"
    return [*([] if answer.done else [say("stopped")]), *([answer.notice] if answer.notice else []), last]


def _paragraphs(answer: Answer, shown: Callable[[str], str], label: Callable[[str], str]) -> Iterator[str]:
    """The lines of an answer with its markers, each claim that nothing supports labelled in words."""
    start = 0
    for text in answer.text.split("\n"):
        end = start + len(text)
        pieces, done = [], start
        for citation in answer.citations if answer.done else ():
            if start <= citation.at <= end:
                behind = citation.at + (len(f"[{citation.n}]") if citation.n else 0)
                pieces.append(_spaced(answer.text[done:behind], shown))
                if citation.verdict == "unsupported":
                    pieces.append(f" {label(shown('(' + say('unsupported') + ')'))}")
                done = behind
        pieces.append(_spaced(answer.text[done:end], shown))
        if text.strip():
            yield "".join(pieces).strip()
        start = end + 1


def _spaced(text: str, shown: Callable[[str], str]) -> str:
    """The text as it is shown, with the space before and behind it."""
    before, behind = " " * text[:1].isspace(), " " * text[-1:].isspace()
    return f"{before}{shown(text.strip())}{behind}" if text.strip() else before


def _quotes(answer: Answer) -> list[Quote]:
    """What the markers of an answer stand for, each quote of a marker once."""
    passages = {hit.passage.article: hit.passage for hit in reversed(answer.hits)}

    def about(citation: Citation) -> tuple[str, ...]:
        passage = passages.get(citation.article)
        page = say("page", page=citation.page) if citation.page else ""
        known = (
            passage.title if passage else "",
            told_apart(citation.article),
            page,
            citation.source,
            passage.date if passage else "",
        )
        return tuple(part for part in known if part and part.strip())

    cited = [c for c in answer.citations if c.n]
    return list(dict.fromkeys(Quote(c.n, c.quote, about(c), c.verdict) for c in sorted(cited, key=lambda c: c.n)))
