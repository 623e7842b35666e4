"""Names of files that an archive keeps as bytes, without saying of which encoding."""

from __future__ import annotations

import re

_LETTERS = re.compile("[\u0621-\u063a\u0641-\u064a]")
_ENCODINGS = ("cp720", "cp1256", "cp437")
"""What programs on Arabic Windows and DOS write; the first of those that give as many Arabic letters is taken."""


def readable(name: bytes) -> str:
    """The name as text: UTF-8 if it is, else the encoding that makes the most of it Arabic letters."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        readings = [name.decode(encoding, "replace") for encoding in _ENCODINGS]
        best = max(readings, key=_likeness)
        return best if _likeness(best) > 1 else readings[-1]  # one letter alone may be an accent of another script


def _likeness(name: str) -> int:
    """Arabic letters, less the other letters and signs beyond ASCII, which names in Arabic hardly have."""
    return sum(1 if _LETTERS.match(char) else -1 for char in name if not char.isascii())
