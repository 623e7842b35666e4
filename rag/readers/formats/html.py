"""Web pages: title, date, address and text without menus, by trafilatura; nothing is fetched.

Parsers take long for some pages: `limits.limited` bounds time and memory.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from pathlib import Path
from typing import Any

from rag.arabic.rules.dates import iso_date
from rag.arabic.text.encodings import decoded, encoding_of
from rag.arabic.text.folding import has_words
from rag.arabic.text.raised import apart
from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.markup import lines, write_out
from rag.readers.formats.text import ENCODINGS

LARGEST = 30_000_000
"""Bytes of a page."""
_CHARSET = re.compile(
    rb"<meta[^<>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})|<\?xml[^<>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})",
    re.I,
)
_DECLARED_WITHIN = 8192
_UNSEEN = "//script|//style|//noscript|//template|//svg|//nav|//header|//footer|//aside|//form|//head|//comment()"
_DATED = (
    "//meta[@property='article:published_time' or @name='date' or @name='pubdate' or @name='publish-date' or @itemprop='datePublished'"
    " or @name='DC.date' or @name='dc.date.issued' or @property='og:published_time']/@content",
    "//time[@pubdate or @itemprop='datePublished']/@datetime",
    "//article//time/@datetime",
    "//time/@datetime",
    "//time/text()",
    "//*[self::span or self::div or self::p or self::li][contains(@class, 'date') or contains(@id, 'date')]/text()",
)
"""Where pages say when they were published, the surest first."""
_JSON_LD = re.compile(r'"datePublished"\s*:\s*"([^"]{4,60})"')


def read_html(path: Path) -> Document:
    """A page; Unfit where it has no text, or of no encoding that can be told. Its title is without the site's name, its source the site."""
    if (size := path.stat().st_size) > LARGEST:
        raise Unfit(f"is {size:,} bytes; expected at most {LARGEST:,} for one page; cut it into several")
    return page_of(html_of(path.read_bytes()))


def page_of(html: str) -> Document:
    """A page of these letters, as `read_html`."""
    import trafilatura
    from lxml import etree
    from lxml.html import fromstring, tostring

    try:
        tree = fromstring(html)
    except (etree.LxmlError, ValueError, AssertionError) as e:
        raise Unfit(f"is not HTML ({str(e)[:100]})") from e
    written_out = tostring(tree, encoding="unicode") if write_out(tree) else html
    found = None
    with contextlib.suppress(RecursionError, ValueError, TypeError, AttributeError, KeyError, etree.LxmlError):
        found = trafilatura.bare_extraction(
            written_out,
            include_comments=False,
            favor_recall=True,
            with_metadata=True,
            date_extraction_params={"extensive_search": False, "original_date": True, "outputformat": "%Y-%m-%d"},
        )
    text = (found and found.text) or ""
    if not has_words(text):
        text = _seen(tree)
    if not has_words(text):
        raise Unfit("has no text beside menus and scripts; expected a page with an article")
    title = " ".join(((found and found.title) or _named(tree, "og:title") or tree.findtext(".//title") or "").split())
    return Document(
        apart(text.replace("\0", "")),
        title,
        _date(tree, html),
        found.url if found else None,
        _named(tree, "og:site_name"),
    )


def html_of(data: bytes) -> str:
    """The page's letters: by what they are, else as the page declares them."""
    text = decoded(data)
    if text is None:
        bare = re.sub(
            rb"<script\b.{0,1000000}?</script>|<style\b.{0,1000000}?</style>|<[^<>]{0,10000}>",
            b" ",
            data,
            flags=re.S | re.I,
        )
        declared = _declared(data)
        if declared:
            with contextlib.suppress(UnicodeDecodeError):
                text = data.decode(declared)
        if text is None and (encoding := encoding_of(bare)):
            with contextlib.suppress(UnicodeDecodeError):
                text = data.decode(encoding)
    if text is None:
        raise Unfit(f"is not UTF-8 text, nor surely in another of {ENCODINGS}, and declares no other; save it as UTF-8")
    return re.sub(r"^\s*<\?xml[^>]*>", "", text.replace("\0", ""))


def _declared(data: bytes) -> str | None:
    """The encoding that a page names, if Python knows it as one of text."""
    match = _CHARSET.search(data[:_DECLARED_WITHIN])
    if not match:
        return None
    try:
        codec = codecs.lookup((match[1] or match[2]).decode("ascii", "replace"))
    except (LookupError, ValueError):
        return None
    return codec.name if getattr(codec, "_is_text_encoding", True) and codec.name != "undefined" else None


def _seen(tree: Any) -> str:
    """All the text of a page, a block a line, without what is not seen and without menus."""
    for part in tree.xpath(_UNSEEN):
        parent = part.getparent()
        if parent is not None:
            part.drop_tree()
    return "\n".join(lines(tree))


def _named(tree: Any, name: str) -> str:
    """What the page says of itself under a name of Open Graph."""
    return " ".join(" ".join(map(str, tree.xpath("//meta[@property=$name]/@content", name=name)[:1])).split())


def _date(tree: Any, html: str) -> str | None:
    """When a page says that it was published, by the surest place that gives a date."""
    if match := _JSON_LD.search(html):
        found = iso_date(match[1])
        if found:
            return found
    for place in _DATED:
        for written in tree.xpath(place)[:20]:
            if found := iso_date(str(written).strip()):
                return found
    return None
