"""Reported speech: whom a question asks about, and who says something in a sentence."""

from __future__ import annotations

import re

from rag.arabic.folding import fold, fold_with_offsets


def _any(listed: str) -> str:
    """A pattern for any of the listed words, folded; `_` stands for a space within one of them."""
    forms = sorted({fold(form).replace("_", " ") for form in listed.split()}, key=len, reverse=True)
    return f"(?:{'|'.join(forms)})"


_TELLING_VERBS = """قال قالت أضاف أضافت أكد أكدت يؤكد تؤكد صرح صرحت أعلن أعلنت نفى نفت أفاد أفادت أوضح أوضحت ذكر ذكرت رأى رأت
شدد شددت أشار أشارت كشف كشفت زعم زعمت"""
"""Verbs whose subject is plainly the speaker."""
_OTHER_VERBS = """يقول تقول قالوا قالا يضيف أكدوا أكدا يصرح يعلن أعلنوا ينفي حذر حذرت يحذر يرى وصف وصفت يصف اعتبر اعتبرت يعتبر يشير
يوضح يذكر يشدد طالب طالبت يطالب دعا دعت يدعو يفيد يكشف تعهد تعهدت يتعهد هدد هددت يهدد انتقد انتقدت ينتقد ندد نددت يندد اتهم اتهمت
يتهم أعرب أعربت يعرب لفت لفتت يلفت يزعم اعترف اعترفت يعترف تحدث تحدثت يتحدث علق علقت يعلق رد ردت يرد كتب كتبت يكتب أبلغ أبلغت يبلغ
وعد وعدت يعد توقع توقعت يتوقع اقترح اقترحت يقترح تابع تابعت يتابع رفض رفضت يرفض عبر عبرت يعبر"""
_VERB = rf"(?:و|ف|س|كما )?{_any(f'{_TELLING_VERBS} {_OTHER_VERBS}')}"
_DIALECT = _any("حكى حكي بيقول بتقول يحكي قالو گال كال")
_ASK = _any("ماذا بماذا بم ما_الذي ما ماالذي عم عما عن_ماذا شو ايش وش شنو ايه_اللي اللي")
_ABOUT = _any("عن حول بشأن بخصوص في على أن بعد قبل خلال عندما حين لدى إزاء تجاه ردا ضد إلى ب")
_STATEMENT = _any("قوله قولها بقوله بقولها تصريح تصريحات تصريحه كلام كلمة موقف رأي أقوال")

_SPEAKER = rf"(?P<speaker>.+?)(?=\s+{_ABOUT}\s|[؟?!.،,]|$)"
_QUESTION = re.compile(rf"(?:^|\s){_ASK}\s+(?:{_VERB}|{_DIALECT})\s+(?:{_any('به عنه')}\s+)?{_SPEAKER}")
_QUESTION_NOUN = re.compile(rf"{_any('ما ماهي ما_هي ما_هو شو')}\s+{_STATEMENT}\s+{_SPEAKER}")
_QUESTION_ENGLISH = re.compile(
    r"what (?:did|does|has) (?P<speaker>.+?) (?:say|said|state|stated|declare|declared|announce|announced|claim|deny)(?=\W|$)"
)

_SAYING = re.compile(rf"(?<!\w){_VERB}(?!\w)")
_TELLING = re.compile(rf"(?<!\w)(?:و|ف)?{_any(_TELLING_VERBS)}(?!\w)")
_THAT = re.compile(rf"(?<!\w){_any('أن بأن أنه بأنه أنها بأنها أنهم')}(?!\w)|[:«“\"]|''")
_WHERE_AND_WHEN = """في_ختام في_بيان في_تصريح في_تصريحات في_مقابلة في_كلمة في_مؤتمر في_حديث في_حين في_وقت خلال أثناء أمس اليوم عقب
بعد قبل عن على_أن إلى_أن لوكالة لصحيفة لقناة ل"""
_STOP = re.compile(rf"(?<!\w){_any(_WHERE_AND_WHEN)}(?!\w)|[،,.؛()]|{_THAT.pattern}")
_LEADS = "أما إن لكن كما كان كانت قد من_جانبه من_جهته بدوره فيما بينما حيث في_الغضون"
_LEAD = re.compile(rf"^\W*(?:(?:و|ف)?{_any(_LEADS)}\s+)+")
_NOT_NAMES = "لقد قد في فيه فيها من عن على إلى مع أن لا ما ورغم رغم حين وحين وهو هو هي بدوره انه انها خلال عنه عنها"
_NO_SPEAKER = re.compile(rf"^(?:{_any(_NOT_NAMES)}(?!\w)|{fold('بأن')})")
_STATED = re.compile(rf"[«“\"]|''|(?<!\w){_any('قوله بقوله قولها بقولها')}(?!\w)")
_LONGEST_SPEAKER = 12


def asked_speaker(question: str) -> str | None:
    """The folded words of whose statement the question asks for («ماذا قال تشوركين؟» → "تشوركين"), None if it asks for none."""
    folded = fold(question)
    for pattern in (_QUESTION, _QUESTION_NOUN, _QUESTION_ENGLISH):
        if match := pattern.search(folded):
            speaker = match["speaker"].strip()
            if 0 < len(speaker.split()) <= _LONGEST_SPEAKER:
                return speaker
    return None


def reports_speech(sentence: str) -> bool:
    """Whether the sentence has a verb of saying or a quotation."""
    folded = fold(sentence)
    return _SAYING.search(folded) is not None or any(
        mark in folded for mark in ("«", '"', "''", "“", fold("بقوله"), fold("قوله"))
    )


def speaker(sentence: str, near: str = "") -> str:
    """Who says it, as the sentence puts it, or an empty string where that is not plain.

    The words between a verb of saying and what is said («وأفاد مندوب موسكو فيتالي تشوركين بأن …»), else those before a verb
    that what is said follows at once («لكن السفير الروسي فيتالي تشوركين أكد أن …»). `near` (folded) asks for the speaker whose
    words contain it.
    """
    folded, offsets = fold_with_offsets(sentence)
    for match in _TELLING.finditer(folded):
        if not _THAT.search(folded, match.end()):
            break
        for start, end in (_after(folded, match.end()), _before(folded, match.start(), match.end())):
            said_by = folded[start:end].strip()
            plain = 0 < len(said_by.split()) <= _LONGEST_SPEAKER and not _NO_SPEAKER.match(said_by)
            if plain and near in said_by:
                return _original(sentence, offsets, start, end)
    return ""


def _after(folded: str, verb_end: int) -> tuple[int, int]:
    """The words from the verb to what is said or to where and when it was said."""
    match = _STOP.search(folded, verb_end)
    return verb_end, match.start() if match else verb_end


def _before(folded: str, verb_start: int, verb_end: int) -> tuple[int, int]:
    """The words from the clause's beginning to the verb; none if anything stands between the verb and what is said."""
    that = _THAT.search(folded, verb_end)
    if that is None or folded[verb_end : that.start()].strip():
        return verb_start, verb_start
    start = max(folded.rfind(mark, 0, verb_start) for mark in "،,.»:؛") + 1
    lead = _LEAD.match(folded[start:verb_start])
    return start + (lead.end() if lead else 0), verb_start


def _original(sentence: str, offsets: list[int], start: int, end: int) -> str:
    """The original words of a folded span, without marks around them."""
    while sentence[offsets[end - 1]].isspace():
        end -= 1
    last = offsets[end - 1] + 1
    while last < len(sentence) and sentence[last].isalpha():  # a letter that folding dropped
        last += 1
    return sentence[offsets[start] : last].strip(' \t\n-–—()،,"')
