"""Texts whose lines end where the page's width ended, as mail programs, editors and text recognition write them.

Knows lines by their lengths alone. Verse, lists, headings and addresses stay lines: what they leave free, the next word would
have filled. Lines that end in a sentence's mark stay, too, since nothing is cut there.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby, pairwise

from rag.arabic.text.folding import words
from rag.arabic.text.presentation import joined
from rag.arabic.text.sentences import ends_sentence

NARROWEST, WIDEST = 40, 120
"""Characters of a line: programs wrap at 60 to 100; shorter lines are as often verse, longer ones are paragraphs."""
FILLED = 0.92
"""Of the width: what a line takes at least with the next one's first word; letters of a book are of many widths."""
SHORTEST, LONGEST = 0.7, 1.15
"""Of the width: the lengths of lines that are filled."""
HALF = 0.5
"""Of the width: shorter lines (of addresses, names) say nothing about the others."""
FEWEST, SHARE = 2, 0.75
"""Lines that are filled, at least, and their share of those that may go on; verse of even lines has a third."""
_BREAK = "  "
"""At a line's end in Markdown: what follows begins on a new one."""
_NO_END = re.compile(r"\s*(?:#|\||```|~~~)")
_BEGINS = re.compile(
    r"\s*(?:[#>|=~`\[\u2022\u25aa\u25cf\u25cb\u25e6]|[*+\u00b7\u2013-]\s|\(?(?:\d{1,3}|[^\W\d_])[.)\u2013-](?:\s|$)|https?:)"
)
_GAP = re.compile(r"\S(?: {3,}|\s*\t\s*|\s+(?:\*+|/{2,})\s+|\s*(?:\.{3,}|\u2026)\s*)\S")
_VERSES, _UNRHYMED = 5, 6
"""Lines that a rhyme is told by, at least, and of how many one may have another."""


def unwrapped(text: str) -> str:
    """The text with the lines of each paragraph joined where its lines are of one width; any other text as it is."""
    lines = text.split("\n")
    lengths = sorted(len(line.rstrip()) for line in lines if line.strip())
    width = lengths[len(lengths) * 9 // 10] if lengths else 0
    if not NARROWEST <= width <= WIDEST:
        return text
    verse = _verse(lines)
    going = [
        i
        for i, (line, following) in enumerate(pairwise(lines))
        if len(line) > HALF * width and i not in verse and _may_go_on(line, following)
    ]
    filled = {i for i in going if _is_filled(lines[i], lines[i + 1], width)}
    if len(filled) < max(FEWEST, SHARE * len(going)):
        return text
    found = [lines[0]]
    for i, line in enumerate(lines[1:]):
        if i in filled:
            found[-1] = joined(found[-1].rstrip(), line.strip())
        else:
            found.append(line)
    return "\n".join(found)


def _may_go_on(line: str, following: str) -> bool:
    """Whether a paragraph may go on from one line to the next."""
    indented = len(following) - len(following.lstrip()) > len(line) - len(line.lstrip())
    return (
        bool(line.strip())
        and bool(following.strip())
        and not indented
        and not line.endswith(_BREAK)
        and not ends_sentence(line)
        and not _NO_END.match(line)
        and not _BEGINS.match(following)
    )


def _is_filled(line: str, following: str, width: int) -> bool:
    """Whether the next line's first word had no room on a line."""
    length = len(line.rstrip())
    return (
        SHORTEST * width <= length <= LONGEST * width
        and length + 1 + len(following.split(maxsplit=1)[0]) > FILLED * width
    )


def _verse(lines: list[str]) -> set[int]:
    """The places of the lines of verse: of two halves with a gap between them, or with a rhyme in each or in every second one."""
    found: set[int] = set()
    for is_written, group in groupby(enumerate(lines), key=lambda item: bool(item[1].strip())):
        block = list(group)
        if not is_written or len(block) == 1:
            continue
        halved = 2 * sum(bool(_GAP.search(line)) for _, line in block) >= len(block)
        ends = [end[-1][-1] for _, line in block if (end := words(line))]
        if halved or any(map(_rhyme, (ends, ends[::2], ends[1::2]))):
            found |= {i for i, _ in block}
    return found


def _rhyme(ends: list[str]) -> bool:
    return len(ends) >= _VERSES and Counter(ends).most_common(1)[0][1] >= len(ends) - len(ends) // _UNRHYMED
