"""The first line of a text where it is a title, and where it is part of a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.rules.headlines import headline, says_something

BODY = "افتتح وزير الثقافة أمس المتحف الوطني في العاصمة بعد ثلاث سنوات من الترميم، وحضر الحفل سفراء وكتاب."


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"افتتاح المتحف الوطني\n\n{BODY}", "افتتاح المتحف الوطني"),
        (f"\n  افتتاح  المتحف الوطني \n{BODY}", "افتتاح المتحف الوطني"),
        (f"الخميس 23 يوليو 2015\n\nافتتاح المتحف الوطني\n\n{BODY}", "افتتاح المتحف الوطني"),
        (f"متى يفتتح المتحف؟\n\n{BODY}", "متى يفتتح المتحف؟"),
        (BODY, ""),
        (f"افتتح المتحف الوطني.\n\n{BODY}", ""),
        (f"وزير الثقافة:\n\n{BODY}", ""),
        (f"- افتتاح المتحف\n\n{BODY}", ""),
        (f"1. افتتاح المتحف\n\n{BODY}", ""),
        (f"متحف\n\n{BODY}", ""),
        ("افتتاح المتحف الوطني\n", ""),
        ("افتتح وزير الثقافة أمس المتحف\nالوطني في العاصمة بعد ثلاث\nسنوات من الترميم.", ""),
        ("", ""),
    ],
)
def test_a_first_line_is_a_title_or_none(text: str, title: str) -> None:
    assert headline(text) == title


def test_a_headline_says_something_that_the_text_does_not() -> None:
    assert says_something("تعيين ريم الأتاسي رئيسة للجامعة", BODY)
    assert not says_something("ريم الأتاسي", BODY)
    assert not says_something("اِفتتحَ وزير الثقافة أمس", BODY)


@given(st.text(max_size=300) | st.text("نص \n.،-1", max_size=200))
def test_the_title_of_any_text_is_a_line_of_it(text: str) -> None:
    assert headline(text) in ["", *(" ".join(line.split()) for line in text.split("\n"))]
