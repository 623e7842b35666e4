import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.text.folding import words
from rag.arabic.text.quoting import readable, whole_words


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("قال ''نعم'' ثم \"لا\".", "قال «نعم» ثم «لا»."),
        ("أكد “ أنه سيأتي ” غدا", "أكد «أنه سيأتي» غدا"),
        ("«أي فرصة في النجاح».،", "«أي فرصة في النجاح»."),
        ("انتهى» وبدأ «من جديد", "انتهى وبدأ من جديد"),
        ("سطر\nوسطر  آخر ؛", "سطر وسطر آخر"),
        ('لم يغلق "أبدا', "لم يغلق أبدا"),
    ],
)
def test_marks_are_made_pairs(quote: str, shown: str) -> None:
    assert readable(quote) == shown


@given(st.text(alphabet="اب 'ج\"“”„«»،.\n", max_size=40))
def test_words_stay_and_marks_are_paired(quote: str) -> None:
    shown = readable(quote)
    assert "".join(words(shown)) == "".join(words(quote))
    assert shown.count("«") == shown.count("»")
    assert not set('"“”„\n') & set(shown)


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
