"""The rows of a JSON file one by one, so that a file of any size takes no more memory than its largest row."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TextIO

from rag.arabic.rules.columns import fields_of
from rag.readers.formats.document import Unfit
from rag.readers.formats.json_shapes import is_text_of_blocks, message_of, rows_in
from rag.readers.formats.text import LARGEST

MOST_VALUES = 500_000
"""Values of a row; each takes up to 300 bytes of memory, of the three that it may have in a file."""
_LONG = 1_000_000
"""Characters for whose values there is memory however many they hold."""
_CHUNK, _LARGEST_CHUNK = 1 << 18, 2_000_000
_SPACE = re.compile(r"[ \t\n\r]*")
_CHATS = ("chats", "left_chats")
"""Members of an export of Telegram that hold chats."""
_NEAR = 16
"""Characters from the end of what was read within which an error may come of its being cut there."""
_decode = json.JSONDecoder().raw_decode


def check(row: str | bytes) -> None:
    """Raises Unfit for JSON of so many values that they would fill the memory; a comma in a text counts for one."""
    if len(row) <= _LONG:
        return
    signs = (b",", b"[", b"{") if isinstance(row, bytes) else (",", "[", "{")
    if (count := sum(map(row.count, signs))) > MOST_VALUES:  # type: ignore[arg-type]
        raise Unfit(
            f"holds {count:,} values; expected at most {MOST_VALUES:,}, as one article has; cut it into several"
        )


def listed(opened: Callable[[], TextIO], columns: Mapping[str, str], name: str) -> Iterator[tuple[str, object]]:
    """The rows of an array, of an object that holds one, of an object of objects by their ids, or a single object.

    Each comes with the id that it has if it brings none. opened: gives the file from its beginning; an object is read twice.
    Raises Unfit for what is no JSON or too large, behind the rows that are before it.
    """
    with opened() as file:
        values = _Values(file)
        if not (begins := values.next()):
            raise Unfit("is empty")
        if begins == "[":
            yield from _numbered(values, name)
            values.end()
            return
        by_id, array = _shape(values, columns) if begins == "{" else (False, None)
    with opened() as file:
        values = _Values(file)
        if not by_id and array is None:
            yield from _opened(name, values.value(), name, columns)
            values.end()
            return
        about: dict[str, object] = {}
        for member in values.members():
            if by_id:
                yield from _opened(member, values.value(), f"{name}:{member}", columns)
            elif array == _CHATS and member in _CHATS and values.next() == "{":
                yield from _chats(values, name)
            elif member == array and values.next() == "[":
                yield from _messages(values, name, about) if _is_chat(array, about) else _numbered(values, name)
            else:
                about[member] = values.skip()


def _numbered(values: _Values, name: str) -> Iterator[tuple[str, object]]:
    for number, row in enumerate(values.rows(), 1):
        yield f"{name}:{number}", row


def _opened(id_: str, value: object, name: str, columns: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """A value under its id, or the rows in it, by their numbers behind a name."""
    rows = rows_in(value, columns)
    yield from [(id_, value)] if rows is None else [(f"{name}:{number}", row) for number, row in enumerate(rows, 1)]


def _is_chat(array: str, about: Mapping[str, object]) -> bool:
    """Whether what stands before an array is what Telegram says of a chat before its messages."""
    return array == "messages" and {"name", "type", "id"} <= about.keys()


def _messages(values: _Values, name: str, chat: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for number, message in enumerate(values.rows(), 1):
        if row := message_of(chat, message):
            yield f"{name}:{number}", row


def _chats(values: _Values, name: str) -> Iterator[tuple[str, object]]:
    """The messages of all chats of a person, which stand in objects with a list of them."""
    for member in values.members():
        if member != "list" or values.next() != "[":
            values.skip()
            continue
        for _ in values.elements():
            chat: dict[str, object] = {}
            for part in values.members():
                if part == "messages" and values.next() == "[":
                    yield from _messages(values, name, chat)
                else:
                    chat[part] = values.skip()


def _shape(values: _Values, columns: Mapping[str, str]) -> tuple[bool, str | tuple[str, ...] | None]:
    """Whether an object is one of objects by their ids; else the name of the only array of objects that it holds.

    _CHATS for all that Telegram gives a person.
    """
    held: dict[str, object] = {}
    kinds, array, is_article = dict.fromkeys(("objects", "object", ""), 0), None, False
    for member in values.members():
        if member in _CHATS and values.next() == "{":
            return False, _CHATS
        is_article = is_article or "text" in fields_of([member], columns)
        held[member] = value = values.skip()
        kind = "objects" if isinstance(value, list) and value and isinstance(value[0], dict) else ""
        kind = "object" if isinstance(value, dict) else kind
        kinds[kind] += 1
        if kind == "objects":
            array = member
    values.end()
    if is_article or kinds["objects"] > 1 or is_text_of_blocks(held):
        return False, None
    return (False, array) if array is not None else (kinds["object"] > 0 == kinds[""], None)


class _Values:
    """A place in a JSON file, and what was read behind it."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._held, self._at = file, "", 0

    def next(self) -> str:
        """The character that comes next, white space aside; "" at the end."""
        while True:
            space = _SPACE.match(self._held, self._at)
            assert space is not None, "it matches nothing, too"
            self._at = space.end()
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def value(self) -> object:
        """The value that comes next, decoded."""
        self.next()
        while True:
            error = ""
            try:
                value, end = _decode(self._held, self._at)
                if end < len(self._held):  # a number may go on behind what was read
                    self._at = end
                    return value
            except RecursionError as e:
                raise Unfit("is not JSON that is read (it is nested too deeply); expected objects in an array") from e
            except json.JSONDecodeError as e:
                error = e.msg
                if e.pos < len(self._held) - _NEAR and not error.startswith("Unterminated string"):
                    raise _broken(error) from e
            if (size := len(self._held) - self._at) > LARGEST:
                raise Unfit(f"is longer than {LARGEST:,} characters; expected one article a row; cut it into several")
            check(self._held[self._at :])
            if not self._more(size):
                if error:
                    raise _broken(error)
                self._at = len(self._held)
                return value

    def members(self) -> Iterator[str]:
        """The names of an object's members; whoever asks for the next one has taken the value."""
        self._take("{")
        if self.next() == "}":
            self._at += 1
            return
        while True:
            if self.next() != '"':
                raise _broken("Expecting a name in quotes")
            yield str(self.value_before(":"))
            if self._take(",}") == "}":
                return

    def value_before(self, sign: str) -> object:
        value = self.value()
        self._take(sign)
        return value

    def rows(self) -> Iterator[object]:
        """The values of an array."""
        for _ in self.elements():
            yield self.value()

    def elements(self) -> Iterator[None]:
        """The places of an array's values; whoever asks for the next one has taken the value."""
        self._take("[")
        if self.next() == "]":
            self._at += 1
            return
        while True:
            yield
            if self._take(",]") == "]":
                return

    def skip(self) -> object:
        """The next value, which is passed by; of an array the first one in it alone."""
        if self.next() != "[":
            return self.value()
        first: list[object] = []
        for row in self.rows():
            first = first or [row]
        return first

    def end(self) -> None:
        """Raises Unfit where more comes."""
        if self.next():
            raise _broken("Extra data")

    def _take(self, signs: str) -> str:
        found = self.next()
        if not found or found not in signs:
            raise _broken(f"Expecting {' or '.join(signs)}")
        self._at += 1
        return found

    def _more(self, size: int = 0) -> bool:
        """Reads on, as much again as `size`, within bounds; False at the end, where nothing changes."""
        read = self._file.read(min(max(_CHUNK, size), _LARGEST_CHUNK))
        if read:
            self._held, self._at = self._held[self._at :] + read, 0
        return bool(read)


def _broken(why: str) -> Unfit:
    return Unfit(f"is not JSON ({why})")
