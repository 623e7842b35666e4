from dataclasses import replace

import pytest

from rag.arabic.text.quoting import quoted as shown
from rag.evaluate import answers
from rag.types import Answer, Article, Citation

ARTICLE = Article("a.txt", "ولد الشاعر محمود درويش في قرية البروة. ثم سافر إلى موسكو، Moscow.", "الشاعر")
QUOTE = "ولد الشاعر محمود درويش في قرية البروة."


def cited(claim: str, n: int = 1, start: int = 0, quote: str = QUOTE, verdict: str = "supported") -> Citation:
    return Citation(n, claim, "a.txt" if n else "", "", start, start + len(quote), quote, verdict)  # type: ignore[arg-type]


def answer(text: str, *citations: Citation, status: str = "answered", question: str = "أين ولد درويش؟") -> Answer:
    return Answer(question, status, text, "quote", citations, done=True)  # type: ignore[arg-type]


def test_what_an_answer_says_is_without_markers_frames_and_speakers() -> None:
    said = f"الناقد أحمد: {shown(QUOTE)}"
    quoted = answer(f"ورد في المقالات:\n{said} [1]", cited(said), cited(shown(QUOTE), 2))
    assert answers.answer_text(quoted) == QUOTE
    short = replace(cited(said), short="البروة")
    assert answers.answer_text(answer(f"{said} [1]", cited(said), short)) == "البروة"
    assert answers.answer_text(answer("في “البروة” [1، 2].", cited("في “البروة”."))).split() == ["في", "“البروة”", "."]
    assert answers.answer_text(answer("لم أجد", status="abstained")) == ""


def test_exact_match_is_of_folded_words_without_articles() -> None:
    assert answers.exact_match("قَريةُ البروه.", ["الجليل", "القرية البروة"]) == 1
    assert answers.exact_match("في قرية البروة", ["قرية البروة"]) == 0
    assert answers.exact_match("", ["البروة"]) == 0
    assert answers.exact_match("…", ["؟"]) == 0


def test_f1_by_hand_is_the_best_over_the_accepted_answers() -> None:
    said = "ولد في قرية البروة"
    assert answers.token_f1(said, ["البروة"]) == pytest.approx(2 * (1 / 4) * 1 / (1 / 4 + 1))
    assert answers.token_f1(said, ["البروة", "قرية البروة", "حيفا"]) == pytest.approx(2 * (2 / 4) * 1 / (2 / 4 + 1))
    assert answers.token_f1("قرية قرية", ["قرية"]) == pytest.approx(2 / 3)  # a repeated word counts once
    assert answers.token_f1("حيفا", ["البروة"]) == answers.token_f1("", ["البروة"]) == answers.token_f1("", []) == 0


def test_citations_supported_claims_covered_and_quotes_to_the_letter() -> None:
    given = answer(
        "…",
        cited("أ", 1, verdict="unsupported"),
        cited("أ", 2),
        cited("ب", 1, start=1),
        cited("ج", 0, quote="", verdict="unsupported"),
    )
    assert answers.supported(given) == (2, 4)
    assert answers.coverage(given) == (2, 3)
    assert answers.verbatim(given, {"a.txt": ARTICLE}) == (2, 3)  # one is off by a letter, one cites nothing
    assert answers.verbatim(given, {}) == (0, 3)


@pytest.mark.parametrize(
    ("text", "question", "pure"),
    [
        ("ولد في البروة [1].", "أين ولد؟", 1.0),
        ("سافر إلى Moscow.", "أين سافر؟", 1.0),  # the passage writes it so
        ("سافر إلى Paris.", "أين سافر؟", 7 / 12),
        ("سافر إلى Paris.", "هل سافر إلى PARIS؟", 1.0),
        ("Москва", "أين سافر؟", 0.0),
        ("سافر إلى 北京", "أين سافر؟", 7 / 9),
        ("He went to موسكو.", "Where did he go?", 1.0),
        ("He went to باريس.", "Where did he go?", 8 / 13),
    ],
)
def test_letters_of_another_script(text: str, question: str, pure: float) -> None:
    held, of = answers.purity(answer(text, question=question), [ARTICLE.text])
    assert held / of == pytest.approx(pure)


def test_what_is_quoted_whole_is_not_the_writers_own() -> None:
    quote = "قال Путин"
    given = answer(f"بوتين: «{quote}» [1]", cited(f"بوتين: «{quote}»", quote=quote))
    assert answers.purity(given, []) == (5, 5)
    assert answers.purity(answer("«Путин»", cited("«Путин»")), []) == (0, 5)  # no citation's quote
