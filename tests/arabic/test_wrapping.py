"""Lines of a fixed width become paragraphs; verse, lists, headings, addresses and paragraphs of one line stay as they are."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.text.wrapping import unwrapped
from tests.conftest import SEEDS

FIRST = (
    "أعلن مجلس المدينة أن فريق التنقيب المشترك عثر في التل الغربي على لوح حجري يعود إلى القرن الثاني عشر، "
    "وعليه قائمة بأسماء ثلاثين بحاراً كانوا ينقلون الملح من الميناء القديم إلى الجبال."
)
SECOND = "وقالت مديرة المتحف إن اللوح وُجد في قبو صغير تحت السوق، وإن عرضه على الناس سيبدأ بعد انتهاء الترميم في الربيع المقبل."
VERSE = [
    "سرينا وفي الآفاق نجم مشرّق يضيء",
    "وقلنا لأهل الدار طاب لكم مسراه",
    "فقالوا لنا والليل مرخٍ سدوله دناه",
    "أقيموا فإن الصبح قد لاح في سناه",
    "ومن ضاق بالأيام ذرعاً فلن يناله",
    "ومن جاور الأحباب طاب له مثواه",
]
LIST = [
    "1. عدد المدارس في المدينة وما حولها من القرى",
    "2. عدد الطلاب في كل مدرسة منها وعدد المعلمين",
    "3. كلفة المباني في السنوات الثلاث الماضية كلها",
]
ADDRESS = ["مؤسسة المثال للنشر", "شارع المكتبة 12", "مدينة النخيل", "صندوق بريد 345"]


def wrapped(paragraph: str, width: int) -> str:
    return "\n".join(textwrap.wrap(paragraph, width, break_long_words=False, break_on_hyphens=False))


@pytest.mark.parametrize("width", [45, 60, 72, 80])
def test_paragraphs_are_joined(width: int) -> None:
    text = "\n\n".join(["عنوان المقال", wrapped(FIRST, width), wrapped(SECOND, width)])
    assert unwrapped(text) == f"عنوان المقال\n\n{FIRST}\n\n{SECOND}"


def test_letters_of_many_widths() -> None:
    """Lines of text recognition: as wide as the column, of more or fewer letters."""
    words, lines = [*FIRST.split(), *SECOND.split()], [""]
    for word in words:
        limit = 60 - (0, 3, 1, 4, 2)[len(lines) % 5]
        lines = (
            [*lines, word] if len(lines[-1]) + 1 + len(word) > limit else [*lines[:-1], f"{lines[-1]} {word}".strip()]
        )
    assert unwrapped("\n".join(lines)) == f"{FIRST} {SECOND}"


def test_words_broken_at_the_end_of_a_line() -> None:
    text = (
        "قال رئيس بلدية المدينة القديمة يوم أمس إن المشروع الذي بدأ المحافظـ\n"
        "ون تنفيذه سيكتمل قبل نهاية السنة وإن الكلفة لم تزد على ما كان مقررا\n"
        "وإن المدرسة الجديدة ستفتح أبوابها للتلاميذ جميعا في الخريف القادم."
    )
    assert "المحافظون تنفيذه" in unwrapped(text)
    latin = (
        "the government of the country has decided that nothing more was to be pub-\n"
        "lished in the papers of the capital before the end of the long and hot sum-\n"
        "mer."
    )
    assert unwrapped(latin) == latin.replace("-\n", "")


@pytest.mark.parametrize("lines", [VERSE, LIST, ADDRESS], ids=["verse", "list", "address"])
@pytest.mark.parametrize("alone", [True, False])
def test_what_is_of_lines_stays(lines: list[str], alone: bool) -> None:
    text = "\n".join(lines)
    whole = text if alone else f"{wrapped(FIRST, 60)}\n\n{text}\n\n{wrapped(SECOND, 60)}"
    assert unwrapped(whole) == (text if alone else f"{FIRST}\n\n{text}\n\n{SECOND}")


def test_lines_that_end_in_a_sentence_mark_stay() -> None:
    text = (
        "نص القرار الأول على انسحاب القوات من المدينة كلها.\nودعا القرار الثاني إلى وقف إطلاق النار خلال يوم.\n"
        "وأنشأ القرار الثالث قوة قوامها ألف جندي فقط."
    )
    assert unwrapped(text) == text


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.txt")), ids=lambda path: path.name)
def test_articles_of_whole_paragraphs_stay(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert unwrapped(text) == text


WORDS = st.lists(st.sampled_from(FIRST.replace("،", "").replace(".", "").split()), min_size=40, max_size=120)


@given(WORDS, WORDS, st.integers(50, 100))
def test_what_a_program_wrapped_comes_back(first: list[str], second: list[str], width: int) -> None:
    paragraphs = [" ".join(first) + ".", " ".join(second) + "."]
    lines = [line.split()[-1][-1] for paragraph in paragraphs for line in wrapped(paragraph, width).split("\n")]
    text = "\n\n".join(wrapped(paragraph, width) for paragraph in paragraphs)
    if len(set(lines)) > 6:  # else it may rhyme
        assert unwrapped(text) == "\n\n".join(paragraphs)


@given(st.text(max_size=300))
def test_no_word_is_lost(text: str) -> None:
    hyphens = str.maketrans("", "", "-\u00ad\u0640\u2010")
    assert "".join(unwrapped(text).translate(hyphens).split()) == "".join(text.translate(hyphens).split())
