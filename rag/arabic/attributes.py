"""What a question wants to know of someone or something (an age, a capital, a birth), and whether a sentence speaks of that at all.

A sentence that names the person or country but none of these words does not answer: «أين ولد لافروف؟» is not answered by what
Lavrov said. Knows the attributes that people ask for most; any other counts as spoken of.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rag.arabic.folding import fold, has_arabic, word_set, words
from rag.arabic.forms import keys
from rag.arabic.numerals import quantities
from rag.arabic.words import content_words, kind

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
_BEFORE = word_set("يبلغ تبلغ بلغ بلغت يقدر مدينة دولة بلد قرية هي")
"""Words that may stand between the question word and what is asked for."""
_LIFE = {fold("ولد"), fold("توفي")}
_LIFESPAN = re.compile(r"\([^()]*\d{3,4}[^()]*[-–—][^()]*\d{3,4}[^()]*\)")
"""The years of a life behind a name."""


@lru_cache(maxsize=256)
def _signs(question: str) -> tuple[frozenset[str], bool]:
    """The words one of which a sentence must hold, none if any sentence will do; whether the years of a life will."""
    content = content_words(question)
    if has_arabic(question):  # a name may be «عمر»: what is asked for comes first
        content = [word for word in content if word not in _BEFORE][:1]
    found = set(content)
    for asked, signs in _ATTRIBUTES:
        if asked & found:
            return signs, bool(asked & _LIFE)
    return frozenset(), False


def speaks_of(question: str, sentence: str) -> bool | None:
    """Whether a sentence speaks of the attribute that a question asks for; None where it asks for none that is known."""
    signs, of_life = _signs(question)
    if not signs:
        return None
    if of_life and _LIFESPAN.search(sentence):
        return True
    if kind(question) == "many" and not quantities(sentence):
        return False
    return any(not signs.isdisjoint(keys(word)) for word in words(sentence))
