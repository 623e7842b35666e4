"""What an article is called, of which day it is and where it is from, by what its file, its name and its folders say."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import PurePosixPath

from rag.arabic.rules.datelines import dateline, day_in_name
from rag.arabic.rules.headlines import headline, says_something
from rag.arabic.text.folding import has_words
from rag.readers.folders import SUFFIXES
from rag.readers.formats import tables
from rag.readers.formats.document import Document, Unfit
from rag.types import Article

_DATE_FOLDERS = 3
"""Folders within each other whose names may be a year, a month and a day."""
_ENTITY = re.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,1000}>")


def described(document: Document, named: str, folders: tuple[str, ...]) -> Document:
    """A document with a title and a date, if they can be told.

    The title is the one that it gives, else the first line that reads as one; the date the one that it gives as that of its
    publication, else that of its text's head, of its name (named), of the folder that it lies in.
    """
    name = PurePosixPath(named).stem if PurePosixPath(named).suffix.lower() in SUFFIXES else named
    nested = folders[-_DATE_FOLDERS:]
    places = (name, *folders[-1:], "-".join(nested) if all(map(str.isdecimal, nested)) else "")
    date = document.date or dateline(document.text) or next(filter(None, map(day_in_name, places)), None)
    return replace(document, title=document.title or headline(document.text), date=date)


def article_of(document: Document, id_: str, source: str) -> Article:
    """A document under an id that can be printed on a line and typed on a command line; Unfit where it has no words.

    A title that is a headline and does not stand in the text is put before it, so that it can be quoted; not where the text is
    one of pages, whose places are known.
    """
    if tables.HALVES.search(id_) or min(id_, default=" ") < " ":
        shown = id_.encode("unicode_escape").decode()
        raise Unfit(f"has the name {shown}; expected whole characters without line ends and tabs; rename it")
    if not has_words(document.text):
        raise Unfit("is empty" if not document.text.strip() else "holds no words")
    if any(tables.HALVES.search(value) for value in (document.text, document.title, document.url or "")):
        raise Unfit(f"(id {id_!r}) holds a NUL or half a surrogate pair; expected whole characters")
    title, text = plain_title(document.title), document.text
    if not document.pages and says_something(title, text):
        text = f"{title}\n\n{text}"
    return Article(id_, text, title, document.date, document.source or source, document.url, document.pages)


def plain_title(title: str) -> str:
    """A title without what is left in it of HTML: entities, of which some were written twice, and tags."""
    for _ in range(2):
        title = _ENTITY.sub(lambda match: html.unescape(match[0]), title)
    bare = " ".join(_TAG.sub("", title).split())
    return tables.HALVES.sub("", bare) if bare else title
