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
hhhhch5b67hhchhhhhhhhhhhhhhhh98ab7bhhhhhh0b
ffffffa58668f2764a37fffff8f8b535287f4ffff8f
kkccfce5866655685846586847k56454263a4kkkk6f
fffaff499449f5375f37ffffffff5434953a4ffff6f
iiiiibi6i77567657847566b56i668242aci4ciiiii
hhhhhh4646h55h5a458b8b8h5bh65634756b2hhhh4h
6mgcf6d5848768595758777b6am67715478m6mmmi3f
dd6c8b36559859584a66896b48996646555c3dkke3f
kkekkkabkefffkfkgkegkkkkekkcedccfdckgkdkk0c
le69gb55969656684866676857l6565454464dlll2g
iiciii37479bid8i3aciiiiia9i95c3447593iiii2i
je9je935559d7j48456ejjjj68d99b43444b4jjjj3j
jjfjjj355477cj3847695787jjf65554775a3jfjj4j
iiiiii3483baie453979474iiii5id35795c4iiii4i
9g7cg938466aa76g4a7bgkgk6ak7786466473ekkg2e
iidiib2787i7icii5iciiidiaiiab42a736a3iiii3i
d97ag6344596796b8858868l77l6658766463cglf2f
5ibii83556i88a7i59diiiii69i7974466492iiic2d
kc78ka3453k7888k5d7dkk6k6ck7854456493afkf3e
ib59i83575i7746d2d8iei7c57i5747474593eiii4i
iieiii3458ii4a4i4iii7i6i65i5ab3659483iiii3d
iiiiib2656i8676i4iiiid6i47i7i94486453iiii2i
ci7be73447ei7c9i3i79ii7i58i54c4756374iiii3i
gggggg3g56gggggg3gggggggggg5gb4353683gggg3g
kkkkkk355578kg3a47868677kkk97834466a4dkkk3e
hhdhhh3656bbhh573557b66hdhh8hb45474d2bhhh4h
dd7ddd5dd8d7dd9d67d7ddd7d866dddd6ddd7ddd50d
dd8d894855ca7999485786875bk9575876581ekke3f
jjjjfj3444jb9j3b4b78675a5fj77a4677474ffjj3d
kk7acf35545a9c774668cabk8cd8c944483b4ckkk2f
e84f6b45647657566856697b57b6555366544cfmf3f
lda7ea36557667594856678a48l8665636584lllb2d
lfbefc3764b678579757797688e677b784594cllf1f
kke9kk2677k7kk5458dak9cddk8da95459494kkkk2d
9a6g8c35858668584758777858l5563446774bbl84l
cidieiadieiiiieiiiiieiiiiiicddececiiiicii0i
9la9f846357777594757877a69e65655465d7dhle2f
cccccc3c44c6cc6c4ccccccc6cc66c436c3c5cccc3c
iieiiiieiiiiiiiiiiiiiiiiiiiiiidcideiei0662i
ffffffffffffffffffffffffffffffffffffff31f26
jjjjjjfejjjjjjjjdjjjjjjjfjjfjjj7j9ejjj9d119
j94n5n24n59767787967898a58n46554764n5e7a52e
5ccccc5cccccccc8cc8c7ccccccc88c6c8ccccc3316
""".strip().splitlines()
"""Bits, in base 36, of a character behind another, rows and columns in the order of `_CLASSES`.

Made by `training/letters.py` of the Arabic half of the parallel corpus and of the contexts of ARCD.
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
