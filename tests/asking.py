"""Questions as people, slips of the hand and programs type them, small libraries of every kind, and what must hold of an answer.

Made from the tables that the program ships, so that a word which it knows something of is asked for; see tests/answer and tests/slow.
"""

from __future__ import annotations

import gzip
import json
import random
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from rag.answer.assistant import Assistant
from rag.arabic.lexicon import COLUMNS, WORDS, table
from rag.arabic.text.quoting import quoted
from rag.errors import InputError
from rag.query.translation import TABLE
from rag.search.embedding import SHIPPED
from rag.settings import load_settings
from rag.types import Answer, Article
from rag.wiring import open_assistant, open_library
from tests.conftest import ROOT, SEEDS

_ARABIC, _LATIN = "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءأإآؤئ", "abcdefghijklmnopqrstuvwxyz"
_MARKS = "؟?!،,؛;.…«»\"'()[]{}<>/\\|*_#$%^&=+-–—~`@"
_INVISIBLE = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202e\u2066\u2069\ufeff\u00ad\u0640\u064b\u064e\u0651\u0670\u0301\u20e3"
    "\0\x1b\r\n\t"
)
_EMOJI = "😀👍🏽🇸🇦👨\u200d👩\u200d👧❤\ufe0f♥½²Ⅷ①ﷺﷲﻻßİıΣœ中あ한ไก\ud83d\U0010ffff"
_DIGITS = "".join(chr(i) for i in range(0x20000) if unicodedata.category(chr(i)) in ("Nd", "Nl", "No"))
_NAMES = (
    "Abu Mazen", "Al-Assad", "al Sisi", "Ali", "Umm Kulthum", "O'Neill", "Ban Ki-moon", "Xi Jinping", "Mohammed bin Salman", "Ng", "Eau",
    "محمود عباس", "أبو مازن", "سيرغي لافروف", "عبد الله بن عبد العزيز", "بان كي مون", "علي", "آي",
)  # fmt: skip


@cache
def _known_words() -> tuple[str, ...]:
    """Words of the tables of the language, and English ones that have translations."""
    kept = {(name, column) for name, columns in COLUMNS.items() for column, holds in columns.items() if holds == WORDS}
    listed = {word for name, column in kept for row in table(name) for word in row[column].split()}
    translated = sorted(json.loads(gzip.decompress((SHIPPED / TABLE).read_bytes())))
    return (*sorted(listed), *translated)


@cache
def _real() -> tuple[str, ...]:
    names = ("seeds_qa", "arcd_test_200", "followups_qa")
    paths = [ROOT / "tests" / "data" / f"{name}.jsonl" for name in names]
    return tuple(json.loads(row)["question"] for path in paths for row in path.read_text("utf-8").splitlines())


def _letters(rng: random.Random) -> str:
    return "".join(rng.choices(rng.choice((_ARABIC, _LATIN, _ARABIC + _LATIN)), k=rng.randint(1, 4)))


def _cased(rng: random.Random, word: str) -> str:
    return rng.choice((str, str.title, str.upper))(word)


_KINDS: tuple[Callable[[random.Random], str], ...] = (
    lambda rng: _cased(rng, rng.choice(_known_words())),
    lambda rng: rng.choice(_NAMES),
    _letters,
    lambda rng: "".join(rng.choices(_LATIN, k=rng.randint(2, 45))).title(),
    lambda rng: "".join(rng.choices(_DIGITS, k=rng.randint(1, 5))),
    lambda rng: "".join(rng.choices(_MARKS, k=rng.randint(1, 3))),
    lambda rng: rng.choice(_INVISIBLE) + _letters(rng) + rng.choice(_INVISIBLE),
    lambda rng: rng.choice(_EMOJI),
    lambda rng: chr(rng.randrange(0x110000)),
)
_BEGIN = (
    "",
    "من هو ",
    "ماذا قال ",
    "متى ",
    "كم عدد ",
    "أين ",
    "لماذا ",
    "Who is ",
    "What did ",
    "When ",
    "How many ",
    "who said ",
    "و",
    "هل ",
)


def spoilt(rng: random.Random, text: str) -> str:
    """A text with some letters lost, doubled, exchanged or put in, or cut off."""
    letters = list(text)
    for _ in range(rng.randint(1, 4)):
        if not letters:
            break
        at = rng.randrange(len(letters))
        letters[at : at + rng.randint(0, 2)] = rng.choice(
            (
                [],
                [letters[at]] * rng.randint(2, 9),
                [rng.choice(_ARABIC + _LATIN + _MARKS + _INVISIBLE + _EMOJI + _DIGITS)],
            )
        )
    return "".join(letters)[: rng.choice((None, None, rng.randint(1, 30)))]


def question(rng: random.Random) -> str:
    """One question; the same for the same state of the generator."""
    if rng.random() < 0.3:
        return spoilt(rng, rng.choice(_real()))
    between = rng.choice((" ", " ", " ", "", " و", "-"))
    made = rng.choice(_BEGIN) + between.join(rng.choice(_KINDS)(rng) for _ in range(rng.randint(1, 6)))
    return made + rng.choice(("", "؟", "?", " ", "\u200f؟"))


LIBRARIES: dict[str, list[Article]] = {
    "empty": [],
    "one letter": [Article("1.txt", "م"), Article("2.txt", "a")],
    "seeds": [Article(path.name, path.read_text("utf-8"), source="seeds") for path in sorted(SEEDS.glob("*.txt"))],
    "english": [Article("e.txt", "Abu Mazen met Sergei Lavrov on 12 March 2015. He said 300 people were killed.", date="2015-03-12")],
    "mixed": [
        Article("m1.txt", "قال أبو مازن Abu Mazen إن \"القرار\" رقم 2334 صدر.\n\nوأضاف: 12.5% من السكان."),
        Article("m2.txt", "١٢٣ ٤٥٦ ۷۸۹ ½ 5 مليون و 3 آلاف؛ يوم الأحد 4 مارس 2015 الساعة 10:30."),
        Article("m3.txt", "😀 👍🏽 \u200f\u202e عليكم! ﷺ ﻻ ﷲ\u0301 ـــ «» \"\" ''", title="😀", date="2020"),
    ],
    "copies": [Article(f"c{i}.txt", "أعلن وزير الصحة السعودي خالد الفالح عن فتح المستشفى في جدة. وقال: «سنفتح غيره».") for i in range(4)],
    "long": [Article("l.txt", "كلمة أخرى ثم " * 3000), Article("w.txt", "ا" * 5000)],
}  # fmt: skip


def assistants(folder: Path, reader: bool = True) -> Iterator[tuple[str, Assistant]]:
    """An assistant that quotes, over each of the libraries, with the reader or without."""
    for name, articles in LIBRARIES.items():
        settings = load_settings(home=folder / name, writer="quote", reader=reader)
        with open_library(settings) as library:
            library.add(articles)
        yield name, open_assistant(settings)


def check(assistant: Assistant, text: str, history: tuple[Answer, ...] = ()) -> Answer | None:
    """Asks; None where the question is refused. Raises what must not come: whatever else than InputError, a wrong offset."""
    try:
        *_, answer = assistant.ask(assistant.parse(text), history=history)
    except InputError:
        return None
    assert answer.done
    for citation in answer.citations:
        if citation.n:
            article = assistant.library.article(citation.article)
            assert article, text
            assert article.text[citation.start : citation.end] == citation.quote, text
            assert quoted(citation.quote) in answer.text, text
    answer.as_json()
    return answer


def check_again(assistant: Assistant, text: str, answer: Answer | None, history: tuple[Answer, ...] = ()) -> None:
    """Asks anew; raises AssertionError where another answer comes."""
    again = check(assistant, text, history)
    assert (answer is None) == (again is None), text
    if answer and again:
        assert answer.as_json() | {"timings": {}} == again.as_json() | {"timings": {}}, text
