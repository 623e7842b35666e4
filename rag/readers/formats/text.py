"""Plain text and Markdown, in any encoding that can be told."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from rag.arabic.rules.columns import fields_of
from rag.arabic.rules.dates import iso_date
from rag.arabic.text.encodings import decoded
from rag.arabic.text.wrapping import unwrapped
from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.grids import Cell, row_lines

LARGEST = 30_000_000
"""Bytes of a file that is one article, or characters of a row that is one; the longest books have some ten million."""
ENCODINGS = "UTF-8, UTF-16, Windows-1256 or ISO-8859-6"
_FRONT = re.compile(r"---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_FIELD = re.compile(r"([^\s:#-][^:\n]{0,60}):[ \t]+(.+)")
_FENCE = re.compile(r"[ ]{0,3}(```+|~~~+)")
_HEADING = re.compile(r"[ ]{0,3}#{1,6}(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r"[ ]{0,3}(=+|-{2,})[ \t]*$")
_RULE = re.compile(r"[ ]{0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_TABLE = re.compile(r"[ ]{0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_COLUMN = re.compile(r"(?<!\\)\|")
_REFERENCE = re.compile(r"[ ]{0,3}\[[^\]\[\n]{1,200}\]:[ \t]*\S+")
_LEAD = re.compile(r"[ \t]{0,12}(?:>[ \t]?)+|[ \t]{0,12}[-*+][ \t]+(?:\[[ xX]\][ \t]+)?")
_TARGET = r"\([^()\s]{0,2000}(?:\([^()\s]{0,500}\)[^()\s]{0,500})?(?:[ \t]+\"[^\"\n]{0,500}\")?\)"
_LINK = re.compile(rf"!?\[([^\]\[\n]{{0,1000}})\](?:{_TARGET}|\[[^\]\[\n]{{0,200}}\])")
_AUTOLINK = re.compile(r"<(https?://[^<>\s]{1,2000})>")
_STRONG = re.compile(r"(\*\*\*|\*\*|~~)(?=\S)([^*~\n]{1,2000}?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![\w*\\])\*(?=[^\s*])([^*\n]{1,2000}?)(?<=[^\s*\\])\*(?![\w*])")
_UNDERSCORED = re.compile(r"(?<![\w\\])(__|_)(?=[^\s_])([^_\n]{1,2000}?)(?<=[^\s_\\])\1(?!\w)")
_CODE = re.compile(r"(`+)(?!`)([^`\n]{1,2000})(?<!`)\1(?!`)")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")


def text_of(path: Path) -> str:
    """The whole text of a file without a byte order mark; Unfit where it is none, or too large."""
    if (size := path.stat().st_size) > LARGEST:
        raise Unfit(f"is {size:,} bytes; expected at most {LARGEST:,} for one article; cut it into several")
    data = path.read_bytes()
    text = decoded(data)
    if text is None and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unfit("is not UTF-8, and not whole UTF-16 as its first bytes say; save it as UTF-8")
    if (text is None and _is_utf8(data)) or (text and "\0" in text):
        raise Unfit("is not text (it holds NUL bytes or other control characters); save its text as UTF-8")
    if text is None:
        raise Unfit(f"is not UTF-8 text, nor surely in another of {ENCODINGS}; save it as UTF-8")
    return text


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read_text(path: Path) -> Document:
    """A file's text, as it is but for lines of a fixed width, which are joined into paragraphs."""
    return Document(unwrapped(text_of(path)))


def read_markdown(path: Path) -> Document:
    """A Markdown file's text without headings', lists', links' and emphasis' marks; its title is the first heading.

    A block of fields at its beginning gives title, date, source and address, and is left out of the text; one whose date cannot
    be read stays in it. What is not surely a mark stays.
    """
    whole = text_of(path).replace("\r\n", "\n")
    fields: dict[str, str] = {}
    if (front := _FRONT.match(whole)) and (given := _fields(front[1])) is not None:
        fields, whole = given, whole[front.end() :]
    lines: list[str] = []
    title, fence, before = "", "", ""
    for line in _with_rows(unwrapped(whole).split("\n")):
        if (fenced := _FENCE.match(line)) and fenced[1].startswith(fence):
            fence = "" if fence else fenced[1]
            continue
        if fence:
            lines.append(line)
            continue
        heading = _HEADING.match(line)
        if heading:
            line = _plain(heading[1] or "")
            title = title or line
        elif before.strip() and _UNDERLINE.match(line):
            title, before = title or lines[-1].strip(), ""
            continue
        elif _RULE.match(line) or _REFERENCE.match(line):
            line = ""
        else:
            line = _plain(_LEAD.sub("", line, count=1) if _LEAD.match(line) else line)
        lines.append(line)
        before = "" if heading else line
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return Document(
        text,
        fields.get("title") or title,
        iso_date(fields["date"]) if "date" in fields else None,
        fields.get("url"),
        fields.get("source", ""),
    )


def _with_rows(lines: list[str]) -> Iterator[str]:
    """The lines with a line for each row of a table, on which every cell has its column's head."""
    i = 0
    while i < len(lines):
        end = i + 2
        if end <= len(lines) and "|" in lines[i] and _TABLE.match(lines[i + 1]):
            while end < len(lines) and "|" in lines[end]:
                end += 1
            yield from row_lines([_cells(line) for line in (lines[i], *lines[i + 2 : end])], heads=1)
            i = end
        else:
            yield lines[i]
            i += 1


def _cells(line: str) -> list[Cell]:
    inner = line.strip().removeprefix("|")
    inner = inner.removesuffix("|") if not inner.endswith("\\|") else inner
    return [Cell(" ".join(cell.replace("\\|", "|").split())) for cell in _COLUMN.split(inner)]


def _fields(front: str) -> dict[str, str] | None:
    """The fields of a Markdown file's beginning; None where it is no list of fields, or its date cannot be read."""
    lines = [line for line in front.split("\n") if line.strip()]
    pairs = {match[1].strip(): match[2].strip().strip("\"'") for line in lines if (match := _FIELD.match(line))}
    if not pairs:
        return None
    found = {field: pairs[name] for field, name in fields_of(pairs, {}).items()}
    return None if "date" in found and iso_date(found["date"]) is None else found


def _plain(line: str) -> str:
    """A line without the marks within it; what stands between backticks stays as it is."""
    codes: list[str] = []

    def kept(match: re.Match[str]) -> str:
        codes.append(match[2])
        return f"\0{len(codes) - 1}\0"

    line = _CODE.sub(kept, line)
    line = _LINK.sub(r"\1", _AUTOLINK.sub(r"\1", line))
    for pattern in (_STRONG, _STRONG, _UNDERSCORED):
        line = pattern.sub(r"\2", line)
    line = html.unescape(_ESCAPE.sub(r"\1", _EMPHASIS.sub(r"\1", line)))
    return re.sub("\0(\\d+)\0", lambda match: codes[int(match[1])], line)
