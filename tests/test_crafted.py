"""Files of the program's own that somebody else made: refused in a line, with nothing touched, or read as the types that they say."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.conversations import Conversations, Turn, answers
from rag.errors import HistoryDamaged, HistoryError, LibraryError
from rag.library import Library
from rag.settings import load_settings
from rag.stored import restored
from rag.types import Answer, Article, Citation, Hit, Passage, Scope
from rag.wiring import open_conversations_or_begin_anew
from tests.conftest import Rag, line

ANSWER = Answer(
    "من؟",
    "answered",
    "قال «نعم» [1].",
    "quote",
    (Citation(1, "قال", "a", "s", 0, 3, "قال", "supported", near_duplicates=("b",)),),
    (Hit(Passage(1, "a", 0, 3, "قال", date=None), 1, 0.5, None, 2),),
    timings={"search": 1.5},
    done=True,
)
TURN = Turn("t1", "c1", ANSWER, Scope("2015", "", ("s",)), "2015-01-01T00:00:00+00:00")
SCRIPT = "<img src=x onerror=alert(1)>"


def test_what_was_stored_comes_back_equal() -> None:
    assert restored(Answer, json.loads(json.dumps(asdict(ANSWER)))) == ANSWER
    assert restored(Turn, json.loads(json.dumps(asdict(TURN)))) == TURN


def changed(value: Any, path: tuple[Any, ...], to: object) -> Any:
    """A copy of JSON with another value at a place."""
    if not path:
        return to
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], to)
    return copy


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, held in inside for place in places(held, (*path, key)))]


@pytest.mark.parametrize("place", places(json.loads(json.dumps(asdict(TURN)))), ids=str)
def test_nothing_is_taken_for_another_type(place: tuple[Any, ...]) -> None:
    whole = json.loads(json.dumps(asdict(TURN)))
    for wrong in (SCRIPT, 5, 1.5, True, None, [], {}, [SCRIPT], {"x": 1}, float("nan"), [[[]]]):
        try:
            found = restored(Turn, changed(whole, place, wrong))
        except (TypeError, ValueError):
            continue
        assert asdict(found) == asdict(restored(Turn, json.loads(json.dumps(asdict(found)))))
        assert type(found.answer.citations) is tuple
        assert all(type(c.n) is int and type(c.quote) is str for c in found.answer.citations)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_an_answer_or_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        restored(Answer, value)


@pytest.mark.parametrize(
    "answer",
    [
        answers.packed(ANSWER).replace(b'"n": 1', b'"n": "' + SCRIPT.encode() + b'"'),
        answers.packed(ANSWER).replace(b'"done": true', b'"done": true, "more": 1'),
        answers.packed(ANSWER).replace(b'"answered"', b'"hacked"'),
        b"[" * 100_000,
        b"{}",
        b"null",
        b"\xff",
        b"",
    ],
    ids=lambda data: repr(data[:20]),
)
def test_a_crafted_answer_is_told_and_not_shown(tmp_path: Path, answer: bytes) -> None:
    with Conversations(tmp_path / "conversations.sqlite") as conversations:
        conversations.save("", TURN)
        conversations._db.execute("UPDATE turns SET answer = ?", (answer,))
        with pytest.raises(HistoryError, match="cannot be read"):
            conversations.turns("", "c1")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON turns BEGIN DELETE FROM turns; END", "the trigger 't'"),
        ("CREATE VIEW v AS SELECT 1", "the view 'v'"),
        ("CREATE TABLE other (x)", "the table 'other'"),
        ("CREATE INDEX i ON turns(note)", "the index 'i'"),
    ],
)
def test_a_file_with_other_objects_is_set_aside_and_the_chat_starts(tmp_path: Path, statement: str, said: str) -> None:
    settings = load_settings(home=tmp_path)
    path = settings.index_dir / "conversations.sqlite"
    with Conversations(path) as conversations:
        conversations.save("", TURN)
        conversations._db.execute(statement)
    before = path.read_bytes()
    with pytest.raises(HistoryDamaged, match=said):
        Conversations(path)
    conversations, notice = open_conversations_or_begin_anew(settings)
    with conversations:
        assert conversations.listed("") == []
        assert "it was set aside as conversations.damaged-" in notice
        (aside,) = settings.index_dir.glob("conversations.damaged-*.sqlite")
        assert aside.read_bytes() == before


@pytest.mark.parametrize("data", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_conversations_that_are_none_are_set_aside(tmp_path: Path, data: bytes) -> None:
    settings = load_settings(home=tmp_path)
    settings.index_dir.mkdir()
    (settings.index_dir / "conversations.sqlite").write_bytes(data)
    conversations, notice = open_conversations_or_begin_anew(settings)
    with conversations:
        assert conversations.listed("") == []
        assert "set aside" in notice
        assert "\n" not in notice


def test_a_library_with_a_trigger_is_refused(tmp_path: Path) -> None:
    with Library(tmp_path / "library.sqlite") as library:
        library.add([Article("a", "نص.")])
        library._db.execute("CREATE TRIGGER t AFTER DELETE ON articles BEGIN DELETE FROM articles; END")
    with pytest.raises(LibraryError, match="holds the trigger 't', which no library"):
        Library(tmp_path / "library.sqlite")


Change = Callable[[dict[str, bytes]], dict[str, bytes]]


def manifest(members: dict[str, bytes], **changes: object) -> dict[str, bytes]:
    row = json.loads(members["manifest.json"])
    return {**members, "manifest.json": json.dumps({**row, **changes}).encode()}


def database(members: dict[str, bytes], statement: str, folder: Path) -> dict[str, bytes]:
    """The members with a statement run in the library, and its checksum set right."""
    path = folder / "crafted.sqlite"
    path.write_bytes(members["library.sqlite"])
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()
    data = path.read_bytes()
    files = json.loads(members["manifest.json"])["files"] | {"library.sqlite": hashlib.sha256(data).hexdigest()}
    return manifest({**members, "library.sqlite": data}, files=files)


@pytest.mark.parametrize(
    "change",
    [
        lambda members, folder: manifest(members, articles=SCRIPT),
        lambda members, folder: manifest(members, made=[SCRIPT]),
        lambda members, folder: manifest(members, files=[1]),
        lambda members, folder: manifest(members, files={"library.sqlite": 5}),
        lambda members, folder: manifest(members, files={"../library.sqlite": "0" * 64, "library.sqlite": "0" * 64}),
        lambda members, folder: manifest(members, more=1),
        lambda members, folder: manifest(members, format="2"),
        lambda members, folder: {**members, "manifest.json": b"[" * 100_000},
        lambda members, folder: {**members, "manifest.json": b"5"},
        lambda members, folder: {**members, "library.sqlite": b"\0" * 300_000_000},
        lambda members, folder: database(members, "CREATE TRIGGER t AFTER INSERT ON articles BEGIN DELETE FROM articles; END", folder),
        lambda members, folder: database(members, "CREATE VIEW v AS SELECT 1", folder),
        lambda members, folder: database(members, "CREATE TABLE other (x)", folder),
        lambda members, folder: database(members, "UPDATE meta SET generation = 'x'", folder),
    ],
    ids=range(14),
)  # fmt: skip
def test_a_crafted_backup_is_refused_in_a_line_and_touches_nothing(
    seeded: Rag, tmp_path: Path, change: Callable[[dict[str, bytes], Path], dict[str, bytes]]
) -> None:
    seeded("backup", "whole.zip")
    with zipfile.ZipFile(tmp_path / "whole.zip") as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(tmp_path / "crafted.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as crafted:
        for name, data in change(members, tmp_path).items():
            crafted.writestr(name, data)
    library = tmp_path / "home" / "index" / "library.sqlite"
    before = library.read_bytes()
    said = line(seeded("restore", "crafted.zip", "--replace", code=2).stderr)
    assert "crafted.zip" in said
    assert "onerror" not in said or "manifest says" in said
    assert library.read_bytes() == before
    assert "5 articles" in seeded("doctor").stdout


def test_an_encrypted_backup_is_refused_in_a_line(seeded: Rag, tmp_path: Path) -> None:
    seeded("backup", "whole.zip")
    data = bytearray((tmp_path / "whole.zip").read_bytes())
    for signature, at in (
        (b"PK\x03\x04", 6),
        (b"PK\x01\x02", 8),
    ):  # the flags of each member, here and in the directory
        place = data.find(signature)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(signature, place + 1)
    (tmp_path / "locked.zip").write_bytes(data)
    assert "locked.zip is damaged or none" in line(seeded("restore", "locked.zip", "--replace", code=2).stderr)
