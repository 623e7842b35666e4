import pytest

from rag.arabic.rules.direct_speech import Statement, statement
from rag.arabic.rules.names import Name
from rag.arabic.rules.reported_speech import goes_on
from rag.arabic.text.folding import words


def said(sentence: str, name: str, before: str = "") -> tuple[str, str, str]:
    """What is quoted of a sentence, who says it, and by which verb."""
    found = statement(sentence, Name(words(name)), before)
    return sentence[found.start : found.end], found.speaker, found.voice


@pytest.mark.parametrize(
    ("sentence", "name", "quote", "speaker", "voice"),
    [
        (
            "وقال السفير فيتالي تشوركين: «تلك مرحلة والآن مرحلة أخرى».",
            "تشوركين",
            "تلك مرحلة والآن مرحلة أخرى",
            "السفير فيتالي تشوركين",
            "he",
        ),
        (
            "وحين سئل تشوركين لمَ أيدت روسيا قرارات أشارت إلى ذلك، اكتفى بقوله ''تلك مرحلة والآن مرحلة أخرى''.",
            "تشوركين",
            "تلك مرحلة والآن مرحلة أخرى",
            "تشوركين",
            "he",
        ),
        (
            'وقال الجبوري عشية جلسة للبرلمان الثلاثاء "سنحدد وبشكل واضح أسماء المسؤولين".',
            "الجبوري",
            "سنحدد وبشكل واضح أسماء المسؤولين",
            "الجبوري",
            "he",
        ),
        (
            'وأعلنت الوزيرة كوندوليزا رايس: "لن نقبل بذلك أبدا".',
            "رايس",
            "لن نقبل بذلك أبدا",
            "الوزيرة كوندوليزا رايس",
            "she",
        ),
    ],
)
def test_a_speakers_own_words_are_told_with_the_speaker(
    sentence: str, name: str, quote: str, speaker: str, voice: str
) -> None:
    assert said(sentence, name) == (quote, speaker, voice)


@pytest.mark.parametrize(
    "sentence",
    [
        "لكن السفير الروسي فيتالي تشوركين أكد أن هذا المشروع ليست لديه «أي فرصة في النجاح».",
        "وقال تشوركين «نعم».",
        "وقال تشوركين: «لن نقبل بهذا القرار أبدا»، مضيفا أن بلاده ستطرح وثيقتها للتصويت في جلسة الغد",
        "وأعلن تشوركين قرار بلاده. «لن نقبل بهذا القرار أبدا»",
        "وأفاد تشوركين بأن بلاده ستطرح وثيقتها",
        "«",
    ],
)
def test_what_the_newspaper_reports_is_its_own_sentence(sentence: str) -> None:
    assert said(sentence, "تشوركين") == (sentence, "", "")


def test_what_stands_before_the_clause_with_the_statement_is_left_out() -> None:
    before = "وبدورها ردت روسيا على القرار بوثيقة تقول إنها تتمسك بمبادئ الخطة، "
    report = "وأفاد مندوب موسكو فيتالي تشوركين بأن بلاده ستطرح وثيقتها للتصويت"
    assert said(before + report, "تشوركين") == (report, "", "")
    assert said(f"«{before}{report}»", "تشوركين")[0] == f"«{before}{report}»"  # no quotation is cut open
    short = "ردت روسيا، وأفاد تشوركين بأن بلاده ستطرح وثيقتها"
    assert said(short, "تشوركين") == (short, "", "")


def test_a_statement_goes_on_in_the_sentence_behind_it() -> None:
    first = "وقال تشوركين إن بلاده قلقة."
    assert goes_on("وأضاف أن القصف مستمر.", first)
    assert goes_on("وأضاف: «لن نقبل بذلك أبدا».", first)
    assert not goes_on("وأضافت أن القصف مستمر.", first)
    assert not goes_on("وأضاف الوزير أن القصف مستمر.", first)
    assert not goes_on("وصل الوفد.", first)
    assert said("وأضاف: «لن نقبل بذلك أبدا».", "تشوركين", "تشوركين") == ("لن نقبل بذلك أبدا", "تشوركين", "he")
    assert said("وأضاف أن القصف مستمر.", "تشوركين", "تشوركين") == ("وأضاف أن القصف مستمر.", "تشوركين", "")


def test_a_name_without_letters_says_nothing() -> None:
    assert statement("قال: «لن نقبل بذلك أبدا»", Name([])) == Statement(0, 24)
