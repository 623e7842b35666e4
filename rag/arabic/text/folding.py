"""The folded form of a text, for matching only, and the way back to the original's offsets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
import numpy.typing as npt

MARKS = ".,\u060c\u061b:;!?\u061f()[]\u00ab\u00bb\u201c\u201d\"'-\u2026"
"""Punctuation that stands beside words."""
_WORD = re.compile(r"[^\W_]+")
_STRETCH = re.compile(r"\S+")
_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3\ufb50-\ufdff\ufe70-\ufefc]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)

_HIDDEN = ("Cf", "Cn", "Co", "Cs", "Zs")

_DELETED = [
    *range(0x0610, 0x061B),  # signs of honour, small high letters
    0x061C,  # Arabic letter mark
    0x0621,  # lone hamza
    0x0640,  # tatweel
    *range(0x064B, 0x0660),  # harakat
    0x0670,
    *range(0x06D6, 0x06EE),  # Qur'anic marks
    0x00AD,
    *range(0x0300, 0x0370),  # combining accents
    *range(0x200B, 0x2010),  # zero width and directional marks
    *range(0x202A, 0x202F),
    *range(0x2060, 0x206A),
    0xFEFF,
]
_LETTERS = {
    "أإآٱٲٳ": "ا",
    "ىئیېے": "ي",
    "ؤۆۇ": "و",
    "ةۀہھە": "ه",
    "کگڪ": "ك",
    "ڤ": "ف",
    "پ": "ب",
    "چ": "ج",
    "ژ": "ز",
    "٫": ".",
    "٬": ",",
    "Σς": "σ",
    "\u212b": "a",  # the sign of the ångström
}

DELETED, BETWEEN, OTHER = 0, 1, 0xE000
"""What folding deletes, what stands between words, and what is not folded to one letter of sixteen bits."""
_UNKNOWN = 0xFFFF
_FOLDED = np.full(1 << 16, _UNKNOWN, np.uint16)
"""Filled as letters come."""
_LONGEST = 100
"""Letters of a stretch without white space that is remembered: a file of stretches of megabytes must not fill the memory."""


def _table() -> dict[int, str]:
    table = dict.fromkeys(_DELETED, "")
    for letters, base in _LETTERS.items():
        table |= {ord(letter): base for letter in letters}
    for zero in (0x0660, 0x06F0):
        table |= {zero + digit: str(digit) for digit in range(10)}
    for code in (*range(0x00C0, 0x0250), *range(0x1E00, 0x1F00)):  # Latin letters without their accents
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base != chr(code):
            table[code] = base.lower()
    for code in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD)):  # Arabic presentation forms
        base = unicodedata.normalize("NFKC", chr(code))
        if base != chr(code):
            table[code] = "".join(base.split()).translate(table)
    return table


TABLE = _table()
"""Code point → what it folds to (an empty string deletes it); letters not named here are lower-cased."""


def fold(text: str) -> str:
    """The form of a text for matching: no harakat or tatweel, unified alef, ya, ta marbuta and hamza seats, digits 0–9."""
    return text.translate(TABLE).lower()


def fold_each(texts: Iterable[str]) -> list[str]:
    """`fold` of each text."""
    return [fold(text) for text in texts]


def words_each(texts: Iterable[str]) -> list[list[str]]:
    """`words` of each text."""
    return [words(text) for text in texts]


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """`fold(text)` and, for each of its characters, the offset in `text` it came from."""
    chars: list[str] = []
    offsets: list[int] = []
    for i, char in enumerate(text):
        folded = TABLE.get(ord(char), char).lower()
        chars.append(folded)
        offsets.extend([i] * len(folded))
    return "".join(chars), offsets


def clean(text: str) -> str:
    """A question as typed, without control and direction marks, with single spaces."""
    return " ".join(_CONTROL.sub(" ", text).split())


def undirected(text: str) -> str:
    """The text without control and direction marks, which turn what stands around them; lines and joiners stay."""
    return _UNSEEN.sub("", text)


def told_apart(name: str) -> str:
    """A name with the characters that nobody sees, and the spaces that are not U+0020, as ⟨U+200B⟩: no two names look the same by
    them. Controls and ends of lines, which no id has, stay."""
    return "".join(
        f"⟨U+{ord(char):04X}⟩" if char != " " and unicodedata.category(char) in _HIDDEN else char for char in name
    )


def has_arabic(text: str) -> bool:
    """Whether any letter of the text is Arabic."""
    return _ARABIC.search(text) is not None


def words(text: str) -> list[str]:
    """The folded words of a text: runs of letters and digits."""
    stretches = text.split()
    if max(map(len, stretches), default=0) > _LONGEST:
        return _words(text)
    return list(chain.from_iterable(map(_remembered, stretches)))


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


_remembered = lru_cache(maxsize=1 << 17)(_words)


def folded_letters(units: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    """For each code unit of UTF-16 the letter that it folds to: DELETED, BETWEEN or OTHER where it is none."""
    folded: npt.NDArray[np.uint16] = _FOLDED[units]
    unknown = set(units[folded == _UNKNOWN].tolist())
    for code in unknown:
        _FOLDED[code] = _fold_of(code)
        folded[units == code] = _FOLDED[code]
    return folded


def _fold_of(code: int) -> int:
    base = fold(chr(code))
    if not base:
        return DELETED
    if len(base) > 1 or 0xD800 <= code < 0xE000:
        return OTHER
    return ord(base) if _WORD.match(base) else BETWEEN


def has_words(text: str) -> bool:
    """Whether there are any `words(text)`; it looks no further than the first."""
    return any(_WORD.search(fold(match.group())) for match in _STRETCH.finditer(text))


def word_counts(text: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    """`len(words(text[start:end]))` of each span, all at once; they ascend and do not overlap."""
    folded = folded_letters(np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16))
    if (folded == OTHER).any():
        return [len(words(text[start:end])) for start, end in spans]
    kept = np.flatnonzero(folded != DELETED)
    inside = folded[kept] != BETWEEN
    begins = inside.copy()
    begins[1:] &= ~inside[:-1]
    bounds = np.searchsorted(kept, np.array(spans, np.intp).reshape(-1, 2))
    starts = bounds[bounds[:, 0] < len(kept), 0]
    begins[starts] = inside[starts]
    through = np.concatenate(([0], begins.cumsum()))
    counts: list[int] = (through[bounds[:, 1]] - through[bounds[:, 0]]).tolist()
    return counts


def word_set(listed: str) -> frozenset[str]:
    """The folded words of a list."""
    return frozenset(words(listed))


def find(quote: str, text: str) -> tuple[int, int] | None:
    """Where `quote` stands in `text`, as offsets into `text`, or None.

    Both are compared as sequences of folded words, so harakat, spelling variants, punctuation and
    spacing do not matter; the words and their order do.
    """
    wanted = words(quote)
    if not wanted:
        return None
    folded, offsets = fold_with_offsets(text)
    pattern = r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, wanted)) + r"(?![^\W_])"
    match = re.search(pattern, folded)
    if match is None:
        return None
    return offsets[match.start()], word_end(text, offsets[match.end() - 1] + 1)


def word_end(text: str, end: int) -> int:
    """Where a word ends that folding made end at `end`: behind the hamza or harakat that it drops there."""
    while end < len(text) and TABLE.get(ord(text[end])) == "":
        end += 1
    return end
