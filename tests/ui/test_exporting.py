"""The two files of a conversation, read back: Markdown with a renderer of CommonMark, HTML with Python's own parser."""

from __future__ import annotations

import re
from contextvars import copy_context
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag.conversations import Conversation, Turn
from rag.types import EVERYTHING, Answer, Citation, Hit, Passage, Scope
from rag.ui.exporting import markdown, page
from rag.ui.texts import say, speak

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<!-- hidden --> <b>bold",
    "[x](javascript:alert(1)) ![y](http://evil.example/y.png)",
    "[ref]: http://evil.example 'title'",
    "`code` ``more`` ~~~ ```",
    "**bold** __strong__ *a* _b_ ~~gone~~ ==marked==",
    "# heading",
    "####### none",
    "1. list",
    "23) list",
    "- list",
    "+ list",
    "* list",
    "> quote",
    "---",
    "===",
    "***",
    "| a | b |",
    "|---|---|",
    ":--|--:",
    "    indented",
    "\tindented",
    "&lt;b&gt; &amp; &#60; &copy;",
    "\\*escaped\\* \\",
    "https://evil.example/?a=b&c=d www.evil.example WWW.evil.example <http://evil.example> a@evil.example",
    "$x^2$ {: onclick=alert(1)} [^1] $${7*7}",
    "two lines\n\n# heading\n- list",
    "two lines\r# heading\u2028- list\x85> quote",
]
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
TEXT = "قال الوزير إن السعر ثابت في 2008."
PASSAGE = Passage(1, "a.txt", 0, len(TEXT), TEXT, "عنوان المقال", "2008-10-01", "أرشيف")
GOOD = Citation(1, "السعر ثابت", "a.txt", "أرشيف", 0, len(TEXT), TEXT, "supported", 11)
BAD = Citation(2, "وسيزيد", "b.txt", "", 0, 4, "غيره", "unsupported", 23)
NONE = Citation(0, "وانتهى", "", "", 0, 0, "", "unsupported", 35)
WRITTEN = "السعر ثابت [1]. وسيزيد [2].\nوانتهى."
ANSWER = Answer(
    "كم السعر؟", "answered", WRITTEN, "quote", (GOOD, BAD, NONE), (Hit(PASSAGE, 1, 1.0, 1, None),), "", {}, True
)
CONVERSATION = Conversation("c", "السعر", "2026-02-03")
TURN = Turn("t", "c", ANSWER, EVERYTHING, "2026-02-03T04:05:06.789+00:00")
RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = "html head meta title style body header h1 main article h2 h3 p strong ul li bdi blockquote"


class Read(HTMLParser):
    """The text of some HTML on one line, without that of the style, and its tags with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.said, self.tags, self.attributes = "", [], []
        self.feed(html)
        self.close()
        self.text = " ".join(self.said.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.said += data if self.tags[-1:] != ["style"] else " "


def foreign(text: str) -> list[Turn]:
    """A turn with a text in every place that others write."""
    passage = replace(PASSAGE, title=text, article=text, date=text, source=text)
    cited = Citation(1, text, text, text, 0, 1, text, "unsupported", len(text) + 1)
    answer = Answer(
        text, "answered", f"{text} [1].", text, (cited,), (Hit(passage, 1, 1.0, 1, None),), text, {}, True, text
    )
    return [Turn("t", "c", answer, Scope(sources=(text,)), "2026")]


def plain_words(text: str) -> str:
    return " ".join(text.translate(dict.fromkeys(map(ord, BIDI + "\x85"))).split())


def shape(text: str) -> list[str]:
    """The tags of the rendered Markdown of a conversation full of a text; an answer's lines are paragraphs each."""
    tags = Read(RENDERER.render(markdown(replace(CONVERSATION, title=text), foreign(text)))).tags
    return [tag for i, tag in enumerate(tags) if tag != "p" or tags[i - 1] != "p"]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_foreign_text_and_reads_nothing_in_it(text: str) -> None:
    conversation = replace(CONVERSATION, title=text)
    read = Read(RENDERER.render(markdown(conversation, foreign(text))))
    assert shape(text) == shape("كلمة")
    assert read.text.count(plain_words(text)) == 12
    assert read.attributes == []


@given(st.text(st.sampled_from("a1 \n\\`*_{}[]()<>#+-.!|~&;:/=$\"'ب@" + BIDI), min_size=1, max_size=30))
def test_markdown_of_any_text_has_the_same_blocks(text: str) -> None:
    text = f"ك{text}" if not plain_words(text) else text
    assert shape(text) == shape("كلمة")
    rendered = Read(RENDERER.render(markdown(replace(CONVERSATION, title=text), [])))
    assert rendered.text == plain_words(text)


def test_markdown_leaves_no_bare_address_to_a_reader_that_makes_links_of_them() -> None:
    written = markdown(replace(CONVERSATION, title=HOSTILE[25]), foreign(HOSTILE[25]))
    assert not re.search(r"(?<!\\)://|(?i:www)\.|[^\\]@", written)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_page_shows_foreign_text_and_reads_nothing_in_it(text: str) -> None:
    html = page(replace(CONVERSATION, title=text), foreign(text))
    read = Read(html)
    assert set(read.tags) <= set(OURS.split())
    assert set(read.attributes) <= {"lang", "dir", "charset", "http-equiv", "content", "name", "class"}
    assert read.text.count(plain_words(text)) >= 12
    assert (
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        in html
    )
    assert "url(" not in html
    assert "@import" not in html


def test_what_sets_directions_and_breaks_files_is_left_out() -> None:
    text = f"قبل{BIDI}\u061c\x00\x1b\ud800بعد"
    for written in (markdown(replace(CONVERSATION, title=text), foreign(text)), page(CONVERSATION, foreign(text))):
        assert not re.search(f"[{BIDI}\u061c\x00\x1b\ud800]", written)
        assert "قبلبعد" in written
        assert written.encode()


def texts_of(conversation: Conversation, turns: list[Turn]) -> list[str]:
    return [Read(page(conversation, turns)).text, Read(RENDERER.render(markdown(conversation, turns))).text]


def test_a_turn_tells_what_was_asked_said_and_found() -> None:
    turn = replace(TURN, answer=replace(ANSWER, standalone="كم سعر القمح؟", notice="انتبه"))
    for text in texts_of(CONVERSATION, [turn]):
        places = [
            *("السعر", "كم السعر؟", f"{say('understood')} كم سعر القمح؟", "السعر ثابت [1]. وسيزيد [2] ("),
            *(f"[2] ({say('unsupported')})", f"وانتهى. ({say('unsupported')})", say("export.quotes")),
            f"[1] عنوان المقال · a.txt · أرشيف · 2008-10-01 · {say('export.supported')}",
            *(TEXT, f"[2] b.txt · {say('unsupported')}", "غيره", "انتبه", "2026-02-03 04:05 UTC", say("writers.quote")),
        ]
        assert [place for place in places if place not in text] == []
        assert say("export.scope") not in text
        assert say("stopped") not in text


def test_a_refusal_a_stopped_answer_and_a_scope_say_so() -> None:
    refused = replace(ANSWER, status="abstained", text="لا جواب.", citations=())
    stopped = replace(ANSWER, text="السعر [1] **ث", citations=(), done=False)
    scope = Scope("2008", "2009-01", ("أرشيف", "b"))
    for text in texts_of(CONVERSATION, [replace(TURN, answer=refused, scope=scope), replace(TURN, answer=stopped)]):
        assert text.count(say("refusal")) == text.count(say("stopped")) == 1
        assert (
            text.index(say("refusal"))
            < text.index("لا جواب.")
            < text.index("السعر [1] **ث")
            < text.index(say("stopped"))
        )
        scoped = f"{say('export.scope')} {say('export.since', date='2008')} · {say('export.until', date='2009-01')} · أرشيف · b"
        assert text.count(scoped) == text.count(say("export.scope")) == 1
        assert say("export.quotes") not in text


def test_each_quote_of_a_marker_stands_once() -> None:
    twice = replace(ANSWER, text="أ [1]. ب [1].", citations=(replace(GOOD, at=2), replace(GOOD, at=9)))
    for text in texts_of(CONVERSATION, [replace(TURN, answer=twice)]):
        assert text.count(TEXT) == 1


def test_the_page_is_in_the_direction_of_the_interface() -> None:
    assert '<html lang="ar" dir="rtl">' in page(CONVERSATION, [TURN])
    context = copy_context()
    context.run(speak, "en")
    assert '<html lang="en" dir="ltr">' in context.run(page, CONVERSATION, [TURN])


def test_the_page_of_a_citation_is_told() -> None:
    told = say("page", page=12)
    paged = replace(TURN, answer=replace(ANSWER, citations=(replace(GOOD, page=12), BAD, NONE)))
    for written in (markdown(CONVERSATION, [paged]), page(CONVERSATION, [paged])):
        shown = re.sub("<[^>]+>|\\\\", "", written)
        assert shown.count(told) == 1
        assert shown.index("a.txt") < shown.index(told) < shown.index("أرشيف", shown.index(told))
    assert told not in re.sub("<[^>]+>|\\\\", "", page(CONVERSATION, [TURN]))
