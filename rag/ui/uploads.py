"""A file that a browser sends into the library: its name made harmless, its articles read and added.

Knows nothing of HTTP and HTML.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from rag.answer.assistant import Assistant
from rag.arabic import clean
from rag.errors import RagError
from rag.indexing.indexer import Indexer
from rag.library.store import Added
from rag.readers.readers import Unreadable, readings
from rag.wiring import EMPTY

_BATCH = 200
"""Articles of a transaction; between them questions are answered."""
_LONGEST = 200
"""Bytes of a name; file systems take 255."""
_PATH = re.compile(r"[/\\]")
_NAMELESS = "file"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a file: what was added, in how many passages, and what could not be read.

    error: what ended it early, where something did; what was added before stays.
    """

    added: Added
    passages: int
    failed: tuple[Unreadable, ...]
    error: RagError | None = None


def safe_name(given: str) -> str:
    """The last part of a file's name, without what turns or hides text: neither a path nor a hidden file.

    One that is too long is cut and told from others by the beginning of its checksum.
    """
    name = clean(_PATH.split(given)[-1]).strip(" .") or _NAMELESS
    if len(name.encode()) <= _LONGEST:
        return name
    kept, suffix = name.encode()[: _LONGEST // 2].decode(errors="ignore"), Path(name).suffix[:10]
    return f"{kept} {hashlib.sha256(name.encode()).hexdigest()[:8]}{suffix}"


def take_in(assistant: Assistant, file: Path) -> Taken:
    """Adds the articles of a file, and brings the indexes up to them."""
    library = assistant.library
    _, before = library.state
    error, failed = None, list[Unreadable]()
    indexer = Indexer(library, lambda item: failed.append(_without_folder(item, file)))
    try:
        indexer.finish(readings([file], lasting=False), assistant.retriever, batch=_BATCH, beside=False)
        if library.count()[0]:
            assistant.dismiss_notice(EMPTY)
    except RagError as e:
        error = e
    return Taken(indexer.added, library.state[1] - before, tuple(failed), error)


def _without_folder(item: Unreadable, file: Path) -> Unreadable:
    """What could not be read, without the folder that the file lies in for now."""
    folder = f"{file.parent}/"
    return Unreadable(item.where.replace(folder, ""), item.why.replace(folder, ""))
