"""What programs write into the fields of JSON in place of a text: paragraphs, formatted pieces, blocks of editors, objects with a name.

Sites' interfaces (WordPress, NewsAPI), databases (MongoDB, Elasticsearch, Solr), editors (Editor.js, ProseMirror, Slate, Draft.js,
Quill, Contentful, Sanity) and Telegram are known by their forms, not by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from rag.arabic.rules.columns import fields_of
from rag.readers.formats.document import Unfit

_INSIDE = ("content", "children", "blocks", "ops", "items", "data")
"""Under which a block of an editor has what stands in it."""
_WORDS = ("text", "insert", "value", "code", "html", "caption")
_IN_A_LINE = frozenset(
    (
        "link",
        "a",
        "text_link",
        "hyperlink",
        "mention",
        "hashtag",
        "bold",
        "italic",
        "underline",
        "code",
        "inline",
        "inlineCode",
    )
)
_BREAKS = frozenset(("hardBreak", "hard_break", "br", "lineBreak"))
_NAMES = ("rendered", "name", "title", "$oid", "$date", "$numberLong", "value", "text")
"""Under which an object has what stands for it."""
_DEEPEST_LIST = 3
_MILLISECONDS = 100_000_000_000
"""From here on a count since 1970 is one of milliseconds: as seconds it would be a day after the year 5000."""
_CUT_OFF = re.compile(r"\s*\[\+[0-9]{1,9} chars\]$")
"""What NewsAPI puts where it cuts an article."""


def plain_row(row: object, columns: Mapping[str, str]) -> object:
    """A row whose fields are strings, where what they hold stands for one; others stay as they are, as does what is no object.

    Raises Unfit for a row that is nested too deeply.
    """
    try:
        return _plain(row, columns) if isinstance(row, dict) else row
    except RecursionError as e:
        raise Unfit("is nested too deeply; expected an object with id and text") from e


def _plain(row: dict[str, object], columns: Mapping[str, str]) -> dict[str, object]:
    row = {name: value for name, value in row.items() if value is not None}
    fields = fields_of(row, columns)
    if "text" not in fields:
        row = _unwrapped(row, columns)
        fields = fields_of(row, columns)
    for field, name in fields.items():
        if field == "text":
            row[name] = _prose(row[name])
        elif field == "date":
            row[name] = _day(_named(row[name]))
        elif isinstance(row[name], dict):
            row[name] = _named(row[name])
    return row


def message_of(chat: Mapping[str, object], message: object) -> dict[str, object] | None:
    """The row of a message in an export of Telegram; None for one without words, and for what Telegram says itself.

    chat: what the export says of the chat. The sender is the title, unless the chat speaks itself, as channels do.
    """
    if not isinstance(message, dict) or message.get("type") == "service":
        return None
    text = _prose(message.get("text"))
    if not isinstance(text, str) or not text.strip():
        return None
    name, sender = chat.get("name") or "", message.get("from") or ""
    title = sender if sender != name else ""
    id_ = f"{chat.get('id', name)}/{message.get('id')}"
    return {"id": id_, "text": text, "title": title, "date": message.get("date"), "source": name}


def is_text_of_blocks(row: Mapping[str, object]) -> bool:
    """Whether an object is a single text in the form of an editor."""
    return any(isinstance(row.get(name), list) for name in ("blocks", "ops")) or (
        isinstance(row.get("content"), list) and ("type" in row or "nodeType" in row)
    )


def rows_in(value: object, columns: Mapping[str, str], depth: int = 0) -> list[object] | None:
    """The objects of the only list in an answer of a site, at most some objects deep; None for an article, and where there is none."""
    if (
        not isinstance(value, dict)
        or depth > _DEEPEST_LIST
        or "text" in fields_of(value, columns)
        or is_text_of_blocks(value)
    ):
        return None
    lists = [each for each in value.values() if isinstance(each, list) and each and isinstance(each[0], dict)]
    lists = lists or [found for each in value.values() if (found := rows_in(each, columns, depth + 1)) is not None]
    return lists[0] if len(lists) == 1 else None


def _unwrapped(row: dict[str, object], columns: Mapping[str, str]) -> dict[str, object]:
    """A row with its text among its fields, which may stand in an object of its own, or in blocks."""
    if "text" in fields_of(row, columns):
        return row
    if is_text_of_blocks(row):
        return row | {"text": {name: row[name] for name in ("blocks", "ops") if name in row}}
    inner = [
        v for v in row.values() if isinstance(v, dict) and ("text" in fields_of(v, columns) or is_text_of_blocks(v))
    ]
    return row | _unwrapped(inner[0], columns) if len(inner) == 1 else row


def _prose(value: object) -> object:
    """The text that a value stands for, a paragraph or block a line; the value where it stands for none."""
    if isinstance(value, str):
        return _CUT_OFF.sub("", value) if value.endswith(" chars]") else value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "\n".join(value)
    if isinstance(value, dict) and isinstance(value.get("rendered"), str):
        return value["rendered"]
    if isinstance(value, list | dict):
        return re.sub(r"\n{2,}", "\n", "".join(_pieces(value))).strip("\n")
    return value


def _pieces(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        rows = all(isinstance(each, list) for each in node)  # of a table
        for each in node:
            if rows:
                yield "\t".join("".join(_pieces(cell)).strip() for cell in each) + "\n"
            else:
                yield from _pieces(each)
    elif isinstance(node, dict):
        kind = str(node.get("type") or node.get("nodeType") or node.get("_type") or "")
        inside = [node[name] for name in _INSIDE if isinstance(node.get(name), list | dict)]
        end = "\n" if kind in _BREAKS or (kind not in _IN_A_LINE and (inside or "key" in node)) else ""
        yield end
        for name in _WORDS:
            if isinstance(word := node.get(name), str):
                yield word + ("\n" if name in ("caption", "code", "html") else "")
        for each in inside:
            if isinstance(each, list) and each and all(isinstance(item, str) for item in each):
                yield "\n".join(each)
            else:
                yield from _pieces(each)
        yield end


def _named(value: object) -> object:
    """What an object is called by; other values as they are."""
    while isinstance(value, dict):
        name = next((name for name in _NAMES if value.get(name) is not None), None)
        if name is None:
            return value
        value = (
            int(value[name]) if name == "$numberLong" and re.fullmatch("[0-9]{1,15}", str(value[name])) else value[name]
        )
    return value


def _day(value: object) -> object:
    """The day of a count of seconds or milliseconds since 1970, at Greenwich; other values as they are."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if 1000 <= value <= 9999:
        return str(value)
    try:
        return datetime.fromtimestamp(value / (1000 if abs(value) >= _MILLISECONDS else 1), UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return str(value)
