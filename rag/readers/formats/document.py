"""What a reader makes of a file, before it has an id and a source."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Document:
    """The text for people, whole paragraphs on lines of their own, and what the file says of itself.

    date: ISO, as YYYY, YYYY-MM or YYYY-MM-DD. unread_date: what is written as its date, where that cannot be read.
    """

    text: str
    title: str = ""
    date: str | None = None
    url: str | None = None
    source: str = ""
    pages: tuple[int, ...] = ()
    """Where each page of a PDF begins in `text`, in code points."""
    unread_date: str = ""


class Unfit(Exception):
    """A file that is not what it should be; the message says what was found, what was expected, and what mends it."""


@dataclass(frozen=True, slots=True)
class Part:
    """What stands at a place in a file that holds several articles or files.

    place: for people, as "message 3"; "" for the whole. id: its own, "" for one that is called by the file, with `beside` behind the
    file's name. A Path is a file within, written out, which is read as what it is.
    """

    place: str
    item: Document | Unfit | Path
    id: str = ""
    beside: str = ""


OLD = ("doc", "xls", "ppt")
"""Kinds of old Office files."""


def is_damage(e: Exception) -> bool:
    """Whether an error tells of what a file holds and not of the disk.

    gzip and bz2 raise OSError without a number; a place in the file that cannot be, named by the file itself, is EINVAL.
    """
    return not isinstance(e, OSError) or e.errno in (None, errno.EINVAL, errno.EOVERFLOW)
