"""Any text, any question of it, any bytes: rag.arabic gives what it says, and offsets are exact."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.arabic.exact import check_bytes, check_text

PIECES = [
    *("قال الوزير", "وأكد", "أن", "ماذا", "متى", "من", "كم", "لا", "لم", "ليس", "سوى", "«", "»", '"', "'", "،", "؛", ":", ".", "؟", "!"),
    *("ثلاثة", "آلاف", "مئة", "وعشرون", "نصف", "مليون", "٪", "%", "٢٠١٥", "12,345.67", "1.2.3", "٫", "٬", "23/7/2015", "هـ", "م"),
    *("تموز", "رمضان", "1436", "عبد", "الله", "بن", "محمد", "سيرغي لافروف", "روسيا", "الروسي", "عن", "حول", "بشأن", "تشوركين"),
    *("two hundred", "million", "and a half", "March", "who said", "not", "U.S.", "İ", "ß", "ﷺ", "ﻻ", "ﷲ", "ۖ", "ـ", "\u064e", "\u200f"),
    *("\u202e", "\u2066", "\0", "\ud800", "\n", "\r\n", "\u2028", "\u00a0", "\t", " ", "😀", "👍🏽", "e\u0301", "Σας", "²", "Ⅷ", "½", "①"),
]  # fmt: skip
TEXTS = st.text(max_size=120) | st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join)
GLUED = st.lists(st.sampled_from(PIECES), max_size=20).map("".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS | GLUED, TEXTS | GLUED)
@example("'«'", "")
def test_any_text(text: str, other: str) -> None:
    check_text(text, other)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400) | TEXTS.map(lambda text: text.encode("utf-16-le", "surrogatepass")))
def test_any_bytes(data: bytes) -> None:
    check_bytes(data)
