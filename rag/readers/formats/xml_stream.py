"""XML as people have it, element by element: of any encoding, with characters and entities that XML does not know, cut short, or
several elements after each other without one around them.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from rag.arabic.text.encodings import encoding_of
from rag.readers.formats.document import Unfit
from rag.readers.formats.text import ENCODINGS

HEAD = 1 << 22
"""Bytes of a long file by which its encoding is told."""
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]{1,40})["']""")
_PROLOGUE = re.compile(
    r"\A\s*(?:<\?.{0,2000}?\?>\s*|<!--.{0,20000}?-->\s*|<!DOCTYPE[^<>\[]{0,2000}(?:\[.{0,20000}?\]\s*)?>\s*)*",
    re.S | re.I,
)
_CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ENTITY = re.compile(r"&(?:([A-Za-z][A-Za-z0-9]{1,30});|(?!#[0-9xX]))")
_OF_XML = ("amp", "lt", "gt", "quot", "apos")
_LONGEST_ENTITY = 40
_CHUNK = 1 << 16
_OPTIONS = {"recover": True, "resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


class Xml:
    """An XML file. Raises Unfit where its encoding cannot be told."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            self._encoding = _encoding(file.read(HEAD))

    def beginning(self) -> Any:
        """The first element around which there is none, with what the first part of the file holds of it; None if there is none."""
        from lxml import etree

        with self._path.open("rb") as file:
            around = etree.fromstring(_Utf8(file, self._encoding).read(HEAD), etree.XMLParser(**_OPTIONS))
        return next((each for each in around if isinstance(each.tag, str)), None) if around is not None else None

    def elements(self, name: str) -> Iterator[Any]:
        """The elements of a name without its namespace, each gone when the next is asked for.

        Raises Unfit, last, where the file ends within one.
        """
        from lxml import etree

        with self._path.open("rb") as file:
            stream, number, held = _Utf8(file, self._encoding, name), 0, None
            try:
                for _, element in etree.iterparse(stream, events=("end",), tag=f"{{*}}{name}", **_OPTIONS):
                    if any(True for _ in element.iterancestors(f"{{*}}{name}")):
                        continue
                    if held is not None:
                        yield held
                        _forget(held)
                    number, held = number + 1, element
            except (etree.XMLSyntaxError, SyntaxError) as e:
                raise Unfit(f"is damaged XML ({' '.join(str(e).split())[:120]}); nothing behind this is read") from e
            if held is not None and number <= stream.ends:
                yield held
            elif held is not None:
                raise Unfit("and what is behind it is cut short; expected XML with an end to each tag; fetch it again")


def _forget(element: Any) -> None:
    """Frees the memory of an element and of those before it."""
    element.clear(keep_tail=True)
    while (before := element.getprevious()) is not None:
        element.getparent().remove(before)


def local(element: Any) -> str:
    """An element's name without its namespace; "" for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def shown(element: Any) -> str:
    """The text in an element, a block a line: elements between words are parts of a line, others are lines of their own."""
    parts: list[str] = []
    stack: list[tuple[str, Any]] = [("", element)]
    while stack:
        after, item = stack.pop()
        if item is None:
            parts.append(after)
            continue
        mixed = bool((item.text or "").strip()) or any((child.tail or "").strip() for child in item)
        gap = "" if mixed else "\n"
        parts.append(" ".join(re.split(r"\s", item.text or "")))
        for child in reversed(item):
            stack.append((gap + " ".join(re.split(r"\s", child.tail or "")), None))
            if isinstance(child.tag, str):
                stack.append(("", child))
            stack.append((gap, None))
    return "\n".join(line for line in (" ".join(line.split()) for line in "".join(parts).split("\n")) if line)


def _encoding(head: bytes) -> str:
    found, declared = encoding_of(head[: head.rfind(b">") + 1]) or encoding_of(head), None
    if match := _DECLARED.match(head):
        try:
            codec = codecs.lookup(match[1].decode())
            declared = codec.name if getattr(codec, "_is_text_encoding", True) and codec.name != "undefined" else None
        except LookupError:
            declared = None
    if declared and not declared.startswith("utf") and (found is None or head.isascii() or not found.startswith("utf")):
        return declared
    if found is None and (declared is None or b"\0" in head):
        raise Unfit(f"is not UTF-8 text, nor surely in another of {ENCODINGS}, and declares no other; save it as UTF-8")
    return found or str(declared)


class _Utf8:
    """An XML file as a parser is given it: in UTF-8, an element around all that it holds, without a prologue.

    ends: how many elements of the name have ended in what was read.
    """

    def __init__(self, file: IO[bytes], encoding: str, name: str = "") -> None:
        self._file, self._decoder = file, codecs.getincrementaldecoder(encoding)("replace")
        self._tag = re.compile(rf"</(?:[\w.-]+:)?{re.escape(name)}\s*>")
        self._held, self._over, self._begun, self._ended, self.ends = "", b"", False, False, 0

    def read(self, size: int) -> bytes:
        while len(self._over) < size and not self._ended:
            self._over += self._more()
        data, self._over = self._over[:size], self._over[size:]
        return data

    def _more(self) -> bytes:
        read = self._file.read(_CHUNK)
        text = self._held + self._decoder.decode(read, not read)
        prefix = ""
        if not self._begun:
            text, prefix, self._begun = _PROLOGUE.sub("", text, count=1), "<_>", True
        self._ended = not read
        cut = max(text.rfind("<", -_LONGEST_ENTITY), text.rfind("&", -_LONGEST_ENTITY)) if read else -1
        text, self._held = (text[:cut], text[cut:]) if cut >= 0 else (text, "")
        self.ends += len(self._tag.findall(text))
        text = _ENTITY.sub(_known, _CONTROLS.sub("", text))
        return f"{prefix}{text}{'</_>' if self._ended else ''}".encode()


def _known(sign: re.Match[str]) -> str:
    """What XML reads as people meant it: an entity of HTML as its character, a bare & as itself."""
    if sign[1] in _OF_XML:
        return sign[0]
    return html.escape(html.unescape(sign[0]).replace("\xa0", " "), quote=False)
