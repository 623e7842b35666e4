"""Mail, one message (.eml, .emlx) or many (.mbox): its text, and what is attached to it as files; pages that are kept as mail (.mhtml).

Charsets are told by what the text says where the mail names none, one of Latin letters, or a wrong one. Encrypted mail is not read.
"""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.policy import Compat32
from email.utils import parseaddr, parsedate_to_datetime
from mimetypes import guess_extension
from pathlib import Path
from quopri import decodestring

from rag.arabic.rules.dates import iso_date
from rag.arabic.text.encodings import decoded
from rag.arabic.text.filenames import readable
from rag.arabic.text.folding import has_words
from rag.arabic.text.wrapping import unwrapped
from rag.readers.formats.document import Document, Part, Unfit
from rag.readers.formats.epub import paragraphs
from rag.readers.formats.html import page_of

LARGEST = 150_000_000
"""Bytes of one message, what is attached included; servers take 25 to 100 million."""
_DEEPEST = 30
"""Parts within parts."""
_FIELD = re.compile(rb"([!-9;-~]{1,76}):[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*")
_MOST_FIELDS = 500
_SURE = {b"from", b"received", b"return-path", b"message-id", b"mime-version", b"delivered-to"}
_USUAL = _SURE | {b"subject", b"date", b"to", b"content-type", b"content-transfer-encoding", b"reply-to", b"x-mailer"}
_BLANK = re.compile(rb"\r?\n\r?\n")
_SAVED = re.compile(rb"^(?:snapshot-content-location:|from:[ \t]*\"?<saved by |x-mimeole:.{0,60}mhtml)", re.I | re.M)
"""What browsers write into the head of a page: Chromium, Firefox's and Microsoft's."""
_SEPARATOR = re.compile(rb"From \S.{0,300}\d\d:\d\d.{0,40}\b\d{4}\b")
_BY_COUNT = re.compile(rb"\A\d{1,12}[ \t]*\r?\n")
"""The first line of Apple's .emlx: how many bytes the message has."""
_LATIN = ("ascii", "iso8859-1", "cp1252")
"""What programs declare that know nothing of the text, too."""
_ARABIC = {"1256": "cp1256", "8859-6": "iso8859-6"}
"""By what is in the name of a charset that Python does not know by the whole of it."""
_PASSED_BY = re.compile(
    r"image/|audio/|video/|font/|multipart/|message/|text/(?:x-v?card|vcard|calendar)$|application/(?:pgp-|(?:x-)?pkcs7-sig|ics$)"
)
"""Kinds of what is attached and holds no article: pictures, signatures, cards, invitations, reports of delivery."""
_ENCRYPTED = re.compile(r"multipart/encrypted$|application/(?:x-)?pkcs7-mime$")
_ENCODED = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*)\?=(?:\s+(?==\?))?")
_LONGEST_NAME = 200
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}$")
_DAMAGE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, AssertionError)
"""What Python's parser of mail raises for some that is damaged."""


class _AsWritten(Compat32):
    """Gives the fields of a head as they stand there; the standard policy loses bytes that are not ASCII."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


def is_mail(head: bytes) -> bool:
    """Whether a file that begins so is one message: with fields, two of which mails have."""
    names: list[bytes] = []
    at = found.end() if (found := _BY_COUNT.match(head)) else 0
    while (field := _FIELD.match(head, at)) and len(names) < _MOST_FIELDS:
        names.append(field[1].lower())
        at = field.end()
    return not _SURE.isdisjoint(names) and len(_USUAL.intersection(names)) > 1


def is_saved_page(head: bytes) -> bool:
    """Whether a mail that begins so is a page that a browser has saved."""
    fields = head[: found.start()] if (found := _BLANK.search(head)) else head
    return bool(_SAVED.search(fields))


def is_mailbox(head: bytes) -> bool:
    """Whether a file that begins so holds many messages, each behind a line "From …" with a time."""
    first, _, rest = head.partition(b"\n")
    return bool(_SEPARATOR.match(first) and _FIELD.match(rest.removeprefix(b">")))


def read_mail(path: Path, into: Path) -> Iterator[Part]:
    """One message, and what is attached to it."""
    if (size := path.stat().st_size) > LARGEST:
        raise Unfit(_too_large(size))
    yield from _message(_BY_COUNT.sub(b"", path.read_bytes(), count=1), into, "", "")


def read_mailbox(path: Path, into: Path) -> Iterator[Part]:
    """The messages of a .mbox, and what is attached to each; one that is too large or damaged is Unfit in its place."""
    for number, data in enumerate(_messages(path), 1):
        place, beside = f"message {number}", f":{number}"
        if isinstance(data, Unfit):
            yield Part(place, data, beside=beside)
        else:
            yield from _message(data, into, place, beside)


def read_saved_page(path: Path) -> Document:
    """The page of an .mhtml file, without its frames and pictures."""
    if (size := path.stat().st_size) > LARGEST:
        raise Unfit(_too_large(size))
    try:
        mail: Message = message_from_bytes(path.read_bytes(), policy=_AsWritten())
        pages = [part for part in mail.walk() if part.get_content_type() == "text/html"]
        if not pages:
            raise Unfit("is a saved page without HTML in it; expected a part of the kind text/html; save it anew")
        main = next((part for part in pages if part.get("Content-ID") == mail.get_param("start")), pages[0])
        html = charset_text(content_of(main), main.get_content_charset())
        saved = (
            _words_of(mail.get("Subject", "")),
            mail.get("Snapshot-Content-Location") or main.get("Content-Location"),
        )
    except _DAMAGE as e:
        raise Unfit(_damaged(e)) from e
    page = page_of(html)
    return replace(page, title=page.title or saved[0], url=page.url or saved[1])


def _damaged(e: Exception) -> str:
    why = " ".join(f"{type(e).__name__} {e}".split())[:120]
    return f"is a damaged mail ({why}); expected fields, a blank line and a text"


def _messages(path: Path) -> Iterator[bytes | Unfit]:
    lines: list[bytes] = []
    size, begun, blank = 0, False, True
    with path.open("rb") as file:
        while line := file.readline(LARGEST):
            if blank and _SEPARATOR.match(line):
                if begun:
                    yield b"".join(lines) if size <= LARGEST else Unfit(_too_large(size))
                lines, size, begun, blank = [], 0, True, False
                continue
            blank = not line.strip()
            size += len(line)
            if size <= LARGEST:
                lines.append(re.sub(rb"^>(?=>*From )", b"", line))
    yield b"".join(lines) if size <= LARGEST else Unfit(_too_large(size))


def _too_large(size: int) -> str:
    return f"is a mail of {size:,} bytes; expected at most {LARGEST:,}; save what is attached to it as files"


def _message(data: bytes, into: Path, place: str, beside: str) -> Iterator[Part]:
    """The text of a message under its place, unless all that it holds is attached; then each file."""
    try:
        mail: Message = message_from_bytes(data, policy=_AsWritten())
        if _ENCRYPTED.match(mail.get_content_type()):
            raise Unfit("is an encrypted mail; expected one that opens without a key; save it decrypted")
        text, files = _gathered(mail, 0)
        name, address = parseaddr(mail.get("From", ""))
        about = (
            _words_of(mail.get("Subject", "")),
            day_of(_words_of(mail.get("Date", ""))),
            None,
            _words_of(name) or address,
        )
        document = Document(text.replace("\0", "").strip(), *about)
        names = _names([part for part, _ in files])
    except Unfit as e:
        yield Part(place, e, beside=beside)
        return
    except _DAMAGE as e:
        yield Part(place, Unfit(_damaged(e)), beside=beside)
        return
    if has_words(text) or not files:
        yield Part(place, document, beside=beside)
    for name, (_, content) in zip(names, files, strict=True):
        suffix = _SUFFIX.search(name)
        file = into / f"attached{suffix.group().lower() if suffix else ''}"
        file.write_bytes(content)
        yield Part(": ".join(filter(None, (place, name))), file, beside=f"{beside}/{name}")


def _gathered(part: Message, depth: int) -> tuple[str, list[tuple[Message, bytes]]]:
    """The text that a part shows, and the files in it with their content; of versions of one text the plain one, if it has words."""
    if depth > _DEEPEST:
        raise Unfit("is a mail nested too deeply; expected parts of a mail")
    kind = part.get_content_type()
    inside = [each for each in part.get_payload() if isinstance(each, Message)] if part.is_multipart() else []
    if kind == "message/rfc822":
        return "", [(part, each.as_bytes()) for each in inside[:1]]
    if kind.startswith("multipart/") and inside:
        inner = [(each.get_content_type(), *_gathered(each, depth + 1)) for each in inside]
        files = [file for _, _, each in inner for file in each]
        texts = [(kind, text) for kind, text, _ in inner if has_words(text)]
        if kind == "multipart/alternative":
            plain = [text for kind, text in texts if kind == "text/plain"]
            return next(iter(plain or [text for _, text in texts[::-1]]), ""), files
        return "\n\n".join(text for _, text in texts), files
    attached = part.get_content_disposition() == "attachment" or part.get_filename()
    if kind in ("text/plain", "text/html") and not attached:
        text = charset_text(content_of(part), part.get_content_charset())
        if kind == "text/html":
            return "\n".join(paragraphs(text.encode("utf-8", "replace"))), []
        if str(part.get_param("format", "")).lower() == "flowed":
            return _unflowed(text, str(part.get_param("delsp", "")).lower() == "yes"), []
        return unwrapped("\n".join(text.splitlines())), []
    return "", [] if inside or _PASSED_BY.match(kind) else [(part, content_of(part))]


def content_of(part: Message) -> bytes:
    """What a part holds, decoded; of base64 that is damaged what can be."""
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
        found = part.get_payload(decode=True)
        return found if isinstance(found, bytes) else b""
    del part["Content-Transfer-Encoding"]  # Python gives back what it cannot decode as if it were the text
    return b"".join(map(_from_base64, bytes(part.get_payload(decode=True) or b"").split(b"=")))


def _from_base64(raw: bytes) -> bytes:
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    whole = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


def charset_text(data: bytes, declared: str | None) -> str:
    """The text of bytes in the charset that they are declared to be in, unless what they say tells otherwise."""
    codec = _codec(declared or "")
    first = "ascii" if codec is None or codec in _LATIN or codec in _ARABIC.values() else codec
    readings: list[Callable[[], str | None]] = [
        lambda: data.decode("utf-8-sig" if first == "utf-8" else first),
        lambda: data.decode("utf-8-sig"),
        lambda: data.decode(codec) if codec and codec in _ARABIC.values() else decoded(data),
    ]
    for reading in readings:
        with suppress(UnicodeError):
            if (text := reading()) is not None:
                return text
    return data.decode(codec or "cp1252", "replace")


def _codec(name: str) -> str | None:
    """Python's name for a charset of text; None for one that it does not know."""
    with suppress(LookupError, ValueError):
        codec = codecs.lookup(name.strip())
        return codec.name if getattr(codec, "_is_text_encoding", True) and codec.name != "undefined" else None
    return next((codec for sign, codec in _ARABIC.items() if sign in name), None)


def _unflowed(text: str, delete_space: bool) -> str:
    """Text of format=flowed with its paragraphs whole (RFC 3676): a line that ends in a space goes on in the next."""
    lines: list[str] = []
    open_depth = -1
    for line in text.replace("\r\n", "\n").split("\n"):
        body = line.lstrip(">")
        depth = len(line) - len(body)
        body = body.removeprefix(" ")
        is_signature = body == "-- "
        if depth == open_depth and not is_signature:
            lines[-1] = lines[-1][: -1 if delete_space else None] + body
        else:
            lines.append("> " * depth + body)
        open_depth = depth if body.endswith(" ") and not is_signature else -1
    return "\n".join(lines)


def _words_of(value: str) -> str:
    """A field's value on one line, its encoded words (RFC 2047) and bare bytes decoded; letters may be cut between two words."""
    parts: list[tuple[bytes, str | None]] = []
    at = 0
    for word in _ENCODED.finditer(value):
        parts.append((value[at : word.start()].encode("utf-8", "surrogateescape"), None))
        coded = word[3].encode("utf-8", "surrogateescape")
        data = b"".join(map(_from_base64, coded.split(b"="))) if word[2] in "bB" else decodestring(coded, header=True)
        charset = word[1].partition("*")[0].lower()
        if len(parts) > 1 and not parts[-1][0] and parts[-2][1] == charset:
            data = parts[-2][0] + data
            del parts[-2:]
        parts.append((data, charset))
        at = word.end()
    parts.append((value[at:].encode("utf-8", "surrogateescape"), None))
    return " ".join("".join(charset_text(*part) for part in parts).replace("\0", "").split())


def day_of(written: str) -> str | None:
    """The day of a date as mails and feeds write it, by its writer's clock; of another form what `iso_date` makes of it."""
    with suppress(ValueError, TypeError, OverflowError, IndexError):
        found: datetime = parsedate_to_datetime(written)
        return found.date().isoformat()
    return iso_date(written.strip())


def _names(parts: Sequence[Message]) -> list[str]:
    """What attached files are called, each once, as it can stand in an id; one without a name by its number."""
    names: list[str] = []
    for number, part in enumerate(parts, 1):
        written = part.get_filename() or ""
        with suppress(UnicodeEncodeError):  # bare bytes, of Windows as a rule
            written = readable(written.encode("ascii", "surrogateescape"))
        name = _words_of(written).replace("\\", "/").rpartition("/")[2].strip()
        name = "".join(char for char in name if char.isprintable())[-_LONGEST_NAME:]
        kind = part.get_content_type()
        name = name or f"{number}{'.eml' if kind == 'message/rfc822' else guess_extension(kind) or ''}"
        names.append(name if name not in names else f"{number}-{name}")
    return names
