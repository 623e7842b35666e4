"""Which encoding bytes of Arabic text are in, told by what they say: UTF-8, UTF-16, Windows-1256 or ISO-8859-6.

Knows nothing of names and declarations. Where two readings are both likely it refuses rather than guess.
"""

from __future__ import annotations

import codecs
import unicodedata

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
_CLASSES = "ءآأؤإئابةتثجحخدذرزسشصضطظعغـفقكلمنهوىيگLEDSO"
"""Letters as themselves; گ: other Arabic letters, L: ASCII ones, E: other ones, D: digits, S: common signs, O: the rest."""
_PAIRS = """
hh9hdh3c66hhdhc9hhhhhhhhhhdhh78b866h7dhhh14
ffffffa58668f2764a37fffff7f8b535287f4ffff8f
bkddgbe5866655684846586857k66554263a4kkkk66
fffbff4aa559f5475b37ffffffff6435753b4ffff62
jjjjjcj6j77667647947567b57j778252acj4cjjjbb
hhhhhh4646c65h57458b8b8d5bh66434556a2hhhh56
6mgcg6d5848768585868877b6am67715478e6gmmh26
de6c8936559859584a66896b48896645555a37kkf35
kkekkkabkefffkfkgkegkkkkekkdedccfdckgkdkk06
ge69gb55969656684866686857c6555454464clll26
iiciii37579bid8i3bciiiiia9i95a3357583iiii25
jf9je83555ac7j48457fjjjj59d99943444a4jjjj45
jjfjjj355477cj3847596787jjd6455477593jfjj45
iiiiii3584baie453878474idii5ic36795c4iiii44
ag7cga38466aa76g4a7bgkgg6ae7786565473ekkg25
iieiib2587i8icii5iciiieiaibaa43a736a2iiii44
a97ag7344595696c8858868l78a6658766463cglf25
6ibii83657i88a7i59diiiii59a7764456492iiic26
kc78ka3453k7888k5d7dkk6k6cb7854456473agkg35
ib69d83575i7745d2c8iei7c57a5747474583eiii45
iieiii3458ie4a4i3iii7i7i6575ab3558483iiii45
iieiib3656i8676i4iiiic6i47i8i84586453iiii25
ci7be73447ei7c9i3i79ii7i58954b4756374iiii36
hhhhhh3h56hhhhhh3hhhhh9ach55c94353683hhhh35
kkkkkk355578kg4747868687kkd8782446594dkkk35
iidiii3656bcii573557b66idii6ia4547492ciii44
ff9fff8ffaf9ffbf89f9fff9fa89ffff8fff9fff830
ed7c794855b97999485886875ba95757765717kkf36
kkkkfk3444fbak3a4b79675a6fk7894676474ffkk35
kk7bcg35555b9c764768cabe8cb7c943484a4akkk26
f85d6b45647667666856697a5796555365544cgmf35
lea7ea36557667694857788b58d8765636584lllb24
lgbcfc3764b6795797577a7688a676b784584cllg15
kkfakk2688f8kk5458dakacddk8ea953594945kkk25
9a6h7d35858668584758778868e55634367756bl945
cidieiadieiiiieieiiieiiiiiicddececiiiicii03
9m99f946357777594757877a59966655355c7chme25
iiieia88a69898788c698abi79i99a08799ibiiii35
iieiiiieiiiiiiiiiiiiiiiiiiiiiidcideiei0662i
ffffffffffffffffffffffffffffffffffffff31f26
jjjjjjdejjjjjjjjdjjjjjjjfjjfjjj7j9ejjj9d119
994n5n34n58767787967898a58n46554664n568b63b
5k699745848767675868868b68866544456a6ekbb25
""".split()
"""Bits, in base 36, of a character behind another, rows and columns in the order of `_CLASSES`.

Made by `training/letters.py` of the Arabic half of the parallel corpus and of the articles of ARCD.
"""
_SIGNS = frozenset(" \t\n\r\f.,:;!?()[]{}\"'-/%&*+=@#$_<>|\\~^`،؛؟«»“”‘’–—…•\u200c\u200d\u200e\u200f\xa0")
_MARKS = frozenset("ًٌٍَُِّْ")
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


def _bits(text: str) -> tuple[float, float]:
    """How unlikely a text is, in bits: the whole, and for each character of its Arabic stretches."""
    total, counted, before, marks, final = 0, 0, "S", 0, False
    for char in text:
        if char in _MARKS:
            marks += 1
            total += _MARK if marks <= 2 and before in _LETTERS else _STRAY
            final = char in _FINAL
            continue
        kind = _kind(char)
        if marks and final and kind in _LETTERS:
            total += _EARLY
        if not char.isascii() or before in _LETTERS:
            total += _COSTS[before, kind]
            counted += 1
        before, marks, final = kind, 0, False
    return total, total / max(counted, 1)


def _kind(char: str) -> str:
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


_LETTERS = frozenset(_CLASSES[:-5])
_COSTS = {
    (before, char): int(bits, 36)
    for before, row in zip(_CLASSES, _PAIRS, strict=True)
    for char, bits in zip(_CLASSES, row, strict=True)
}
