"""What a question wants to know of someone or something (an age, a capital, a birth), and whether a sentence speaks of that at all.

A sentence that names the person or country but none of these words does not answer: «أين ولد لافروف؟» is not answered by what
Lavrov said. Knows the attributes that people ask for most; any other counts as spoken of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from rag.arabic.folding import fold, words
from rag.arabic.forms import keys
from rag.arabic.lexicon import words_of
from rag.arabic.numerals import quantities

_ROWS = """
عمر عمره عمرها age old | عمر عمره العمر عاما سنة مواليد سن السن يبلغ
سكان سكانها سكانه نسمة population inhabitants | سكان نسمة تعداد
عاصمة عاصمتها العاصمة capital | عاصمة عواصم
ولد ولدت مولد ولادة ميلاد مولده ولادته born birth | ولد ولدت مولد مواليد ميلاد ولادة مسقط المولود
توفي توفيت وفاة وفاته وفاتها مات ماتت died die death | توفي توفيت وفاة مات ماتت موت رحل رحيل اغتيل قتل استشهد مقتل أعدم
مساحة مساحتها مساحته area | مساحة كم2 كم² كيلومتر مربع هكتار
سعر أسعار ثمن تكلفة كلفة price cost | سعر أسعار ثمن تكلفة كلفة دولار ريال جنيه يورو درهم ليرة دينار دولارا
ارتفاع ارتفاعه ارتفاعها height tall | ارتفاع طول متر مترا أمتار كيلومتر قدم
وزن وزنه وزنها weight weigh | وزن كيلوغرام كيلو كغم كجم كغ طن غرام
سرعة سرعته speed | سرعة ساعة
قتيلا قتيل قتلى القتلى ضحايا الضحايا killed deaths casualties | قتيل قتلى ضحايا ضحية قتل مقتل وفاة مصرع شهيد قتلوا
جريحا جرحى الجرحى wounded injured | جريح جرحى إصابة أصيب مصاب
عملة عملتها currency | عملة
زوجة زوجته زوج تزوج تزوجت wife husband married | زوجة تزوج زوج زواج أرملة
أبناء أبنائه أولاد أولاده children | ابن أبناء ابنة أولاد طفل أطفال بنات
جامعة تخرج تخرجت درس درست university graduate study studied | جامعة تخرج درس كلية معهد شهادة دكتوراه ماجستير
جنسية جنسيته جنسيتها nationality | جنسية
ديانة ديانته religion | ديانة دين مسلم مسيحي يهودي
راتب راتبه salary | راتب أجر دخل رواتب
حرارة الطقس temperature weather | حرارة طقس مناخ درجة مئوية
"""


def _row(line: str) -> tuple[frozenset[str], frozenset[str]]:
    asked, signs = line.split("|")
    return frozenset(words(asked)), frozenset(words(signs))


_ATTRIBUTES = [_row(line) for line in _ROWS.strip().splitlines()]
_BEFORE = words_of("stop_words", use="before_attribute")
"""Words that may stand between the question word and what is asked for."""
_LIFE = {fold("ولد"), fold("توفي")}
_LIFESPAN = re.compile(r"\([^()]*\d{3,4}[^()]*[-–—][^()]*\d{3,4}[^()]*\)")
"""The years of a life behind a name."""


class Attribute(NamedTuple):
    """What a question wants to know of someone or something.

    signs: the words one of which a sentence must hold to speak of it. of_life: whether the years of a life do, too. is_counted:
    whether a number is asked for.
    """

    signs: frozenset[str]
    of_life: bool
    is_counted: bool


def attribute_of(content: Sequence[str], is_arabic: bool, is_counted: bool) -> Attribute | None:
    """The attribute that a question with these content words asks for; None where it asks for none that is known.

    is_counted: whether the question asks for a number.
    """
    if is_arabic:  # a name may be «عمر»: what is asked for comes first
        content = [word for word in content if word not in _BEFORE][:1]
    for asked, signs in _ATTRIBUTES:
        if not asked.isdisjoint(content):
            return Attribute(signs, bool(asked & _LIFE), is_counted)
    return None


def speak_of(attribute: Attribute | None, sentences: Sequence[str]) -> list[bool | None]:
    """Whether each sentence speaks of the attribute that a question asks for; None for each where it asks for none."""
    return [_speaks_of(attribute, sentence) if attribute else None for sentence in sentences]


def _speaks_of(attribute: Attribute, sentence: str) -> bool:
    if attribute.of_life and _LIFESPAN.search(sentence):
        return True
    if attribute.is_counted and not quantities(sentence):
        return False
    return any(not attribute.signs.isdisjoint(keys(word)) for word in words(sentence))
