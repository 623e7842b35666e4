"""ZIP files that are one document (Word, EPUB): opened only if what they hold is of a bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from rag.readers.formats.document import Unfit, is_damage

MOST_MEMBERS = 20_000
"""An illustrated book of a thousand pages has about 3,000."""
MOST_BYTES = 1 << 30
"""Unpacked, pictures included; a magazine full of photographs has some 200 MB."""
MOST_TEXT = 100 << 20
"""Of one file of XML or XHTML, unpacked; the longest books have 10 MB."""
_TEXT = (".xml", ".xhtml", ".html", ".htm", ".opf", ".rels", ".ncx")


@contextmanager
def zipped(path: Path, kind: str) -> Iterator[ZipFile]:
    """The open ZIP file; `kind` names in messages what it should be. Reading ends at the sizes it declares.

    Raises Unfit if it is too large, or if it, or what is done with it inside, meets damage.
    """
    try:
        with ZipFile(path) as file:
            _check(file, kind)
            yield file
    except Unfit:
        raise
    except MemoryError as e:
        raise Unfit(f"needs more memory than there is; expected {kind}; split it") from e
    except BadZipFile as e:
        raise Unfit(f"is a damaged ZIP file ({e}); expected {kind}; save it again") from e
    except Exception as e:  # zlib, lxml and python-docx meet damage with errors of many kinds
        if not is_damage(e):
            raise
        why = " ".join(str(e).split())[:120] or type(e).__name__
        raise Unfit(f"is damaged ({why}); expected {kind}; save it again") from e


def _check(file: ZipFile, kind: str) -> None:
    members = file.infolist()
    if len(members) > MOST_MEMBERS:
        raise Unfit(f"holds {len(members):,} files; expected {kind} of up to {MOST_MEMBERS:,}")
    if any(member.flag_bits & 1 for member in members):
        raise Unfit(f"is protected by a password; expected {kind} that opens without one; save it without")
    for member in members:
        if member.filename.lower().endswith(_TEXT) and member.file_size > MOST_TEXT:
            raise Unfit(
                f"holds {member.file_size >> 20:,} MB of text in one file; expected {kind} of up to {MOST_TEXT >> 20} MB"
            )
    if (size := sum(member.file_size for member in members)) > MOST_BYTES:
        raise Unfit(f"holds {size >> 20:,} MB; expected {kind} of up to {MOST_BYTES >> 20:,} MB")


def xml_of(data: bytes) -> Any:
    """The root element of a part; nothing outside of it is fetched, and no entity is followed."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(data, parser)
