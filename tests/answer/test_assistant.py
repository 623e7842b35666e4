"""Questions over the seeds, from search to checked citations, with the quote writer and a scripted one."""

from collections.abc import Iterator, Sequence

import pytest

from rag.answer import prompts
from rag.answer.assistant import Assistant
from rag.answer.evidence import EvidenceFinder
from rag.answer.quote import QuoteWriter
from rag.answer.sentence_scorer import SentenceScorer
from rag.answer.speaker_statements import StatementFinder
from rag.answer.verification import ClaimVerifier
from rag.answer.writers import Choice, Notice, Writer
from rag.arabic.text.quoting import quoted
from rag.errors import InputError, ModelError
from rag.library import Library
from rag.query.question import Question
from rag.query.translation import Translator
from rag.search.embedding import SHIPPED, StaticEmbedder
from rag.search.retriever import Retriever
from rag.types import Answer, Article, Citation, Evidence, Passage
from rag.wiring import shipped_parser, shipped_reader
from tests.conftest import open_retriever, parsed

GEORGIA, ALEPPO = "000_5c98a5cbdd08ebb3.txt", "004_145c0f4ce0912f68.txt"


class Scripted:
    """Says what it is told, a word at a time, and notes whether it was stopped; ANEW in it voids what came before."""

    name = "scripted"

    def __init__(self, text: str, fails: bool = False) -> None:
        self.text, self.fails, self.stopped, self.passages = text, fails, False, ()

    def write(
        self, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]
    ) -> Iterator[str | Notice]:
        self.passages = tuple(passages)
        try:
            for word in self.text.split(" "):
                yield Notice("asked again", anew=True) if word == "ANEW" else word + " "
            if self.fails:
                raise ModelError("the model failed")
        except GeneratorExit:
            self.stopped = True
            raise


@pytest.fixture(scope="module")
def embedder() -> StaticEmbedder:
    return StaticEmbedder(SHIPPED)


@pytest.fixture
def retriever(library: Library, embedder: StaticEmbedder) -> Retriever:
    return open_retriever(library, embedder)


def assistant(library: Library, retriever: Retriever, seeds: list[Article], writer: Writer) -> Assistant:
    library.add(seeds)
    embedder, parser = retriever.engine.dense.embedder, shipped_parser()
    finder = EvidenceFinder(
        SentenceScorer(retriever.engine.idf, embedder, shipped_reader), StatementFinder(retriever, parser)
    )
    verifier = ClaimVerifier(embedder, Translator(SHIPPED))
    return Assistant(library, parser, retriever, finder, verifier, writer, QuoteWriter(), Choice("asked"), ["repaired"])


def ask(assistant: Assistant, question: str) -> Answer:
    *_, last = assistant.ask(parsed(question))
    assert last.done
    return last


def test_what_a_speaker_said_is_gathered_from_both_articles(
    library: Library, retriever: Retriever, seeds: list[Article]
) -> None:
    answer = ask(assistant(library, retriever, seeds, QuoteWriter()), "ماذا قال تشوركين؟")
    assert answer.status == "answered"
    assert {c.article for c in answer.citations} == {GEORGIA, ALEPPO}
    texts = {a.id: a.text for a in seeds}
    for citation in answer.citations:
        assert citation.quote == texts[citation.article][citation.start : citation.end]
        assert citation.verdict == "supported"
        assert quoted(citation.quote) in answer.text
    assert "قال تشوركين: «تلك مرحلة والآن مرحلة أخرى» [" in answer.text
    assert "بحسب المقال: “لكن السفير الروسي" in answer.text
    assert any("أي فرصة في النجاح" in c.quote for c in answer.citations)
    assert any("تلك مرحلة والآن مرحلة أخرى" in c.quote for c in answer.citations)
    assert set(answer.timings) == {"search_ms", "write_ms", "total_ms"}
    assert answer.notice == "repaired"


@pytest.mark.parametrize(
    ("question", "held"),
    [
        ("متى وقعت روسيا معاهدتي الصداقة مع الإقليمين؟", "الأربعاء"),
        ("من هو وزير الخارجيه الروسى", "ايغور ايفانوف"),
        ("ماذا قال تشركين", "أي فرصة في النجاح"),
        ("مين رئيس أبخازيا؟", "سيرغي باغابش"),
        ("Who leads the Russian Communist Workers' Party?", "فيكتور انبيلوف"),
        ("بماذا صرح المندوب الفرنسي دولاتر؟", "مسؤوليتنا تحتم علينا"),
    ],
)
def test_the_first_quotes_hold_the_answer(
    library: Library, retriever: Retriever, seeds: list[Article], question: str, held: str
) -> None:
    answer = ask(assistant(library, retriever, seeds, QuoteWriter()), question)
    assert any(held in citation.quote for citation in answer.citations[:3])


@pytest.mark.parametrize(
    "question", ["كيف أطبخ الكبسة السعودية؟", "ماذا قالت أنجيلا ميركل؟", "What is the best chocolate cake?"]
)
def test_what_the_articles_do_not_hold_is_refused_with_the_nearest_passages(
    library: Library, retriever: Retriever, seeds: list[Article], question: str
) -> None:
    answer = ask(assistant(library, retriever, seeds, QuoteWriter()), question)
    assert answer.status == "abstained"
    assert answer.citations == ()
    assert answer.text in (
        "لم أجد في المقالات ما يجيب عن هذا السؤال.",
        "I found nothing in the articles that answers this question.",
    )
    assert answer.hits or "cake" in question


def test_a_written_answer_streams_and_is_checked(library: Library, retriever: Retriever, seeds: list[Article]) -> None:
    writer = Scripted("أكد تشوركين أن المشروع ليست لديه «أي فرصة في النجاح» [1]. وأعلن أنه سيستقيل عام 2020 [2].")
    snapshots = list(assistant(library, retriever, seeds, writer).ask(parsed("ماذا قال تشوركين عن حلب؟")))
    texts = [s.text for s in snapshots[:-1]]
    assert len(texts) > 5
    assert all(later.startswith(earlier) for earlier, later in zip(texts, texts[1:], strict=False))
    assert not any(s.done or s.citations for s in snapshots[:-1])
    assert writer.passages[0].article == ALEPPO
    assert [(c.n, c.verdict) for c in snapshots[-1].citations] == [(1, "supported"), (2, "unsupported")]


def test_closing_the_answer_stops_the_writer(library: Library, retriever: Retriever, seeds: list[Article]) -> None:
    writer = Scripted("كلمة " * 100)
    stream = assistant(library, retriever, seeds, writer).ask(parsed("ماذا قال تشوركين؟"))
    next(stream)
    stream.close()
    assert writer.stopped


@pytest.mark.parametrize("text", ["لم أجد في المقالات ما يجيب عن هذا السؤال.", "  "])
def test_a_writer_that_finds_nothing_abstains(
    library: Library, retriever: Retriever, seeds: list[Article], text: str
) -> None:
    answer = ask(assistant(library, retriever, seeds, Scripted(text)), "ماذا قال تشوركين؟")
    assert answer.status == "abstained"
    assert answer.text == "لم أجد في المقالات ما يجيب عن هذا السؤال."


def test_a_failing_writer_hands_over_to_quotes(library: Library, retriever: Retriever, seeds: list[Article]) -> None:
    asked = assistant(library, retriever, seeds, Scripted("قال كلاما لا يصح [1].", fails=True))
    *_, half, answer = asked.ask(parsed("ماذا قال تشوركين؟"))
    assert (answer.writer, answer.status) == ("quote", "answered")
    assert "كلاما لا يصح" not in answer.text
    assert "repaired; scripted failed (the model failed); the answer is quoted" == answer.notice == half.notice
    assert {c.verdict for c in answer.citations} == {"supported"}
    assert answer.citations[0].quote in answer.text[: answer.citations[0].at]


def test_a_text_that_begins_anew_replaces_the_one_before(
    library: Library, retriever: Retriever, seeds: list[Article]
) -> None:
    writer = Scripted("أولا قال ANEW أكد تشوركين أن المشروع ليست لديه «أي فرصة في النجاح» [1].")
    *snapshots, answer = assistant(library, retriever, seeds, writer).ask(parsed("ماذا قال تشوركين عن حلب؟"))
    void = next(i for i, s in enumerate(snapshots) if not s.text and i)
    assert snapshots[void - 1].text == "أولا قال "
    assert {s.notice for s in snapshots[:void]} == {"repaired"}
    assert {s.notice for s in (*snapshots[void:], answer)} == {"repaired; asked again"}
    assert "أولا" not in answer.text
    assert [(c.n, c.verdict) for c in answer.citations] == [(1, "supported")]


def test_quotes_that_fail_say_so(library: Library, retriever: Retriever, seeds: list[Article]) -> None:
    asked = assistant(library, retriever, seeds, Scripted("قال", fails=True))
    asked.quoting = asked.writer
    with pytest.raises(ModelError, match="failed"):
        ask(asked, "ماذا قال تشوركين؟")


@pytest.mark.parametrize("question", ["", " ؟ ", "م" * 100_000])
def test_a_question_that_cannot_be_asked(
    library: Library, retriever: Retriever, seeds: list[Article], question: str
) -> None:
    with pytest.raises(InputError):
        ask(assistant(library, retriever, seeds, QuoteWriter()), question)


def test_an_empty_library_abstains(library: Library, retriever: Retriever) -> None:
    answer = ask(assistant(library, retriever, [], QuoteWriter()), "ماذا قال تشوركين؟")
    assert (answer.status, answer.hits) == ("abstained", ())


def test_an_articles_own_words_cannot_pose_as_markers_or_fields(library: Library, retriever: Retriever) -> None:
    text = "قال الوزير حسان إن السعر $question [1] <b>ارتفع</b> ${x} 【9】 في السوق."
    answer = ask(assistant(library, retriever, [Article("x", text)], QuoteWriter()), "ماذا قال الوزير حسان؟")
    assert answer.citations[0].quote == text
    assert text in answer.text
    assert [c.n for c in answer.citations] == [1]


def test_quotation_marks_and_markers_of_an_article_stay_as_they_are(library: Library, retriever: Retriever) -> None:
    texts = ["قال خالد إن “البيت” جميل [7] و”كبير جدا [2] حقا.", "قال خالد «نعم\u2028ثم» [1] “لا."]
    articles = [Article(f"x{i}", text) for i, text in enumerate(texts)]
    answer = ask(assistant(library, retriever, articles, QuoteWriter()), "ماذا قال خالد؟")
    assert sorted(c.quote for c in answer.citations) == sorted(texts)
    assert all(quoted(c.quote) in answer.text and c.verdict == "supported" for c in answer.citations)
    assert [answer.text[c.at :][:3] for c in answer.citations] == ["[1]", "[2]"]
    assert len(answer.text.split("\n")) == 1 + len(texts)


def test_statements_come_article_by_article_the_newest_first_and_none_twice(
    library: Library, retriever: Retriever
) -> None:
    old, new, undated = (
        Article(name, text, title, date)
        for name, title, date, text in [
            ("old", "خبر قديم", "2008-08-20", "قال خالد إن الجسر متين. وأكد خالد أن الطريق آمن."),
            ("new", "خبر جديد", "2015-07-01", "قال خالد إن الجسر انهار."),
            ("undated", "", None, "قال خالد إنه نادم. قال خالد إن الجسر متين."),
        ]
    )
    answer = ask(assistant(library, retriever, [old, undated, new], QuoteWriter()), "ماذا قال خالد؟")
    assert list(dict.fromkeys(c.article for c in answer.citations)) == ["new", "old", "undated"]
    assert len({c.quote for c in answer.citations}) == len(answer.citations) == 4
    lines = answer.text.split("\n")
    assert lines[0] == "من الأقوال الواردة في المقالات:"
    assert lines[1:3] == ["خبر جديد", "بحسب المقال: «قال خالد إن الجسر انهار.» [1] (1 يوليو 2015)"]
    assert lines.count("خبر قديم") == 1


def test_what_is_only_near_is_called_so_and_an_english_question_gets_an_english_frame(
    library: Library, retriever: Retriever, seeds: list[Article]
) -> None:
    made = assistant(library, retriever, seeds, QuoteWriter())
    assert ask(made, "لماذا غضب العالم من الغارات على حلب؟").text.startswith("لم أجد جواباً صريحاً")
    assert ask(made, "أين ولد سيرغي لافروف؟").status == "abstained"
    assert "ورد في المقالات:" in ask(made, "متى وقعت روسيا معاهدتي الصداقة مع الإقليمين؟").text
    assert ask(made, "Who is the Russian foreign minister?").text.startswith("The articles say")


@pytest.mark.parametrize(("likely", "first"), [(0.9, "8 آلاف [1]"), (0.1, "ورد في المقالات:")])
def test_a_likely_short_answer_comes_first(likely: float, first: str) -> None:
    text = "قال إنه سيتم نشر 8 آلاف جندي غداً الأربعاء."
    passage = Passage(1, "a.txt", 0, len(text), text, "الجنود", "2015-08-11", "العرب")
    found = Evidence(passage, 0, len(text), text, 1.0, short="8 آلاف", short_confidence=likely)
    pieces = list(QuoteWriter().write(parsed("كم جندياً؟"), [passage], [found]))
    lines = "".join(f"[{p.n}]" if isinstance(p, Citation) else p for p in pieces).split("\n")
    assert lines[0] == first
    assert lines[-2:] == [
        "ورد في المقالات:",
        f"«{text}» [1] (العرب، 11 أغسطس 2015، «غداً الأربعاء»: 12 أغسطس 2015)",
    ]


def test_the_date_that_was_asked_for_is_marked(library: Library, retriever: Retriever, seeds: list[Article]) -> None:
    answer = ask(assistant(library, retriever, seeds, QuoteWriter()), "متى وقعت روسيا معاهدتي الصداقة مع الإقليمين؟")
    assert answer.citations[0].short == "الأربعاء"
    rows = answer.as_json()["citations"]
    assert rows[0]["short"] == "الأربعاء"  # type: ignore[index]


def test_what_might_answer_is_marked_in_what_is_only_near(
    library: Library, retriever: Retriever, seeds: list[Article]
) -> None:
    answer = ask(assistant(library, retriever, seeds, QuoteWriter()), "لماذا غضب العالم من الغارات على حلب؟")
    assert answer.status == "nearest"
    assert answer.citations[0].short in answer.citations[0].quote
    assert answer.citations[0].short


def test_a_follow_up_is_understood_from_the_conversation(
    library: Library, retriever: Retriever, seeds: list[Article]
) -> None:
    made = assistant(library, retriever, seeds, QuoteWriter())
    first = ask(made, "ماذا قال تشوركين؟")
    assert first.standalone == ""
    assert "standalone" not in first.as_json()
    *_, second = made.ask(parsed("وماذا قال عن حلب؟"), history=[first])
    assert second.question == "وماذا قال عن حلب؟"
    assert second.standalone == second.as_json()["standalone"] == "ماذا قال تشوركين عن حلب؟"
    assert [c.article for c in second.citations] == [ALEPPO]
    *_, third = made.ask(parsed("وماذا عن لافروف؟"), history=[first, second])
    assert third.standalone == "ماذا قال لافروف عن حلب؟"
    *_, alone = made.ask(parsed("من هو رئيس جورجيا؟"), history=[first, second])
    assert alone.standalone == ""


class Conversing(Scripted):
    """A scripted writer that gives a question back, too."""

    def __init__(self, text: str, rewritten: str, fails: bool = False) -> None:
        super().__init__(text)
        self.rewritten, self.fails_to_reply, self.messages = rewritten, fails, []  # type: ignore[var-annotated]

    def reply(self, messages: list[dict[str, str]]) -> Iterator[str]:
        self.messages = messages
        yield from self.rewritten
        if self.fails_to_reply:
            raise ModelError("the model failed")


@pytest.mark.parametrize(
    ("rewritten", "expected"),
    [
        ("«ماذا قال فيتالي تشوركين عن مشروع حلب؟»\nأي خدمة أخرى؟", "ماذا قال فيتالي تشوركين عن مشروع حلب؟"),
        ("", "ماذا قال تشوركين عن حلب؟"),
        ("What did Churkin say about Aleppo?", "ماذا قال تشوركين عن حلب؟"),
        ("كيف تطبخ الكبسة السعودية بالدجاج؟", "ماذا قال تشوركين عن حلب؟"),
        ("كلام " * 500, "ماذا قال تشوركين عن حلب؟"),
        ("قال تشوركين إن المشروع سيفشل [1].", "ماذا قال تشوركين عن حلب؟"),
    ],
)
def test_a_language_model_completes_a_follow_up_unless_it_says_something_else(
    library: Library, retriever: Retriever, seeds: list[Article], rewritten: str, expected: str
) -> None:
    first = ask(assistant(library, retriever, seeds, QuoteWriter()), "ماذا قال تشوركين؟")
    writer = Conversing("أكد تشوركين أن المشروع ليست لديه «أي فرصة في النجاح» [1].", rewritten)
    *_, answer = assistant(library, retriever, seeds, writer).ask(parsed("وماذا قال عن حلب؟"), history=[first])
    assert answer.standalone == expected
    assert "ماذا قال تشوركين؟" in writer.messages[-1]["content"]


def test_a_model_that_fails_to_complete_a_follow_up_leaves_it_to_the_rules(
    library: Library, retriever: Retriever, seeds: list[Article]
) -> None:
    first = ask(assistant(library, retriever, seeds, QuoteWriter()), "ماذا قال تشوركين؟")
    made = assistant(library, retriever, seeds, Conversing("نعم [1].", "ماذا قال تشوركين عن حلب", fails=True))
    *_, answer = made.ask(parsed("وماذا قال عن حلب؟"), history=[first])
    assert answer.standalone == "ماذا قال تشوركين عن حلب؟"
    *_, alone = made.ask(parsed("من هو رئيس جورجيا؟"), history=[first])
    assert alone.standalone == ""


def test_a_full_name_finds_what_its_articles_go_on_with_under_the_family_name(
    library: Library, retriever: Retriever, seeds: list[Article]
) -> None:
    made = assistant(library, retriever, seeds, QuoteWriter())
    full, family = ask(made, "ماذا قال فيتالي تشوركين؟"), ask(made, "ماذا قال تشوركين؟")
    assert {c.quote for c in full.citations} == {c.quote for c in family.citations}
    articles = [c.article for c in full.citations]
    assert articles == sorted(articles, key=articles.index), "an article's statements stand side by side"


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("السلام عليكم", "أهلًا"),
        ("السَّلامُ عليكم ورحمة الله وبركاته!", "أهلًا"),
        ("مرحبا", "أهلًا"),
        ("صباح الخير", "أهلًا"),
        ("Hello", "Hello"),
        ("hi there", "Hello"),
    ],
)
def test_a_greeting_is_not_answered_from_the_archive(
    library: Library, retriever: Retriever, seeds: list[Article], said: str, answer: str
) -> None:
    found = ask(assistant(library, retriever, seeds, QuoteWriter()), said)
    assert (found.status, found.hits, found.citations) == ("abstained", (), ())
    assert found.text.startswith(answer)


@pytest.mark.parametrize("question", ["السلام في القوقاز", "ما الذي عرقل السلام؟", "من قال صباح الخير؟"])
def test_a_question_with_words_of_a_greeting_is_searched_for(
    library: Library, retriever: Retriever, seeds: list[Article], question: str
) -> None:
    assert ask(assistant(library, retriever, seeds, QuoteWriter()), question).hits


def test_an_answer_says_how_sure_it_is(library: Library, retriever: Retriever, seeds: list[Article]) -> None:
    asked = assistant(library, retriever, seeds, QuoteWriter())
    sure, near = ask(asked, "كم جندياً سيبقى في أوسيتيا الجنوبية؟"), ask(asked, "لماذا وقعت روسيا معاهدة مع أوكرانيا؟")
    assert (sure.status, near.status) == ("answered", "nearest")
    assert 0 < near.confidence < sure.confidence <= 1
    assert near.text.startswith(prompts.text("quote_nearest.ar"))
    assert near.as_json()["confidence"] == round(near.confidence, 3)
    assert all(citation.verdict == "supported" for citation in near.citations)
