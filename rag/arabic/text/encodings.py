"""Which encoding bytes of Arabic text are in, told by what they say: UTF-8, UTF-16, Windows-1256 or ISO-8859-6.

Knows nothing of names and declarations. Where two readings are both likely it refuses rather than guess.
"""

from __future__ import annotations

import codecs
import json
import unicodedata
from functools import cache
from pathlib import Path

from rag.errors import ModelError

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""In the order of trying: that of UTF-32 begins with that of UTF-16."""
_SURE = 12
"""Bits by which one reading must be likelier than the other: one error in some thousands of words that fit both."""
_WORST = 7.0
"""Bits a character; letters that stand side by side by chance cost more. Arabic news costs 4."""
CLASSES = "ءآأؤإئابةتثجحخدذرزسشصضطظعغـفقكلمنهوىيگLEDSO"
"""Letters as themselves; گ: other Arabic letters, L: ASCII ones, E: other ones, D: digits, S: common signs, O: the rest."""
_TABLE = Path(__file__).resolve().parents[2] / "models" / "shipped" / "letters.json"
_SIGNS = frozenset(" \t\n\r\f.,:;!?()[]{}\"'-/%&*+=@#$_<>|\\~^`،؛؟«»“”‘’–—…•\u200c\u200d\u200e\u200f\xa0")
MARKS = frozenset("ًٌٍَُِّْ")
_FINAL = frozenset("ٌٍ")
"""Marks that end a word."""
_MARK, _EARLY, _STRAY = 1, 8, 15
"""Bits of a mark upon a letter, of a final one within a word, and of one in a place where none can be."""
_ALLOWED = frozenset("\t\n\r\f\v\x1a\x85")
_SAMPLE = 200_000
"""Characters that are weighed."""
_MOST_CONTROLS = 0.05
"""Share of control characters in UTF-8; other encodings and files that are no text have more."""
_LEAST_IN_UTF16 = 0.7
"""Share of ASCII and Arabic letters from which pairs of bytes are taken for UTF-16 without a mark."""


def decoded(data: bytes) -> str | None:
    """The text of bytes, without a byte order mark; None where they are no text, or of an encoding that cannot be told."""
    encoding = encoding_of(data)
    return None if encoding is None else data.decode(encoding).removeprefix("\ufeff")


def encoding_of(data: bytes) -> str | None:
    """The name of the encoding in which the whole of the bytes can be decoded, as Python knows it; None for no text.

    A text that ends within a character is none.
    """
    for mark, encoding in _BOMS.items():
        if data.startswith(mark):
            return encoding if _decodes(data, encoding) is not None else None
    if found := _utf16(data):
        return found
    text = _decodes(data, "utf-8")
    if text is None:
        return _of_one_byte(data)
    return "utf-8" if sum(map(_is_control, text[:_SAMPLE])) <= len(text) * _MOST_CONTROLS else None


def _decodes(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: known by its letters, since bytes of NUL or 6 stand in every second place of it."""
    if len(data) % 2 or not (b"\0" in data or b"\6" in data):
        return None
    shares = {}
    for encoding in ("utf-16-le", "utf-16-be"):
        text = _decodes(data, encoding)
        if text and not any(_is_control(char) for char in text[:_SAMPLE]):
            known = sum(char < "\x7f" or "\u0600" <= char < "\u0700" for char in text)
            shares[known / len(text)] = encoding
    return shares[max(shares)] if shares and max(shares) >= _LEAST_IN_UTF16 else None


def _of_one_byte(data: bytes) -> str | None:
    """Windows-1256 or ISO-8859-6, the likelier by far; None where neither is likely, or both are and differ."""
    readings = {}
    for encoding in ("cp1256", "iso8859_6"):
        text = _decodes(data, encoding)
        if text is not None and not any(_is_control(char) for char in text):
            readings[encoding] = text
    if list(readings) == ["cp1256"] and readings["cp1256"] == _decodes(data, "cp1252"):
        return "cp1256"  # Latin letters and signs that are the same in both
    weights = {encoding: _bits(text[:_SAMPLE]) for encoding, text in readings.items()}
    if not weights:
        return None
    (best, each, encoding), *others = sorted((*bits, encoding) for encoding, bits in weights.items())
    told = all(readings[other] == readings[encoding] or bits - best >= _SURE for bits, _, other in others)
    return encoding if told and each <= _WORST else None


def _is_control(char: str) -> bool:
    return char not in _ALLOWED and unicodedata.category(char) in ("Cc", "Cn", "Co", "Cs")


@cache
def _costs() -> dict[tuple[str, str], int]:
    """Bits of a character behind another, by the classes of both.

    `python -m training.letters` makes the table, a row for each of CLASSES. Raises ModelError where it is damaged.
    """
    try:
        rows = json.loads(_TABLE.read_bytes())["bits"]
        return {
            (before, char): int(bits)
            for before, row in zip(CLASSES, rows, strict=True)
            for char, bits in zip(CLASSES, row, strict=True)
        }
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise ModelError(
            f"{_TABLE} cannot be read ({e}); expected {len(CLASSES)} rows of as many numbers; `git checkout rag/models/shipped`, "
            "or install the program again"
        ) from e


def _bits(text: str) -> tuple[float, float]:
    """How unlikely a text is, in bits: the whole, and for each character of its Arabic stretches."""
    costs = _costs()
    total, counted, before, marks, final = 0, 0, "S", 0, False
    for char in text:
        if char in MARKS:
            marks += 1
            total += _MARK if marks <= 2 and before in _LETTERS else _STRAY
            final = char in _FINAL
            continue
        kind = class_of(char)
        if marks and final and kind in _LETTERS:
            total += _EARLY
        if not char.isascii() or before in _LETTERS:
            total += costs[before, kind]
            counted += 1
        before, marks, final = kind, 0, False
    return total, total / max(counted, 1)


def class_of(char: str) -> str:
    """The one of CLASSES that a character belongs to."""
    if char in _LETTERS:
        return char
    if char in _SIGNS:
        return "S"
    if char.isdigit():
        return "D"
    if not char.isalpha():
        return "O"
    if char.isascii():
        return "L"
    return "گ" if "\u0600" <= char <= "\u06ff" else "E"


_LETTERS = frozenset(CLASSES[:-5])
