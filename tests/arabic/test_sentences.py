import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic import sentences
from rag.arabic.text.sentences import LONGEST
from rag.types import Article


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("جملة أولى. جملة ثانية؟ جملة ثالثة!", ["جملة أولى.", "جملة ثانية؟", "جملة ثالثة!"]),
        ("قال «نعم. ثم لا. ثم نعم». وذهب.", ["قال «نعم. ثم لا. ثم نعم».", "وذهب."]),
        ('قال "نعم. ثم لا" وذهب. وعاد.', ['قال "نعم. ثم لا" وذهب.', "وعاد."]),
        ("قوله ''تلك مرحلة. وهذه أخرى''. أما", ["قوله ''تلك مرحلة. وهذه أخرى''.", "أما"]),
        ('ذكر أنه "يتفق تماماً." سيكون', ['ذكر أنه "يتفق تماماً."', "سيكون"]),
        ("بلغ 3.5 مليون. انتهى", ["بلغ 3.5 مليون.", "انتهى"]),
        ("التقى د. محمد أمس. انتهى", ["التقى د. محمد أمس.", "انتهى"]),
        ("انتهى الأمر.وبدأ آخر", ["انتهى الأمر.", "وبدأ آخر"]),
        ("عنوان\nنص أول\n\nنص ثان", ["عنوان", "نص أول", "نص ثان"]),
        ("إغلاق بلا فتح» هنا. ثم «فتح وإغلاق. هنا». آخر", ["إغلاق بلا فتح» هنا.", "ثم «فتح وإغلاق. هنا».", "آخر"]),
        ("فتح « بلا إغلاق. جملة أخرى. ثالثة.", ["فتح « بلا إغلاق.", "جملة أخرى.", "ثالثة."]),
        ("ماذا...؟! نعم.", ["ماذا...؟!", "نعم."]),
        ("See www.example.com for it. Then go.", ["See www.example.com for it.", "Then go."]),
        ("", []),
        ("...", []),
        ("   \n ", []),
    ],
)
def test_split(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_seed_articles_keep_their_quotations_whole(seeds: list[Article]) -> None:
    whole = "«القرار الحالي لواشنطن يمثل انعكاسا لعجز إدارة باراك أوباما"
    sentence = next(s for s in split(seeds[4].text) if whole in s)
    assert sentence.endswith("مع الإرهابيين المعروفين».")


@given(st.text(alphabet=".!?؟«»“”\"'[]() \nابتجحد1٢،؛ab", max_size=400))
def test_every_letter_lies_in_exactly_one_sentence(text: str) -> None:
    spans = sentences(text)
    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))
    assert "".join(c for s in split(text) for c in s if c.isalnum()) == "".join(c for c in text if c.isalnum())


@pytest.mark.parametrize(
    "text", ["كلمة " * 5000, "ا" * 50_000, "«" * 20_000, '"ا ' * 20_000, "1." * 50_000, "كلمة، " * 3000]
)
def test_long_texts_without_ends_are_cut(text: str) -> None:
    assert max((end - start for start, end in sentences(text)), default=0) <= LONGEST
