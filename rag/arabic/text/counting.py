"""How lists are numbered: in figures, Roman numerals, and the letters of the Arabic and Latin alphabets."""

from __future__ import annotations

ABJAD = "أبجدهوزحطيكلمنسعفصقرشتثخذضظغ"
ALPHABET = "أبتثجحخدذرزسشصضطظعغفقكلمنهوي"
LATIN = "abcdefghijklmnopqrstuvwxyz"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"))
_ROMAN_SMALL = ((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_LARGEST = 4999
"""Of Roman numerals."""
_EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def counted(number: int, form: str) -> str:
    """A number from 1 on as a list writes it; `form` is Word's name for the way (ISO/IEC 29500-1, 17.18.59).

    Ways that are not known here are in figures.
    """
    letters = {"arabicAbjad": ABJAD, "arabicAlpha": ALPHABET, "lowerLetter": LATIN, "upperLetter": LATIN.upper()}.get(
        form
    )
    if letters:
        times, place = divmod(max(1, number) - 1, len(letters))
        return letters[place] * (min(times, len(letters)) + 1)
    if form in ("lowerRoman", "upperRoman") and 0 < number <= _LARGEST:
        return _roman(number).upper() if form == "upperRoman" else _roman(number)
    if form == "decimalZero":
        return f"{number:02}"
    return str(number).translate(_EASTERN) if form == "hindiNumbers" else str(number)


def _roman(number: int) -> str:
    written = ""
    for value, letters in (*_ROMAN, *_ROMAN_SMALL):
        times, number = divmod(number, value)
        written += letters * times
    return written
