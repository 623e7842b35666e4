"""The day at a text's head and in a file's name, and the many dates there that are none."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.rules.datelines import dateline, day_in_name

SENTENCE = "أعلن وزير الثقافة اليوم افتتاح المتحف الوطني بعد سنوات من الترميم."


@pytest.mark.parametrize(
    "head",
    [
        "الخميس 23 يوليو 2015\n",
        "افتتاح المتحف\n23/7/2015\n\n",
        "افتتاح المتحف\nتاريخ النشر: 23 يوليو 2015\n",
        "افتتاح المتحف\n\nالخميس 23 يوليو 2015 | 14:30\n",
        "افتتاح المتحف\nأحمد سالم | 2015-07-23\n",
        "افتتاح المتحف\nدمشق - 23 تموز 2015\n",
        "دمشق، 23 تموز 2015 (سانا) - ",
        "دمشق - 23 تموز/يوليو 2015 - ",
        "القاهرة (رويترز) 23/7/2015: ",
        "5 رمضان 1436 هـ الموافق 23 يوليو 2015 م\n",
    ],
)
def test_a_text_says_at_its_head_of_which_day_it_is(head: str) -> None:
    assert dateline(head + SENTENCE) == "2015-07-23"


@pytest.mark.parametrize(
    "head",
    [
        "",
        "ثورة 25 يناير 2011 - ملف خاص\n",
        "معركة ميسلون (24 تموز 1920): بداية النهاية\n",
        "مقتل الوزير، 23 تموز 1956 - ",
        "في 23 يوليو 1952 قام الضباط - ",
        "23 يوليو 1952 - قيام الثورة في مصر وخروج الملك فاروق من البلاد إلى إيطاليا\n",
        "23 يوليو 1952\nقيام الثورة\n18 يونيو 1953\nإعلان الجمهورية\n",
        "سيرة\nتاريخ الميلاد:\n23/7/1952\n",
        "يوليو 2015\n",
        "سطر\n" * 6 + "23 يوليو 2015\n",
        "من 1 إلى 23 يوليو 2015\n",
    ],
)
def test_other_days_at_its_head_are_not_its_own(head: str) -> None:
    assert dateline(head + SENTENCE) is None


@pytest.mark.parametrize(
    "name",
    [
        "2015-07-23",
        "2015-7-23",
        "2015_07_23 خبر",
        "20150723",
        "20150723_report",
        "IMG_20150723_101010",
        "خبر 23-7-2015",
        "23.07.2015",
        "٢٠١٥-٠٧-٢٣",
        "23 يوليو 2015",
        "5-9-1436هـ 2015-07-23",
    ],
)
def test_the_day_in_a_name(name: str) -> None:
    assert day_in_name(name) == "2015-07-23"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "2015",
        "2015-07",
        "07-23-2015",
        "120150723",
        "5c98a20150723b",
        "2015-07-23 إلى 2015-07-24",
        "192.168.1.2015",
        "2010-11-12-13",
        "2015-13-40",
        "23-7-15",
        "12345678",
    ],
)
def test_what_is_no_day_in_a_name(name: str) -> None:
    assert day_in_name(name) is None


@given(st.text(max_size=200) | st.text("0123456789٠١٢/-.: |،()\nدمشق يوليو هـم", max_size=80))
def test_any_text_has_a_day_or_none(text: str) -> None:
    for found in (dateline(text), day_in_name(text)):
        assert found is None or date.fromisoformat(found).isoformat() == found


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.sampled_from(["%Y-%m-%d", "%d-%m-%Y", "%Y%m%d", "%Y_%m_%d"]))
def test_every_day_is_found_in_a_name(day: date, shape: str) -> None:
    assert day_in_name(f"خبر_{day.strftime(shape)}_أ") == day.isoformat()
