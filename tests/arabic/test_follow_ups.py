import pytest

from rag.answer.conversation import leans_on_history
from rag.arabic.rules.follow_ups import leans, standalone, topic
from rag.arabic.rules.words import content_words
from rag.arabic.text.folding import words
from tests.conftest import parsed

CHURKIN, WHERE = "ماذا قال تشوركين؟", "أين سيجتمع مندوبو منظمة التعاون الإسلامي؟"
WHO, SAAKASHVILI = "من هو رئيس جورجيا؟", "ميخائيل ساكاشفيلي"


@pytest.mark.parametrize(
    ("before", "about", "question", "expected"),
    [
        (CHURKIN, "", "ومتى كان ذلك؟", "متى قال تشوركين؟"),
        (CHURKIN, "", "وماذا قال عن حلب؟", "ماذا قال تشوركين عن حلب؟"),
        (CHURKIN, "", "وبماذا رد؟", "بماذا رد تشوركين؟"),
        (CHURKIN, "", "وماذا عن كيري؟", "ماذا قال كيري؟"),
        (CHURKIN, "", "ولافروف؟", "ماذا قال لافروف؟"),
        (WHERE, "", "ومتى؟", "متى سيجتمع مندوبو منظمة التعاون الإسلامي؟"),
        (WHERE, "", "لماذا؟", "لماذا سيجتمع مندوبو منظمة التعاون الإسلامي؟"),
        (WHO, SAAKASHVILI, "وماذا قال؟", "ماذا قال ميخائيل ساكاشفيلي؟"),
        (WHO, SAAKASHVILI, "وكم عمره؟", "كم عمر ميخائيل ساكاشفيلي؟"),
        (WHO, SAAKASHVILI, "وأين سافر؟", "أين سافر ميخائيل ساكاشفيلي؟"),
        (WHO, SAAKASHVILI, "ماذا قال عنه بوش؟", "ماذا قال عن ميخائيل ساكاشفيلي بوش؟"),
        (WHO, SAAKASHVILI, "ماذا قال هو؟", "ماذا قال ميخائيل ساكاشفيلي؟"),
        (CHURKIN, "", "وماذا قدم إليه؟", "ماذا قدم إلى تشوركين؟"),
        (CHURKIN, "", "طيب وكيري؟", "ماذا قال كيري؟"),
        (CHURKIN, "", "وماذا قالت بريطانيا؟", "ماذا قالت بريطانيا؟"),
        ("كم جنديا ستنشر روسيا؟", "", "وأين ستنشرهم؟", "أين ستنشر روسيا؟"),
        ("What did Churkin say?", "", "Who is he?", "Who is Churkin?"),
        (WHO, SAAKASHVILI, "وما سبب زيارتهم إلى موسكو؟", "ما سبب زيارتهم إلى موسكو (ميخائيل ساكاشفيلي)؟"),
        ("What did Churkin say?", "", "And when was that?", "when did Churkin say?"),
        ("What did Churkin say?", "", "What about Kerry?", "What did Kerry say?"),
        ("What did Churkin say?", "", "what did he say about Aleppo?", "what did Churkin say about Aleppo?"),
    ],
)
def test_a_question_that_leans_is_completed(before: str, about: str, question: str, expected: str) -> None:
    assert leans_on_history(parsed(question))
    assert standalone(question, before, about or topic(before)) == expected


@pytest.mark.parametrize(
    "question",
    [
        "من هو رئيس روسيا؟",
        "ماذا أعلن هوغو شافيز؟",
        "وزير الدفاع الروسي",
        "ما هو الناتو؟",
        "Who leads the Russian Communist Party?",
    ],
)
def test_a_whole_question_stays_as_it_is(question: str) -> None:
    assert not leans_on_history(parsed(question)) or standalone(question, CHURKIN, topic(CHURKIN)) == question


@pytest.mark.parametrize("question", ["؟", "و", "ذلك", "", "🙂", "and", "وماذا عن"])
def test_any_question_gives_one(question: str) -> None:
    leans(question, words(question), content_words(question))
    assert isinstance(standalone(question, "", ""), str)
    assert isinstance(standalone(question, CHURKIN, "تشوركين"), str)
    assert isinstance(topic(question), str)
