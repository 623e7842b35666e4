"""Text in fields of dumps and feeds that may be HTML: as people see it, a block a line."""

from __future__ import annotations

import html
import re

from rag.readers.formats.document import Unfit
from rag.readers.formats.epub import paragraphs

LARGEST = 5_000_000
"""Characters of a field with tags; parsed they take some hundred bytes of memory each."""
_INLINE = "a|abbr|b|big|cite|code|del|em|font|i|img|ins|mark|q|s|small|span|strike|strong|sub|sup|time|tt|u|iframe|script|style"
_BLOCK = (
    "address|article|aside|blockquote|br|center|dd|div|dl|dt|figure|figcaption|footer|h[1-6]|header|hr|li|main|nav|ol|p|pre|"
    "section|table|tbody|td|tfoot|th|thead|tr|ul"
)
_REST = r"(?:\s*/?>|\s+[\w:@-]{1,100}\s*=[^<>]*>)"
_TAG = re.compile(rf"</?(?:{_INLINE}|{_BLOCK}){_REST}|<!--", re.I)
_BLOCKS = re.compile(rf"<(?:{_BLOCK}){_REST}", re.I)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,10}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_HALVES = re.compile("[\ud800-\udfff]")


def without_markup(text: str) -> str:
    """A text without tags and entities, if it has any; else as it is. Its line ends count where no tag makes blocks.

    Raises Unfit for one with tags that is longer than LARGEST.
    """
    if ("<" not in text and "&" not in text) or _HALVES.search(text):
        return text
    if not _TAG.search(text):
        if not _ENTITY.search(text):
            return text
        text = html.unescape(text).replace("\xa0", " ")
        if not _TAG.search(text):
            return text
    if len(text) > LARGEST:
        raise Unfit(f"holds {len(text):,} characters of HTML; expected at most {LARGEST:,}, as one article has")
    ends, mark = (r"\n[ \t\r]*\n", "\n<p>") if _BLOCKS.search(text) else (r"\r?\n", "<br>")
    return "\n".join(paragraphs(f"<!DOCTYPE html><body>{re.sub(ends, mark, text)}".encode()))
