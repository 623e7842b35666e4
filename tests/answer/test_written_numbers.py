"""The check of citations where claim and passage write a number, a date, a share or a name in different ways."""

import pytest

from rag.answer.citations import cite
from rag.answer.verification import ClaimVerifier
from rag.query.translation import Translator
from rag.search.embedding import SHIPPED
from rag.types import Passage
from rag.wiring import shipped_embedder

VERIFIER = ClaimVerifier(shipped_embedder(), Translator(SHIPPED))
TEXT = (
    "زار المعرض 15.000 شخص في اليوم الأول. وبلغت كلفة الجسر مليارين ونصف دينار. وارتفعت الأسعار بنسبة %12 في الصيف. "
    "وافتتحت المكتبة في 17/10/1978 بحضور الوالي. وصدر القانون عام 1436هـ الموافق 2015م في العاصمة. "
    "وقال عبدالله الخطيب إن المدرسة ستفتح غدا. وألقى أبوبكر الحسيني قصيدة في الحفل.\n"
    "المحافظة: ساحل المرجان · عدد المدارس: 210 · عدد الطلاب: 12,040 · نسبة النجاح: 79%\n"
    "المحافظة: وادي الورد · عدد المدارس: 78 · عدد الطلاب: 4,310 · نسبة النجاح: 88.5%"
)
PASSAGE = Passage(1, "a.txt", 0, len(TEXT), TEXT)


def verdict(claim: str) -> str:
    (citation,) = cite(f"{claim} [1].", [PASSAGE], VERIFIER)[1]
    return citation.verdict


@pytest.mark.parametrize(
    "claim",
    [
        "زار المعرض 15000 شخص في اليوم الأول",
        "زار المعرض 15 ألف شخص في اليوم الأول",
        "زار المعرض ١٥٬٠٠٠ شخص",
        "بلغت كلفة الجسر 2.5 مليار دينار",
        "بلغت كلفة الجسر 2,500,000,000 دينار",
        "ارتفعت الأسعار بنسبة 12% في الصيف",
        "ارتفعت الأسعار بنسبة 12 في المئة",
        "ارتفعت الأسعار بنسبة ١٢ بالمئة في الصيف",
        "افتتحت المكتبة في 17 أكتوبر 1978",
        "افتتحت المكتبة في 17 تشرين الأول 1978 بحضور الوالي",
        "صدر القانون عام 2015",
        "صدر القانون عام 1436هـ",
        "صدر القانون عام 2015م في العاصمة",
        "قال عبد الله الخطيب إن المدرسة ستفتح غدا",
        "ألقى أبو بكر الحسيني قصيدة في الحفل",
        "عدد المدارس في ساحل المرجان 210",
        "نسبة النجاح في ساحل المرجان 79%",
        "في ساحل المرجان عدد المدارس 210 وعدد الطلاب 12040",
        "نسبة النجاح في وادي الورد 88.5 في المئة",
    ],
)
def test_the_same_value_is_supported(claim: str) -> None:
    assert verdict(claim) == "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "زار المعرض 15 شخصا في اليوم الأول",
        "زار المعرض 1500 شخص في اليوم الأول",
        "بلغت كلفة الجسر مليارين دينار",
        "بلغت كلفة الجسر 2.5 مليون دينار",
        "ارتفعت الأسعار بنسبة 1.2% في الصيف",
        "افتتحت المكتبة في 10 يوليو 1978",
        "افتتحت المكتبة في 17 نوفمبر 1978",
        "صدر القانون عام 2016",
        "عدد المدارس في ساحل المرجان 78",
        "عدد الطلاب في ساحل المرجان 210",
        "عدد المدارس في وادي الورد 210",
        "نسبة النجاح في ساحل المرجان 88.5%",
    ],
)
def test_another_value_is_not(claim: str) -> None:
    assert verdict(claim) == "unsupported"
