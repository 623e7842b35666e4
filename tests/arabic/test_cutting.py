import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.rules.cutting import LONG, cut

REST = " ".join(["كلمة"] * LONG)


@pytest.mark.parametrize(
    ("sentence", "answer", "kept"),
    [
        (f"استقال رئيس توشيبا هيساو تاناكا يوم الثلاثاء، فيما {REST}.", "هيساو تاناكا", "استقال رئيس توشيبا هيساو تاناكا يوم الثلاثاء"),
        (f"بلغ عدد القتلى 45 في يوم واحد؛ وكانت {REST}", "45", "بلغ عدد القتلى 45 في يوم واحد"),
        (f"زار الوزير، وكان معه وفد كبير، مدينة حلب في سوريا، حيث {REST}", "حلب", "زار الوزير، وكان معه وفد كبير، مدينة حلب في سوريا"),
        (f"The minister arrived in Cairo on Sunday evening, while {REST}", "Cairo", "The minister arrived in Cairo on Sunday evening"),
    ],
)  # fmt: skip
def test_what_goes_on_behind_the_answer_is_left_out(sentence: str, answer: str, kept: str) -> None:
    assert cut(sentence, answer) == kept


@pytest.mark.parametrize(
    ("sentence", "answer"),
    [
        ("استقال رئيس توشيبا يوم الثلاثاء، فيما عين غيره.", "يوم الثلاثاء"),  # short
        (f"استقال رئيس توشيبا يوم الثلاثاء، فيما {REST} في طوكيو", "طوكيو"),  # the answer stands behind
        (f"استقال (رئيس توشيبا يوم الثلاثاء، فيما {REST})", "يوم الثلاثاء"),  # within brackets
        (f"قال «استقال رئيس توشيبا يوم الثلاثاء، فيما {REST}»", "يوم الثلاثاء"),
        (f"استقال رئيس توشيبا يوم الثلاثاء، فيما نفت الشركة ذلك ولم تعلن {REST}", "يوم الثلاثاء"),  # may take it back
        (f"زار الوزير حلب يوم أمس، ودمشق وحمص وحماة، {REST}", "حلب"),  # a list goes on
        (f"استقال رئيس توشيبا يوم الثلاثاء، فيما {REST}", ""),
        (f"استقال رئيس توشيبا يوم الثلاثاء، فيما {REST}", "الأربعاء"),
    ],
)
def test_a_sentence_stays_whole_where_a_cut_would_not_be(sentence: str, answer: str) -> None:
    assert cut(sentence, answer) == sentence


@given(st.text(alphabet='اب ،؛()«»"حيث فيما', max_size=300), st.text(alphabet="اب ", max_size=5))
def test_what_is_kept_begins_the_sentence_and_holds_the_answer(sentence: str, answer: str) -> None:
    kept = cut(sentence, answer)
    assert sentence.startswith(kept)
    assert answer in kept or answer not in sentence
