"""Reported speech: whom a question asks about, and who says something in a sentence."""

from __future__ import annotations

import re

from rag.arabic.folding import fold, fold_with_offsets

# Past and present forms of verbs of saying, masculine; feminine, plural and prefixes are added below.
_VERBS = (
    "قال يقول أضاف يضيف أكد يؤكد صرح يصرح أعلن يعلن نفى ينفي حذر يحذر رأى يرى وصف يصف اعتبر يعتبر أشار يشير أوضح يوضح ذكر يذكر "
    "شدد يشدد طالب يطالب دعا يدعو أفاد يفيد كشف يكشف تعهد يتعهد هدد يهدد انتقد ينتقد ندد يندد اتهم يتهم أعرب يعرب لفت يلفت زعم يزعم "
    "اعترف يعترف تحدث يتحدث علق يعلق رد يرد كتب يكتب أبلغ يبلغ وعد يعد توقع يتوقع اقترح يقترح تابع يتابع رفض يرفض عبر يعبر"
)
_FEMININE = "قالت أضافت أكدت صرحت أعلنت نفت حذرت رأت وصفت اعتبرت أشارت أوضحت ذكرت شددت طالبت دعت أفادت كشفت تعهدت هددت انتقدت نددت اتهمت أعربت "
_FEMININE += "لفتت زعمت اعترفت تحدثت علقت ردت كتبت أبلغت وعدت توقعت اقترحت تابعت رفضت عبرت تقول تؤكد قالوا أكدوا أعلنوا أكدا قالا"
_NOUNS = "قوله قولها بقوله بقولها تصريح تصريحات تصريحه كلام كلمة موقف رأي أقوال"

_FORMS = sorted({fold(form) for form in f"{_VERBS} {_FEMININE}".split()}, key=len, reverse=True)
_VERB = rf"(?:و|ف|س|كما )?(?:{'|'.join(_FORMS)})"
_DIALECT = fold("حكى|حكي|بيقول|بتقول|يحكي|قالو|گال|كال")
_ASK = fold("ماذا|بماذا|بم|ما الذي|ما|ماالذي|عم|عما|عن ماذا|شو|ايش|إيش|وش|شنو|ايه اللي|إيه اللي|اللي")
_ABOUT = fold("عن|حول|بشأن|بخصوص|في|على|إن|ان|أن|بعد|قبل|خلال|عندما|حين|لدى|إزاء|تجاه|ردا|ضد|إلى|الى|ب")

_QUESTION = re.compile(
    rf"(?:^|\s)(?:{_ASK})\s+(?:{_VERB}|{_DIALECT})\s+(?:{fold('به|عنه')}\s+)?(?P<speaker>.+?)(?=\s+(?:{_ABOUT})\s|[؟?!.،,]|$)"
)
_QUESTION_NOUN = re.compile(
    rf"(?:{fold('ما|ماهي|ما هي|ما هو|شو')})\s+(?:{fold(_NOUNS).replace(' ', '|')})\s+(?P<speaker>.+?)(?=\s+(?:{_ABOUT})\s|[؟?!.،,]|$)"
)
_QUESTION_ENGLISH = re.compile(
    r"what (?:did|does|has) (?P<speaker>.+?) (?:say|said|state|stated|declare|declared|announce|announced|claim|deny)(?=\W|$)"
)

_SAYING = re.compile(rf"(?<!\w){_VERB}(?!\w)")
_TELLING = re.compile(  # the verbs whose subject is plainly the speaker
    rf"(?<!\w)(?:و|ف)?(?:{fold('قال|قالت|أضاف|أضافت|أكد|أكدت|يؤكد|تؤكد|صرح|صرحت|أعلن|أعلنت|نفى|نفت|أفاد|أفادت|أوضح|أوضحت|ذكر|ذكرت|رأى|رأت|شدد|شددت|أشار|أشارت|كشف|كشفت|زعم|زعمت')})(?!\w)"
)
_THAT = re.compile(rf"(?<!\w)(?:{fold('أن|إن|بأن|أنه|إنه|بأنه|أنها|إنها|بأنها|أنهم|إنهم')})(?!\w)|[:«“\"]|''")
_STOP = re.compile(
    rf"(?<!\w)(?:{fold('في (?:ختام|بيان|تصريح|تصريحات|مقابلة|كلمة|مؤتمر|حديث|حين|وقت)|خلال|أثناء|أمس|اليوم|عقب|بعد|قبل|عن|على أن|الى ان|لوكالة|لصحيفة|لقناة|ل')})(?!\w)"
    rf"|[،,.؛()]|{_THAT.pattern}"
)
_LEAD = re.compile(rf"^\W*(?:(?:و|ف)?(?:{fold('أما|إن|لكن|كما|كان|كانت|قد|من جانبه|من جهته|بدوره|فيما|بينما|حيث|في الغضون')})\s+)+")
_NO_SPEAKER = re.compile(
    rf"^(?:(?:{fold('لقد|قد|في|فيه|فيها|من|عن|على|إلى|الى|مع|أن|لا|ما|ورغم|رغم|حين|وحين|وهو|هو|هي|بدوره|انه|انها|خلال|عنه|عنها')})(?!\w)|{fold('بأن')})"
)
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
    return _SAYING.search(folded) is not None or any(mark in folded for mark in ("«", '"', "''", "“", fold("بقوله"), fold("قوله")))


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
    return sentence[offsets[start] : last].strip(" \t\n-–—()،,\"")
