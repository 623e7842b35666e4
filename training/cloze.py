"""Questions made by rule from the sentences of Wikipedia, each with the words that answer it.

Leads («X هو …»), births, deaths, places, populations, capitals, years, counted nouns, reasons, and the titles of other articles
that a sentence mentions: what is asked for is taken out of its sentence, and a question word put before the rest (Lewis et al.
2019, arXiv 1906.04980, "cloze translation" by rule).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from rag.arabic import sentences
from rag.arabic.lexicon import any_of, spelled, words_of
from rag.arabic.text.folding import fold
from rag.types import Article

_MONTHS = any_of(spelled("months", text="yes"))
_DAY = rf"(?:\d{{1,2}} (?:{_MONTHS})،? )?"
_YEAR = rf"(?:(?:سنة|عام) )?{_DAY}(?:(?:سنة|عام) )?[12]\d{{3}}(?: ?م)?"
_PLACE = r"[^\s،.؛:()\d]+(?: [^\s،.؛:()\d]+){0,2}"
_LEAD = re.compile(
    r"^(?P<name>[^.،؛:()]{3,60}?)(?: ?\([^)]*\))?،? (?P<verb>هو|هي) (?P<answer>[^.،؛()]{8,90})(?=[.،؛()])"
)
_PATTERNS = (
    ("متى {verb} {name}؟", re.compile(
        rf"(?P<verb>ولدت?|توفيت?|تأسست?|أسست?|أنشئت?|افتتحت?) .{{0,40}}?(?:في|بتاريخ|يوم|عام|سنة) (?P<answer>{_YEAR})")),
    ("أين {verb} {name}؟", re.compile(
        rf"(?P<verb>ولدت?|توفيت?) (?:.{{0,25}}? )?(?:في|بـ?)(?: مدينة| قرية)? (?P<answer>{_PLACE})(?= (?:عام|سنة|في|يوم|بتاريخ)|[،.؛])")),
    ("أين {verb} {name}؟", re.compile(
        r"(?P<verb>[يت]قع) (?P<answer>(?:في|على|شمال|جنوب|شرق|غرب|غربي|شرقي|شمالي|جنوبي) "
        rf"{_PLACE}(?: {_PLACE})?)(?=[،.؛ ])")),
    ("كم عدد سكان {name}؟", re.compile(
        r"عدد سكان\w* (?:[^\d.]{0,60}? )?(?P<answer>\d[\d.,]*(?: (?:ألف|آلاف|مليون|ملايين))?(?: نسمة)?)")),
    ("ما هي عاصمة {name}؟", re.compile(rf"عاصمت(?:ها|ه) (?:هي |مدينة )*(?P<answer>{_PLACE})(?=[،.؛ ])")),
)  # fmt: skip
_DATED = re.compile(rf"(?:^|(?<=\s))(?:و?في )?(?:(?:سنة|عام) ){_DAY}(?P<answer>{_DAY}[12]\d{{3}})(?: ?م)?(?=[\s،.؛])")
_COUNTED = re.compile(
    r"(?<=\s)(?P<answer>\d{1,3}(?:[.,]\d{3})*(?: (?:ألف|آلاف|مليون|ملايين|مليار))?) (?P<noun>[^\W\d_]{3,})(?=[\s،.؛])"
)
_WHY = re.compile(r"\s(?P<answer>(?:بسبب|لأن\w*|نتيجة|بهدف|من أجل|احتجاجا على|إثر|خوفا من) [^،.؛:()]{6,90})(?=[،.؛(])")
_NOT_COUNTED = words_of("months", text="yes") | words_of("numbers") | words_of("prepositions")
_STARTS = re.compile(r"^(?:و(?=\w{3})|كما |وقد |قد |ثم |حيث |وكان |كان |وهو |وهي |فقد )+")
_CLAUSE = re.compile(r"[،.؛:()\n]")
_SHORTEST, _LONGEST = 4, 14
"""Words of a clause that a question is made of; of a longer one those that stand nearest to what is asked for."""
_PLACES = re.compile(r"(?:مدينة|دولة|محافظة|قرية|عاصمة|إقليم|ولاية|جزيرة|جبل|نهر|بحيرة|منطقة|مقاطعة|قارة|بلدة)")
_PEOPLE = re.compile(r"(?:\d{4} ?[-–] ?(?:\d|\)|[^\W\d])|مواليد|ولد|ممثل|شاعر|لاعب|سياسي|رئيس|ملك|كاتب|مغني|عالم|قائد)")
_INTO_A_PLACE = {"في": "أين", "إلى": "إلى أين", "من": "من أين"}
_ASKS_NAME = {"person": ("من",), "thing": ("ما", "ما هو", "ما اسم"), "place": ("ما", "أين")}
_TITLE_WORDS = 4
_COMMON_NOUN = 10
"""Articles where a word stands with the article «ال» if it is no place's name."""


@dataclass(frozen=True, slots=True)
class Made:
    """A question, its kind ("lead", "birth", "when", "many", "why", "name"), and where its answer stands in the text it was made of."""

    kind: str
    question: str
    start: int
    end: int


class Gazetteer:
    """The titles of articles, each with its kind: "place", "person" or "thing", as its article's beginning tells it."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self._kinds: dict[tuple[str, ...], str] = {}
        self._alike: defaultdict[str, list[str]] = defaultdict(list)
        articles = list(articles)
        definite = Counter(word for article in articles for word in set(re.findall(r"\bال(\w+)", fold(article.text))))
        for article in articles:
            title, lead = _bare(article.title), article.text[:160]
            words = tuple(fold(title).split())
            kind = "person" if _PEOPLE.search(lead) else "place" if _PLACES.search(lead) else "thing"
            is_name = len(words) > 1 or (kind == "place" and len(title) > 2 and definite[words[0]] < _COMMON_NOUN)
            if 0 < len(words) <= _TITLE_WORDS and is_name and words not in self._kinds:
                self._kinds[words] = kind
                self._alike[kind].append(title)

    def mentions(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Titles in a text: start, end and kind, the longest at each place, none over another."""
        words = [(found.start(), found.end(), fold(found[0])) for found in re.finditer(r"[^\W\d_]+", text)]
        i = 0
        while i < len(words):
            for size in range(_TITLE_WORDS, 0, -1):
                held = words[i : i + size]
                kind = self._kinds.get(tuple(word for *_, word in held)) if len(held) == size else None
                if kind and not _CLAUSE.search(text[held[0][0] : held[-1][1]]):
                    yield held[0][0], held[-1][1], kind
                    i += size - 1
                    break
            i += 1

    def another(self, kind: str, random: Random) -> str:
        """The title of another article of this kind."""
        return random.choice(self._alike[kind])


def made_of(article: Article, gazetteer: Gazetteer, random: Random) -> list[Made]:
    """The questions that an article gives, in order."""
    name = _bare(article.title)
    found = []
    for start, end in sentences(article.text):
        sentence = article.text[start:end]
        if start < 3 and (lead := _LEAD.search(sentence)) and set(fold(name).split()) & set(fold(lead["name"]).split()):
            who = "من" if _PEOPLE.search(sentence) else "ما"
            found.append(_made("lead", f"{who} {lead['verb']} {name}؟", start, lead))
        for form, pattern in _PATTERNS:
            if (given := pattern.search(sentence)) and (
                name.split()[0] in sentence or start < 600
            ):  # else somebody else may be meant
                found.append(_made("birth", form.format(**{"name": name, **given.groupdict()}), start, given))
        found += _clozes(sentence, start, gazetteer, random)
    return found


def _clozes(sentence: str, start: int, gazetteer: Gazetteer, random: Random) -> Iterator[Made]:
    if given := _DATED.search(sentence):
        if rest := _rest(sentence, given.start(), given.end(), random):
            yield _made("when", f"{random.choice(('متى', 'في أي عام', 'متى'))} {rest}؟", start, given)
    elif (
        (given := _COUNTED.search(sentence))
        and fold(given["noun"]) not in _NOT_COUNTED
        and (rest := _rest(sentence, given.start(), given.end(), random))
    ):
        yield _made("many", f"كم {given['noun']} {rest}؟", start, given)
    if (given := _WHY.search(sentence)) and (rest := _rest(sentence, given.start("answer"), given.end(), random)):
        yield _made("why", f"لماذا {rest}؟", start, given)
    for first, last, kind in gazetteer.mentions(sentence):
        before = sentence[:first].split(" ")
        into = _INTO_A_PLACE.get(before[-2].lstrip("و") if len(before) > 1 else "") if kind == "place" else None
        begin = first - len(before[-2]) - 1 if into else first
        asked = into or random.choice(_ASKS_NAME[kind])
        if rest := _rest(sentence, begin, last, random):
            yield Made("name", f"{asked} {rest}؟", start + first, start + last)


def _made(kind: str, question: str, start: int, found: re.Match[str]) -> Made:
    return Made(kind, question, start + found.start("answer"), start + found.end("answer"))


def _bare(title: str) -> str:
    return re.sub(r" ?\(.*", "", title).strip() or title


def _rest(sentence: str, start: int, end: int, random: Random) -> str:
    """The clause around what is asked for, without it and without some of its words; "" where it is too short or holds a number."""
    before = _STARTS.sub("", _CLAUSE.split(sentence[:start])[-1].strip()).split()
    after = _CLAUSE.split(sentence[end:])[0].split()
    most = random.randint(_SHORTEST + 1, _LONGEST)
    words = before[-max(most - len(after), most // 2) :] + after[: max(most - len(before), most // 2)]
    if len(words) < _SHORTEST or any(re.search(r"\d", word) for word in words):
        return ""
    kept = [word for word in words if len(words) <= _SHORTEST + 1 or random.random() > 0.1]
    return " ".join(kept).strip(' -–«»"')
