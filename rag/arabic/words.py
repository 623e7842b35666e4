"""Words as search and evidence see them: grams, what a question asks for, words that carry no content."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from rag.arabic.folding import fold, word_set, words
from rag.arabic.vocabulary import Vocabulary

QuestionType = Literal["speech", "who", "when", "where", "many", "why", "other"]

GRAM = 4
"""Letters of a gram, edges included; 3 and 5 were slightly worse on ARCD (`python -m benchmarks.search`)."""


class Grams:
    """The character 4-grams of texts: of each folded word with its edges marked (`#word#`), in order; words of up to two letters
    whole. Those of a word are made once."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()
        self._spaced: list[str] = []

    def spaced(self, texts: Sequence[str]) -> list[str]:
        """The grams of each text with a space between any two."""
        found = self._vocabulary.numbered(texts, len(self._spaced))
        self._spaced[found.known :] = map(" ".join, map(_grams_of, found.new))
        words = list(map(self._spaced.__getitem__, found.numbers.tolist()))
        ends = found.counts.cumsum().tolist()
        return [" ".join(words[start:end]) for start, end in pairwise([0, *ends])]


@lru_cache(maxsize=1 << 16)
def word_grams(word: str) -> tuple[str, ...]:
    """The grams of one folded word, in order."""
    return _grams_of(word)


def _grams_of(word: str) -> tuple[str, ...]:
    if len(word) <= 2:
        return (word,)
    marked = f"#{word}#"
    return tuple([marked[i : i + GRAM] for i in range(len(marked) - GRAM + 1)])


_TYPE_WORDS: dict[QuestionType, str] = {
    "when": "متى|متي|امتى|إمتى|ايمتى|فمتى|ومتى|تاريخ|أي (?:عام|سنة|يوم|شهر|تاريخ)|when|what (?:year|date|day|month)",
    "many": "كم|وكم|بكم|قديش|أديش|كام|بكام|عدد|how (?:many|much|long|far|old)",
    "where": "أين|اين|وأين|فين|وين|منين|أي (?:مدينة|بلد|دولة|مكان|بحر)|where|which (?:city|country|place)",
    "why": "لماذا|ولماذا|لم|ليش|ليه|علاش|سبب|أسباب|why",
    "who": "من (?:هو|هي|الذي|التي|هم|كان|كانت)|مين|منو|who|whom|whose",
}
_TYPES = {type_: re.compile(rf"(?:^|\W)(?:{fold(pattern)})(?=\W|$)") for type_, pattern in _TYPE_WORDS.items()}
_WHO_FIRST = re.compile(r"\W*و?من\W")  # elsewhere من is "from"

DIALECT_QUESTION = (
    "شو إيش ايش مين منو شنو وش فين وين منين ليش ليه امتى إمتى ايمتى قديش أديش كام إزاي ازاي شلون كيفاش اللي"
)
"""Question words that standard Arabic does not use."""
_QUESTION = word_set(
    "ما ماذا من هل أين كيف متى كم لماذا لم بم بماذا عم عما فيم علام مم أي أية ماهو ماهي ماهى "
    f"{DIALECT_QUESTION} "
    "هو هي هم هما هؤلاء هذا هذه ذلك تلك الذي التي الذين اللذان اللتان "
    "في على إلى الى من عن مع بين حول ضد عند عندما لدى منذ حتى بعد قبل خلال أثناء بشأن تجاه نحو "
    "أن إن ان أنه إنه أنها إنها أو و ثم كما لكن لكنه قد لقد لا لن ليس ليست كان كانت يكون تكون تم يتم سوف "
    "كل بعض غير أيضا فقط له لها لهم به بها فيه فيها عنه عنها منه منها عليه عليها إليه إليها ذات نفس حيث "
    "قال قالت قالوا يقول تقول اسم عدد سبب تاريخ عام يوم سنة مكان "
    "what who whom whose when where why how which is are was were be been do does did has have had will would can could "
    "the a an of in on at to for from by with about and or that this these those it its his her their as into there "
    "i you he she we they me him us them my your our if not no don didn doesn isn wasn aren ll ve re"
)

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")  # what is left of "Lavrov's" and "U.S."


def type_of(folded: str) -> QuestionType:
    """What a folded question asks for that asks for nobody's statement; "other" where no question word says it."""
    first: QuestionType = "who" if _WHO_FIRST.match(folded) else "other"
    return next((type_ for type_, pattern in _TYPES.items() if pattern.search(folded)), first)


def content_words(question: str) -> list[str]:
    """The folded words of a question that say what it is about, in order, without repetitions."""
    return content_of(words(question))


def content_of(tokens: Iterable[str]) -> list[str]:
    """Those of some folded words that say something by themselves, in order, without repetitions."""
    return [word for word in dict.fromkeys(tokens) if word not in _QUESTION and word not in _LETTERS]


_ARTICLE = re.compile(r"^ال(?=[^\W_]{3})")


def bare_words(text: str) -> list[str]:
    """The folded words of a text, each without the article «ال» where three letters or more follow it («الله» stays)."""
    return [_ARTICLE.sub("", word) for word in words(text)]


_DATE = word_set(
    "يناير فبراير مارس أبريل ابريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر كانون شباط آذار نيسان أيار "
    "حزيران تموز آب أيلول تشرين محرم صفر ربيع جمادى رجب شعبان رمضان شوال السبت الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة أمس "
    "اليوم غدا عام سنة قرن القرن الشهر الأسبوع"
)
_COUNT = word_set(
    "اثنان ثلاثة ثلاث أربعة أربع خمسة خمس ستة ست سبعة سبع ثمانية ثماني تسعة تسع عشرة عشر عشرون عشرين ثلاثون ثلاثين أربعون أربعين "
    "خمسون خمسين ستون ستين سبعون سبعين ثمانون ثمانين تسعون تسعين مئة مائة مئات ألف ألفا آلاف مليون ملايين مليار نصف ثلث ربع"
)
_REASON = word_set(
    "بسبب لأن لأنه لأنها نتيجة بهدف لهدف أجل إثر اثر جراء نظرا بفضل سبب أسباب لذلك خوفا سعيا رغبة بغية كي لكي احتجاجا ردا باعتبار بعدما"
)
_PLACE = word_set("في إلى الى مدينة دولة قرب غرب شرق شمال جنوب منطقة إقليم عاصمة مقر قاعدة فوق أراضي")


_DIGIT = re.compile(r"\d")
_SIGNS: dict[QuestionType, frozenset[str]] = {"why": _REASON, "where": _PLACE}


def hold(type_: QuestionType, texts: Iterable[Collection[str]]) -> list[bool]:
    """Whether the folded words of each text hold something that could answer a question of this type.

    True for types with no sign of their own.
    """
    return [_holds(type_, found) for found in texts]


def _holds(type_: QuestionType, found: Collection[str]) -> bool:
    if type_ == "when":
        return not _DATE.isdisjoint(found) or any(len(word) == 4 and word.isdecimal() for word in found)
    if type_ == "many":
        return not _COUNT.isdisjoint(found) or any(map(_DIGIT.search, found))
    if type_ in _SIGNS:
        return not _SIGNS[type_].isdisjoint(found)
    return True
