import tracemalloc

import pytest

from rag.arabic.rules.names import Name
from rag.arabic.rules.numerals import quantities
from rag.arabic.rules.polarity import MARKER, contradicts, quotations
from rag.arabic.rules.reported_speech import asked_speaker, say, speaker
from rag.arabic.rules.words import content_words, hold
from rag.arabic.text.folding import fold, words
from rag.arabic.text.grams import Grams, word_grams
from tests.conftest import parsed


def grams(text: str) -> list[str]:
    (found,) = Grams().spaced([text])
    return found.split()


def test_grams_mark_the_edges_of_folded_words() -> None:
    assert grams("قالَ في") == ["#قال", "قال#", "في"]
    assert grams("روسيا") == ["#روس", "روسي", "وسيا", "سيا#"]
    assert grams("١٥ x") == ["15", "x"]
    assert grams("؟!") == []


def test_glued_words_share_grams() -> None:
    assert len(set(grams("الأمم المتحدة")) & set(grams("الأممالمتحدة"))) >= 8


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("ماذا قال تشوركين؟", "speech"),
        ("متى وقعت المعاهدة؟", "when"),
        ("كم عدد الجنود؟", "many"),
        ("أين الاجتماع؟", "where"),
        ("ليش انسحبوا؟", "why"),
        ("مين الرئيس؟", "who"),
        ("من هو السفير؟", "who"),
        ("من يقود الحزب؟", "who"),
        ("ما الخلاف؟", "other"),
        ("على مقربة من أي بحر تقع؟", "where"),
        ("When was it signed?", "when"),
        ("How many soldiers?", "many"),
    ],
)
def test_type(question: str, expected: str) -> None:
    assert parsed(question).type == expected


def test_content_words_leave_question_words_out() -> None:
    assert content_words("مين هو رئيس أبخازيا؟") == ["رييس", "ابخازيا"]
    assert content_words("من هو؟ وماذا قال في ذلك؟") == ["وماذا"]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("ماذا قال تشوركين؟", "تشوركين"),
        ("شو قال شافيز", "شافيز"),
        ("بم صرّح السفير الروسي عن المشروع؟", "السفير الروسي"),
        ("ما تصريحات لافروف حول القوات؟", "لافروف"),
        ("What did Churkin say?", "churkin"),
        ("متى قال ذلك؟", None),
        ("كم عدد الجنود؟", None),
    ],
)
def test_asked_speaker(question: str, name: str | None) -> None:
    assert asked_speaker(fold(question)) == name


@pytest.mark.parametrize(
    ("sentence", "said_by"),
    [
        ("وأفاد مندوب موسكو فيتالي تشوركين بأن بلاده ستطرح وثيقتها", "مندوب موسكو فيتالي تشوركين"),
        (
            "لكن السفير الروسي في الأممالمتحدة فيتالي تشوركين أكد أن هذا المشروع ليست لديه فرصة.",
            "السفير الروسي في الأممالمتحدة فيتالي تشوركين",
        ),
        ("وقال وزير الخارجية الروسي سيرغي لافروف في ختام مباحثاته إن روسيا قررت", "وزير الخارجية الروسي سيرغي لافروف"),
        ("وقعت روسيا معاهدتي صداقة.", ""),
        ('وأضاف لقد "تبادلنا مذكرات".', ""),
    ],
)
def test_speaker(sentence: str, said_by: str) -> None:
    assert speaker(sentence) == said_by


def test_speaker_near_a_name() -> None:
    sentence = "وقال لافروف إن القوات باقية، وأكد ميدفيديف أن العدوان لن يتكرر."
    assert speaker(sentence, Name(["ميدفيديف"])) == "ميدفيديف"
    assert speaker(sentence, Name(["بوتين"])) == ""


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("تشوركين", "وحين سئل تشوركين لم أيدت روسيا القرار، اكتفى بقوله ''تلك مرحلة''."),
        ("تشركين", "لكن السفير الروسي في الأممالمتحدة فيتالي تشوركين أكد أن المشروع ليست لديه فرصة."),
        ("باغابش", 'الوكالة نقلت عن "الرئيس" الأبخازي، سيرغي باغابش، قوله : إن أبخازيا تنوي'),
        ("كوكويتي", "أشارت إلى أن رئيس أوسيتيا، إدوارد كوكويتي، ذكر بدوره أنه يتفق"),
        ("وولف", "أما أليخاندرو وولف نائب المندوب الأميركي لدى الأمم المتحدة فرأى أن استمرار الوجود"),
        ("الأسد", "وكان الرئيس السوري بشار الأسد قد استبق زيارته لموسكو بالإعلان عن استعداد بلاده"),
        ("وزير الدفاع الروسي", "وعدت على لسان رئيسها ووزير الدفاع سيرديوكوف باستكمال انسحاب القوات الروسية"),
        ("الوزير لافروف", "وقال وزير الخارجية الروسي سيرغي لافروف في ختام مباحثاته إن روسيا قررت"),
        ("بوش", "سعى الرئيس جورج بوش لطمأنة نظيره، معربا له عن اعتقاده"),
    ],
)
def test_who_says_something(name: str, sentence: str) -> None:
    assert say([sentence], Name(words(name))) == [True]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("صدام حسين", "ونفى مسؤول روسي انباء عن ارسال مبعوثين الى بغداد لاقناع الرئيس العراقي صدام حسين بالتنحي."),
        ("بان كي مون", "كما يدعو نص المشروع الأمين العام للأمم المتحدة بان كي مون إلى الإسراع"),
        ("أوباما", "شددت الوزارة على أن «القرار يمثل انعكاسا لعجز إدارة باراك أوباما عن الوفاء»"),
        ("الرئيس الروسي", "وقال رئيس الدبلوماسية الروسي إنه سيتم نشر القوات"),
        ("الأسد", "فيما أعرب بوتين عن الأسف للقرارات"),
        ("موسكو", "فيما دعا النواب إلى مراجعة العلاقات بين موسكو وواشنطن"),
    ],
)
def test_who_does_not(name: str, sentence: str) -> None:
    assert say([sentence], Name(words(name))) == [False]


@pytest.mark.parametrize(
    ("sign", "yes", "no"),
    [
        ("when", "في التاسع من سبتمبر", "في جنيف"),
        ("many", "نشر 8 آلاف جندي", "نشر الجنود"),
        ("why", "بسبب القصف", "بعد القصف"),
        ("where", "في جنيف", "وقعت معاهدة"),
    ],
)
def test_signs_of_a_kind(sign: str, yes: str, no: str) -> None:
    assert hold(sign, [words(yes), words(no)]) == [True, False]


@pytest.mark.parametrize(
    ("text", "group"), [("[1]", "1"), ("[١]", "١"), ("[1، 2]", "1، 2"), ("【3】", "3"), ("[a]", None), ("[]", None)]
)
def test_markers(text: str, group: str | None) -> None:
    match = MARKER.search(text)
    assert (match and match[1]) == group


def test_quotations() -> None:
    assert quotations("قال «نعم» و\"لا\" و''ربما'' و“كلا”") == ["نعم", "لا", "ربما", "كلا"]


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("إن المجلس يدعو إلى تفعيل الفصل السابع", "إلا إنه لا يدعو إلى تفعيل الفصل السابع"),
        ("لن يتم نشر القوات", "سيتم نشر القوات"),
        ("اتفق مجلس الأمن على مشروع القرار", "فشل مجلس الأمن الدولي في الاتفاق على مشروع قرار"),
        ("رفض المجلس مشروع القرار", "أيد المجلس مشروع القرار"),
        ("ينبغي أن يؤثر الخلاف", "الخلاف ينبغي ألا يؤثر في العلاقات"),
        ("أرسلت روسيا مبعوثين إلى بغداد", "ونفى مسؤول أنباء عن إرسال مبعوثين إلى بغداد"),
        ("ستكون قوات لحفظ الأمن", "ستكون قوات عسكرية وليس قوات لحفظ الأمن"),
    ],
)
def test_what_contradicts(claim: str, quote: str) -> None:
    assert contradicts(claim, quote)


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("لا يدعو المجلس إلى تفعيل الفصل السابع", "إلا إنه لا يدعو إلى تفعيل الفصل السابع"),
        ("ستكون قوات عسكرية", "ستكون قوات عسكرية وليس قوات لحفظ الأمن"),
        ("يجري مشاورات", "لا يزال يجري مشاورات"),
        ("اعترفت نيكاراغوا باستقلالهما", "ولم تعترف باستقلالهما أية دولة سوى نيكاراغوا"),
        ("فشل المجلس في الاتفاق", "فشل مجلس الأمن في الاتفاق"),
        ("لم يتفق المجلس", "فشل المجلس ولم يتفق"),
    ],
)
def test_what_does_not_contradict(claim: str, quote: str) -> None:
    assert not contradicts(claim, quote)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ثمانية آلاف", {"8000"}),
        ("8 آلاف و٨٠٠٠", {"8000"}),
        ("ألف وتسعمئة وستة وسبعون", {"1976"}),
        ("عام ألفين وخمسة عشر", {"2015"}),
        ("ثلاثة ملايين ومئتي ألف", {"3200000"}),
        ("مليونين ونصف و3.5 مليون", {"2500000", "3500000"}),
        ("سبعمائة وستين ألفا وثلاثمائة", {"760300"}),
        ("بين خمسة وستة", {"5", "6"}),
        ("الحادي والعشرين من ال23", {"21", "23"}),
        ("أحد عشر من أحد الجنود", {"11"}),
        ("في السادس والعشرين من أغسطس - آب", {"26", "month 8"}),
        ("10 مارس", {"10", "month 3"}),
        ("مارس ضغوطا على أبيه", set()),
        ("25 كانون الثاني ٢٠١١", {"25", "month 1", "2011"}),
        ("الاثنين والأحد", {"day 1", "day 2"}),
        ("1,200 و٣٫٥ و1.234.567", {"1200", "3.5", "1234567"}),
        ("لا عدد هنا", set()),
        ("ثلثا السكان وثلاثة أرباعهم", {"0.666666666667", "3"}),
        ("ثلاثة أرباع و3 في المئة و٣٪", {"0.75", "3"}),
        ("three thousand; two-thirds", {"3000", "0.666666666667"}),
        ("one hundred and eighty", {"180"}),
        ("one hundred and eight of 1.5 million", {"108", "1500000"}),
        ("half a million", {"500000"}),
        ("no one of the people", set()),
        ("twenty-five, three and five", {"25", "3", "5"}),
        ("Monday, March 3, 2010", {"day 2", "month 3", "3", "2010"}),
        ("they may march", set()),
        ("Carlos IV", {"4"}),
        ("المتر² والحاشية ¹ ①", set()),
        ("5 million و ² ٣", {"5000000", "3"}),
    ],
)
def test_quantities(text: str, expected: set[str]) -> None:
    assert quantities([text]) == [expected]


def test_long_stretches_give_the_same() -> None:
    word = "قصف" * 50
    assert words(f"{word}،{word} قالَ") == [word, word, "قال"]
    assert grams(f"«{word}» x") == [*word_grams(word), "x"]


def test_long_stretches_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose lines are megabytes without a space."""
    monkeypatch.setattr("rag.arabic.text.vocabulary.REMEMBERED", 100_000)
    made = Grams()
    tracemalloc.start()
    try:
        for n in range(20):
            made.spaced([f"{'قصف' * 20_000}{n}"])
        assert tracemalloc.get_traced_memory()[0] < 10_000_000
    finally:
        tracemalloc.stop()
