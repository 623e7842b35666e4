"""Web archives (.warc): the pages that a crawler fetched, and the documents of other kinds among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag.arabic.rules.dates import iso_date
from rag.readers.formats.document import Document, Part, Unfit, is_damage
from rag.readers.formats.html import html_of, page_of
from rag.readers.formats.mail import charset_text

LARGEST = 30_000_000
"""Bytes of a page, unpacked."""
_PAGES = ("text/html", "application/xhtml+xml")
_FILES = {"application/pdf": ".pdf", "application/epub+zip": ".epub", "text/plain": ".txt"}
"""What a crawler fetches beside pages that holds articles; feeds and data repeat what pages say."""
_LONGEST_ID = 500


def read_warc(path: Path, into: Path) -> Iterator[Part]:
    """The pages that were found, by their addresses, each once; one that was fetched again, and is another, with its day.

    Answers other than 200 are passed by, as are pictures, scripts and records that say that nothing has changed.
    """
    from warcio.archiveiterator import ArchiveIterator

    seen: set[str] = set()
    digests: set[str] = set()
    number = 0
    with path.open("rb") as file:
        try:
            for number, record in enumerate(ArchiveIterator(file), 1):
                try:
                    yield from _part(record, into, seen, digests)
                except Unfit as e:
                    yield Part(f"record {number}", e, beside=f":{number}")
                except Exception as e:  # what unpacks an answer meets damage with errors of many kinds
                    if not is_damage(e):
                        raise
                    yield Part(f"record {number}", _damaged(e, "an answer that is whole"), beside=f":{number}")
        except Exception as e:  # as warcio meets damage of heads
            if not is_damage(e):
                raise
            what = "a whole .warc; nothing behind it is read"
            yield Part(f"record {number + 1}", _damaged(e, what), beside=f":{number + 1}")


def _damaged(e: Exception, expected: str) -> Unfit:
    why = " ".join(f"{type(e).__name__} {e}".split())[:120]
    return Unfit(f"is damaged or cut short ({why}); expected {expected}")


def _part(record: Any, into: Path, seen: set[str], digests: set[str]) -> Iterator[Part]:
    """The article of a record, or its file; nothing of one that is no page."""
    head = record.http_headers
    if record.rec_type not in ("response", "resource") or (head is not None and head.get_statuscode() != "200"):
        return
    given = head.get_header("Content-Type") if head is not None else record.rec_headers.get_header("Content-Type")
    kind, _, parameters = (given or "").lower().partition(";")
    if kind.strip() not in (*_PAGES, *_FILES):
        return
    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<> ")
    digest = f"{url} {record.rec_headers.get_header('WARC-Payload-Digest')}"
    day = iso_date((record.rec_headers.get_header("WARC-Date") or "")[:10])
    id_ = "".join(char for char in url if char.isprintable())[:_LONGEST_ID]
    if id_ in seen and (digest in digests or f"{id_} {day}" in seen):
        return
    id_ = f"{id_} {day}" if id_ in seen else id_
    seen.add(id_)
    digests.add(digest)
    data = record.content_stream().read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Unfit(f"({id_}) is over {LARGEST:,} bytes; expected less for one page")
    if getattr(record.raw_stream, "limit", 0):
        raise Unfit(f"({id_}) is cut short; expected an answer that is whole; nothing behind it is read")
    host = urlsplit(url).hostname or ""
    if kind.strip() in _FILES:
        file = into / f"fetched{_FILES[kind.strip()]}"
        file.write_bytes(data)
        yield Part(id_, file, id_)
        return
    yield Part(id_, _page(data, parameters, url, host.removeprefix("www."), day), id_)


def _page(data: bytes, parameters: str, url: str, host: str, day: str | None) -> Document | Unfit:
    charset = parameters.partition("charset=")[2].strip(" \"'")
    try:
        page = page_of(charset_text(data, charset) if charset else html_of(data))
    except Unfit as e:
        return e
    return replace(page, url=url, source=host, date=page.date or day)
