"""Numbers, dates, shares and names as people write them: forms of one value are equal, and those of two values never are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.rules.numerals import quantities, tokens
from rag.arabic.rules.spellings import one_spelling

EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
MONTHS = ["يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"]
LEVANT = [
    "كانون الثاني",
    "شباط",
    "آذار",
    "نيسان",
    "أيار",
    "حزيران",
    "تموز",
    "آب",
    "أيلول",
    "تشرين الأول",
    "تشرين الثاني",
    "كانون الأول",
]
UNITS = ["", "واحد", "اثنان", "ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة"]


def read(text: str) -> frozenset[str]:
    (found,) = quantities([text])
    return found


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("بلغ عدد الزوار 15.000 زائر", {"15000"}),
        ("بلغ عدد الزوار 15 000 زائر", {"15000"}),
        ("بلغ عدد الزوار ١٥،٠٠٠ زائر", {"15000"}),
        ("بلغ عدد الزوار ١٥٬٠٠٠ زائر", {"15000"}),
        ("بنسبة 12.345% فقط", {"12.345"}),
        ("قيمته 1.234 مليار دولار", {"1234000000"}),
        ("بلغ الزمن 9.580 ثانية", {"2", "9.58"}),
        ("المعدل 0.125 فقط", {"0.125"}),
        ("It weighed 15.250 tons", {"15.25"}),
        ("بلغ 1.234.567,5 دينار", {"1234567.5"}),
        ("كلفته مليارين ونصف", {"2500000000"}),
        ("كلفته مليار ونصف المليار", {"1500000000"}),
        ("كلفته مليون وربع المليون", {"1250000"}),
        ("كلفته مليون و200 ألف", {"1200000"}),
        ("كلفته مليون وثلاثة ملايين", {"1000000", "3000000"}),
        ("استغرق خمس سنوات ونصف", {"5", "0.5"}),
        ("سعره خمسة ونصف", {"5.5"}),
        ("شارك 5 و10 و20", {"5", "10", "20"}),
        ("في القرنين 3/4 و10.75", {"3", "4", "10.75"}),
        ("ارتفاعه 10³ أمتار و10⁻² من المتر", {"1000", "0.01"}),
        ("بلغ 1935 ⁴ و12 كم²", {"1935", "12"}),
        ("عام 1436هـ الموافق 2015م", {"1436", "2015"}),
        ("في 5/9/1436 هـ", {"5", "month 109", "1436"}),
        ("on 7/23/2015", {"23", "month 7", "2015"}),
        ("الإصدار 1.2.3 و40/50/2014", {"123", "40", "50", "2014"}),
    ],
)
def test_values(text: str, values: set[str]) -> None:
    assert read(text) == values


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("زار عبدالله القصر", "زار عبد الله القصر"),
        ("وقال أبوبكر", "وقال أبو بكر"),
        ("في أبوظبي", "في أبو ظبي"),
        ("ولعبدالرحمن", "ولعبد الرحمن"),
    ],
)
def test_names_in_two_words(one: str, other: str) -> None:
    assert tokens(one) == tokens(other)


@pytest.mark.parametrize("text", ["أبواب المدينة", "عبدة", "أبوهم", "أبيض", "عبد"])
def test_words_that_only_look_like_such_names(text: str) -> None:
    assert len(tokens(text)) == len(text.split())


def written(number: int) -> list[str]:
    """The forms of a number of a thousand or more."""
    grouped = f"{number:,}"
    forms = [str(number), grouped, grouped.replace(",", " "), grouped.replace(",", "\u202f")]
    forms += [
        grouped.replace(",", "."),
        grouped.replace(",", "،").translate(EASTERN),
        grouped.replace(",", "٬").translate(EASTERN),
    ]
    if number % 1000 == 0 and 3 <= number // 1000 <= 9:
        forms.append(f"{UNITS[number // 1000]} آلاف")
    if number % 1_000_000 == 0 and number >= 3_000_000:
        forms += [f"{number // 1_000_000} ملايين", f"{number // 1_000_000} مليون"]
    return forms


NUMBERS = (
    st.integers(1000, 10**9 - 1)
    | st.integers(3, 999).map(lambda n: n * 1000)
    | st.integers(3, 99).map(lambda n: n * 10**6)
)


@given(NUMBERS, NUMBERS)
def test_forms_of_one_number_are_equal_and_of_two_never(number: int, other: int) -> None:
    values = {read(f"بلغ العدد {form} شخص") for form in written(number)}
    assert values == {frozenset({f"{number:.12g}"})}
    if other != number:
        assert values.isdisjoint(read(f"بلغ العدد {form} شخص") for form in written(other))


@given(st.integers(0, 999), st.integers(0, 99), st.integers(0, 999))
def test_shares(whole: int, part: int, other: int) -> None:
    shares = [f"{whole}.{part:02}", f"{whole},{part:02}", f"{whole}.{part:02}".translate(EASTERN).replace(".", "٫")]
    forms = [
        form for share in shares for form in (f"%{share}", f"{share}%", f"% {share}", f"{share} في المئة", f"{share}٪")
    ]
    found = [tokens(f"وصلت إلى {form} أمس") for form in forms]
    assert {tuple(token.replace(",", ".") for token in listed) for listed in found} == {
        ("وصلت", "الي", f"{whole}.{part:02}", "%", "امس")
    }
    if other != whole:
        assert read(f"وصلت إلى %{whole}") != read(f"وصلت إلى {other} في المئة")


DATES = st.tuples(st.integers(1, 31), st.integers(1, 12), st.integers(1900, 2030))


@given(DATES, DATES)
def test_dates(day: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    def forms(d: int, m: int, y: int) -> list[str]:
        named = [f"{d} {MONTHS[m - 1]} {y}", f"{d} {LEVANT[m - 1]} {y}", f"{d:02} {MONTHS[m - 1]} {y}م"]
        return [
            f"{d}/{m}/{y}",
            f"{d:02}-{m:02}-{y}",
            f"{d}.{m}.{y}",
            f"{y}-{m:02}-{d:02}",
            f"{y}/{m}/{d}".translate(EASTERN),
            *named,
        ]

    values = {read(f"وقع يوم {form} في المدينة") for form in forms(*day)}
    assert values == {frozenset({str(day[0]), f"month {day[1]}", str(day[2])})}
    if other != day:
        assert values.isdisjoint(read(f"وقع يوم {form} في المدينة") for form in forms(*other))


@given(st.text(max_size=80))
def test_any_text_has_one_spelling_that_stays(text: str) -> None:
    assert one_spelling(one_spelling(text)) == one_spelling(text)
