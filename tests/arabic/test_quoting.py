import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.text.quoting import listed, quoted, whole_words, without_trail


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("قال ''نعم'' ثم \"لا\".", "«قال ''نعم'' ثم \"لا\".»"),
        ('ل"القرارات', '«ل"القرارات»'),
        ("أكد “ أنه سيأتي ” غدا", "«أكد “ أنه سيأتي ” غدا»"),
        ("أكد «أنه سيأتي» غدا", "“أكد «أنه سيأتي» غدا”"),
        ("انتهى» وبدأ", "“انتهى» وبدأ”"),
        ("سطر \nوسطر  آخر", "«سطر وسطر  آخر»"),
    ],
)
def test_a_quote_is_shown_to_the_letter_between_marks_that_it_does_not_hold(quote: str, shown: str) -> None:
    assert quoted(quote) == shown


@given(st.text(alphabet="اب 'ج\"“”„«»،.\n", max_size=40))
def test_only_ends_of_lines_change_in_a_quote(quote: str) -> None:
    shown = quoted(quote)
    assert "".join(shown[1:-1].split()) == "".join(quote.split())
    assert "\n" not in shown


def test_what_a_sentence_trails_off_in_is_left_out() -> None:
    assert without_trail("«أي فرصة في النجاح».،\n") == "«أي فرصة في النجاح»."
    assert without_trail("وهو دواء.") == "وهو دواء."


def test_parts_have_the_comma_of_their_language() -> None:
    assert listed(["العرب", "", "2015"], "ar") == "العرب، 2015"
    assert listed(["Al-Arab", "2015"], "en") == "Al-Arab, 2015"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ("راسيتام", "الباراسيتامول"),
        ("Paracetamol) أو مسكن", "Paracetamol"),
        (") أو مسكن", "أو مسكن"),
        ("الباراسيتامول (بالإنجليزية: Paracetamol) أو", "الباراسيتامول (بالإنجليزية: Paracetamol) أو"),
        ("، ", ""),
    ],
)
def test_a_span_is_brought_to_the_words_that_it_touches(span: str, words: str) -> None:
    text = "الباراسيتامول (بالإنجليزية: Paracetamol) أو مسكن، وهو دواء."
    start = text.index(span)
    assert whole_words(text, start, start + len(span)) == words
