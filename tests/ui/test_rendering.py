"""The HTML of a turn, read back with Python's own parser: no browser, no Gradio."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qsl

import pytest

from rag.conversations import Turn
from rag.errors import BusyError, InputError
from rag.types import EVERYTHING, Answer, Article, Citation, Hit, Passage, Scope
from rag.ui import rendering
from rag.ui.reading import Span, article_html, isolated, marked, part_html
from rag.ui.texts import say, texts

HOSTILE = 'أ <script>alert(1)</script> <img src=x onerror="alert(1)"> $x$ **b** [1] ${7*7} {{value}} `&amp;`\n\nسطر'


class Read(HTMLParser):
    """The text of some HTML, the tags in it, and the text under each tag of one name."""

    def __init__(self, html: str, inside: str = "mark") -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags, self.attrs, self.pieces, self._inside, self._depth = "", [], [], [], inside, 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attrs.append((tag, dict(attrs)))
        if tag == self._inside:
            self._depth += 1
            self.pieces.append("")

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == self._inside

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._depth:
            self.pieces[-1] += data

    def buttons(self) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.attrs if tag == "button"]


ARTICLE = Article("a.txt", "قال الأول كلاما. وقال الثاني غيره في 2008. انتهى.", "عنوان", "2008-10-01", "أرشيف")
OTHER = Article("b.txt", "مقال آخر لا صلة له.")
ARTICLES = {a.id: a for a in (ARTICLE, OTHER)}


def hit(article: Article, rank: int, start: int = 0, end: int | None = None) -> Hit:
    end = len(article.text) if end is None else end
    passage = Passage(rank, article.id, start, end, article.text[start:end], article.title)
    return Hit(passage, rank, 1.0, rank, None)


def citation(n: int, claim: str, quote: str, at: int, verdict: str = "supported") -> Citation:
    start = ARTICLE.text.index(quote)
    return Citation(n, claim, ARTICLE.id, ARTICLE.source, start, start + len(quote), quote, verdict, at)  # type: ignore[arg-type]


def turn(answer: Answer, articles: dict[str, Article], writing: bool = False) -> str:
    return rendering.turn(Turn("t", "c", answer, EVERYTHING, "2026-01-01"), articles, writing)


FIRST, SECOND = "قال الأول كلاما.", "وقال الثاني غيره في 2008."
TEXT = "تكلم الأول [1]. وتكلم الثاني سنة 2008 [1].\nوهذا لم يرد."
ANSWER = Answer(
    "ماذا قالا؟",
    "answered",
    TEXT,
    "quote",
    (
        citation(1, "تكلم الأول", FIRST, TEXT.index("[1]")),
        citation(1, "وتكلم الثاني سنة 2008", SECOND, TEXT.rindex("[1]"), "unsupported"),
        Citation(0, "وهذا لم يرد.", "", "", 0, 0, "", "unsupported", len(TEXT)),
    ),
    (hit(ARTICLE, 1), hit(OTHER, 2)),
    "",
    {"search_ms": 12.3, "write_ms": 1.0, "total_ms": 2345.0},
    done=True,
)


@pytest.mark.parametrize("text", [HOSTILE, "", "   ", "قناة CNN Arabic، 23% و 1,234.5", "a" * 50_000 + "!" * 50_000])
def test_isolated_keeps_the_text(text: str) -> None:
    read = Read(isolated(text))
    assert read.text == text
    assert set(read.tags) <= {"bdi"}


def test_latin_runs_and_numbers_are_isolated_apart() -> None:
    read = Read(isolated("قالت CNN Arabic إن 12.5% من 1 2 ومن GPT-4 mini"), "bdi")
    assert read.pieces == ["CNN Arabic", "12.5%", "1", "2", "GPT-4 mini"]


def test_marked_shows_the_whole_text_with_overlapping_spans() -> None:
    text = "0123456789"
    inside = [Span("c0", 2, 6, True), Span("h1", 4, 8, False), Span("c1", 4, 6, True)]
    read = Read(marked(text, [*inside, Span("c9", 9, 99, True)]))
    assert read.text == text
    spans = [attrs["data-spans"] for _, attrs in read.attrs if "data-spans" in attrs]
    assert spans == ["c0", "c0 h1 c1", "h1"]
    assert read.pieces == ["23", "45"]


def test_a_hostile_article_is_text_everywhere() -> None:
    article = Article(HOSTILE, HOSTILE, title=HOSTILE, source=HOSTILE, date=HOSTILE)
    cited = Citation(1, "كلام", article.id, article.source, 0, 9, HOSTILE[:9], "supported", 5)
    hits = (hit(article, 1), hit(article, 2, 3, 9))
    answer = Answer(HOSTILE, "answered", f"كلام [1]\n{HOSTILE}", HOSTILE, (cited,), hits, HOSTILE, {}, done=True)
    html = turn(answer, {article.id: article})
    read = Read(html)
    assert not {"script", "img", "b", "em"} & set(read.tags)
    assert not any(name.startswith("on") for _, attrs in read.attrs for name in attrs)
    assert read.text.count("<script>alert(1)</script>") >= 4
    assert HOSTILE in read.text


def test_chips_stand_for_citations_in_the_order_of_the_text() -> None:
    read = Read(turn(ANSWER, ARTICLES), "button")
    chips = [b for b in read.buttons() if b.get("class") == "rag-chip"]
    named = [(c["data-open"], c["data-span"], c["data-quote"]) for c in chips]
    assert named == [("a.txt", "c0", FIRST), ("a.txt", "c1", SECOND)]
    assert all(c["aria-label"] for c in chips)


def test_what_is_not_supported_says_so_in_words() -> None:
    html = rendering.paragraphs(ANSWER)
    label = say("unsupported")
    first, second = re.findall(r"<p [^>]*>.*?</p>", html)
    assert Read(first).text.count(label) == 1
    assert Read(second).text == f"وهذا لم يرد.⚠ {label}"


def test_only_cited_articles_are_sources_and_the_rest_is_folded() -> None:
    html = turn(ANSWER, ARTICLES)
    sources = html[html.index("rag-sources") : html.index("<details")]
    assert "a.txt" in sources
    assert "b.txt" not in sources
    fold = html[html.index("<details") : html.index("</details>")]
    assert "b.txt" in fold
    assert "a.txt" not in fold
    assert " open" not in re.findall("<details[^>]*>", html)[0]


def test_the_panel_marks_the_evidence_in_the_whole_article() -> None:
    read = Read(rendering.panel(ANSWER, ARTICLES))
    assert read.pieces == [FIRST, SECOND]
    assert ARTICLE.text in read.text
    assert OTHER.text in read.text
    assert [b["data-open"] for b in read.buttons()] == ["a.txt"]


def test_an_article_that_was_removed_is_named_as_such() -> None:
    assert say("gone") in Read(turn(ANSWER, {})).text


def test_a_refusal_shows_the_nearest_passages_with_links() -> None:
    hits = tuple(hit(OTHER, i) for i in range(1, 6))
    answer = replace(ANSWER, status="abstained", text="لم أجد.", citations=(), hits=hits)
    html = turn(answer, ARTICLES)
    read = Read(html)
    assert say("refusal") in read.text
    assert "rag-sources" not in html
    before_fold = html[: html.index("<details")]
    assert [b["data-span"] for b in Read(before_fold).buttons()] == ["h1", "h2", "h3"]


def test_while_it_is_written_markers_are_numbers_without_a_button() -> None:
    read = Read(turn(replace(ANSWER, citations=(), done=False), {}, writing=True))
    assert not read.buttons()
    assert say("writing") in read.text


def test_a_marker_in_a_quotation_or_without_citation_stays_text() -> None:
    text = "قال: “انظر [1] هنا” [1] و[7]"
    answer = replace(ANSWER, text=text, citations=(citation(1, "قال", FIRST, text.rindex("[1]")),))
    html = rendering.paragraphs(answer)
    assert len(Read(html).buttons()) == 1
    assert Read(html).text == "قال: “انظر [1] هنا” 1 و[7]"


def test_a_stopped_answer_says_so() -> None:
    assert say("stopped") in Read(turn(replace(ANSWER, done=False), {})).text


def test_writer_times_and_notice_are_shown() -> None:
    text = Read(turn(replace(ANSWER, notice="index repaired"), ARTICLES)).text
    assert texts()["writers"]["quote"] in text
    assert f"12 {say('milliseconds')}" in text
    assert f"2.3 {say('seconds')}" in text
    assert "index repaired" in text


def test_errors_are_one_line_in_arabic_with_what_the_program_says() -> None:
    busy = Read(rendering.failed("سؤال", BusyError("9 wait <b>"))).text
    assert say("errors.BusyError") in busy
    assert "9 wait <b>" in busy
    assert say("errors.empty") in Read(rendering.failed(" ؟ ", InputError("empty"))).text
    long = Read(rendering.failed("س" * 100_000, InputError("long"))).text
    assert "100,000" in long
    assert len(long) < 1_000
    unexpected = Read(rendering.failed("سؤال", ZeroDivisionError("secret"))).text
    assert "secret" not in unexpected
    assert say("errors.unexpected") in unexpected


def test_an_article_that_changed_is_shown_without_wrong_marks() -> None:
    changed = {**ARTICLES, "a.txt": replace(ARTICLE, text="تمهيد. " + ARTICLE.text)}
    read = Read(rendering.panel(ANSWER, changed))
    assert read.pieces == []
    assert changed["a.txt"].text in read.text


def test_a_narrowed_question_says_to_what() -> None:
    kept = Turn("t", "c", ANSWER, Scope("2008", "", ("<b>",)), "2026-01-01")
    text = Read(rendering.turn(kept, ARTICLES)).text
    assert "2008 – …" in text
    assert "<b>" in text


def test_a_judgement_and_its_note_are_shown() -> None:
    kept = Turn("t", "c", ANSWER, EVERYTHING, "2026-01-01", rating=-1, note='"> <script>')
    read = Read(rendering.turn(kept, ARTICLES))
    pressed = {b["data-rating"]: b["aria-pressed"] for b in read.buttons() if "data-rating" in b}
    assert pressed == {"1": "false", "-1": "true"}
    assert [attrs["value"] for tag, attrs in read.attrs if tag == "input"] == ['"> <script>']


def test_pages_and_near_duplicates_stand_beside_the_sources() -> None:
    copies = {f"{i}.txt": Article(f"{i}.txt", ARTICLE.text, f"<b>نسخة {i}") for i in range(5)}
    paged = tuple(
        replace(c, page=12 + i, near_duplicates=("gone.txt", *copies)) if c.n else c
        for i, c in enumerate(ANSWER.citations)
    )
    hits = replace(ANSWER.hits[0], passage=replace(ANSWER.hits[0].passage, page=7)), ANSWER.hits[1]
    shown = Read(turn(replace(ANSWER, citations=paged, hits=hits), {**ARTICLES, **copies}))
    links = [attrs["data-article"] for tag, attrs in shown.attrs if tag == "button" and "data-article" in attrs]
    assert links == ["0.txt", "1.txt"] * 2  # under the answer and in the panel; of the first three, one is gone
    assert say("page", page=12) in shown.text
    assert say("page", page=13) in shown.text
    assert f"{say('also_in')} <b>نسخة 0 · <b>نسخة 1" in shown.text
    assert f"{say('near_duplicates')}: <b>نسخة 0" in shown.text
    labels = [str(attrs.get("aria-label")) for attrs in shown.buttons()]
    assert sum(say("page", page=12) in label for label in labels) == 1
    bare = Read(turn(ANSWER, ARTICLES))
    assert say("also_in") not in bare.text
    assert say("near_duplicates") not in bare.text
    assert say("page", page="") not in bare.text
    refused = replace(ANSWER, status="abstained", citations=(), hits=hits)
    assert say("page", page=7) in Read(turn(refused, ARTICLES)).text


def test_a_book_opens_at_its_citations_and_gives_the_rest_in_parts() -> None:
    text = "".join(f"سطر {i} من الكتاب.\n" for i in range(200_000))
    book = Article("book.txt", text)
    first, second = text.index("سطر 90000 "), text.index("سطر 190000 ")
    html = article_html(book, [Span("c0", first, first + 9, True), Span("c1", second, second + 10, True)])
    assert len(html) < 100_000 < len(text)
    assert [re.sub("<.*?>", "", found) for found in re.findall("<mark.*?</mark>", html)] == ["سطر 90000", "سطر 190000"]
    while gap := re.search('<div class="rag-gap">.*?</div>', html):  # now from one end, now from the other
        asked = dict(parse_qsl(unescape(re.findall('data-part="(.*?)"', gap[0])[-1]).partition("?")[2]))
        part = part_html(book, int(asked["start"]), int(asked["end"]), "last" in asked)
        assert len(part) < 200_000
        html = html.replace(gap[0], part)
    assert unescape(re.sub("<.*?>", "", html.partition('dir="auto">')[2])) == text


def test_overlapping_and_hostile_parts_of_a_book() -> None:
    book = Article("<b>'.txt", "أ" * 100_000)
    html = article_html(book, [Span("c0", 0, 5, evidence=True), Span("c1", 3, 9, evidence=True)])
    assert "<b>'" not in html
    assert part_html(book, -50, 10**9, from_end=True).endswith("أ")
    assert part_html(book, 200_000, 10, from_end=False) == ""
