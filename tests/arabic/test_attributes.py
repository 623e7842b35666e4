import pytest

from rag.arabic.rules.attributes import speak_of
from tests.conftest import parsed


@pytest.mark.parametrize(
    ("question", "sentence", "spoken"),
    [
        ("أين ولد سيرغي لافروف؟", "قال سيرغي لافروف إن بلاده ترفض القرار.", False),
        ("أين ولد درويش؟", "كان مولده في قرية البروة.", True),
        ("متى ولد أديسون؟", "توماس أديسون (1847-1931) مخترع أمريكي.", True),
        ("كم عدد سكان جورجيا؟", "انسحبت القوات من جورجيا.", False),
        ("كم عدد سكان جورجيا؟", "يعيش فيها 4 ملايين نسمة.", True),
        ("ما عاصمة أبخازيا؟", "اعترفت روسيا بأبخازيا.", False),
        ("قديش عمر ميدفيديف؟", "وعد الرئيس ميدفيديف بالانسحاب.", False),
        ("Where was Lavrov born?", "قال لافروف إن بلاده ترفض القرار.", False),
        ("ماذا قال لافروف؟", "قال لافروف إن بلاده ترفض القرار.", None),
        ("؟ س", "", None),
    ],
)
def test_a_sentence_speaks_of_what_is_asked_or_not(question: str, sentence: str, spoken: bool | None) -> None:
    assert speak_of(parsed(question).attribute, [sentence]) == [spoken]
