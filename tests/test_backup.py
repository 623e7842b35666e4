"""A backup holds all that was there, is checked before anything is touched, and a restore that fails has changed nothing."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rag import backup as backups
from rag.backup import backup, restore
from rag.errors import BusyError, InputError, LibraryError
from rag.library.schema import FORMAT
from rag.models import chosen
from rag.settings import load_settings
from rag.types import Article
from rag.wiring import open_conversations, open_library
from tests.conftest import ROOT, Rag, line
from tests.conversations.conftest import turn

QUESTION = "ماذا قال تشوركين؟"


def home(path: Path, texts: dict[str, str]) -> Path:
    settings = load_settings(home=path)
    with open_library(settings) as library:
        library.add(Article(id_, text) for id_, text in texts.items())
    return path


def held(path: Path) -> dict[str, str]:
    with open_library(load_settings(home=path)) as library:
        return {row[0]: library.article(row[0]).text for row in library.articles()}  # type: ignore[union-attr]


def test_what_was_there_comes_back_and_answers_the_same(seeded: Rag, tmp_path: Path) -> None:
    before = json.loads(seeded("search", QUESTION, "--json").stdout)
    chosen.write("quote", tmp_path / "home" / "index" / "models")
    assert seeded("backup", tmp_path / "b.zip").stdout.count("5 articles") == 1
    other = {"RAG_HOME": str(tmp_path / "other")}
    assert "restored 5 articles" in seeded("restore", tmp_path / "b.zip", **other).stdout
    assert json.loads(seeded("search", QUESTION, "--json", **other).stdout) == before
    assert chosen.read(tmp_path / "other" / "index" / "models") == "quote"
    assert seeded("doctor", **other).stdout
    assert not list((tmp_path / "other" / "index").glob("re*"))
    assert "exists already" in line(seeded("backup", tmp_path / "b.zip", code=2).stderr)


def test_what_is_held_is_replaced_only_when_asked(tmp_path: Path) -> None:
    backup(load_settings(home=home(tmp_path / "one", {"a": "نص أول."})), tmp_path / "b.zip")
    two = load_settings(home=home(tmp_path / "two", {"b": "نص ثان.", "c": "نص ثالث."}))
    with pytest.raises(InputError, match="holds 2 articles and 0 conversations; `--replace`"):
        restore(two, tmp_path / "b.zip")
    assert set(held(two.home)) == {"b", "c"}
    assert restore(two, tmp_path / "b.zip", replace=True).articles == 1
    assert held(two.home) == {"a": "نص أول."}


def test_a_damaged_library_is_replaced_and_none_is_backed_up(tmp_path: Path) -> None:
    one = load_settings(home=home(tmp_path / "one", {"a": "نص أول عن القمح."}))
    backup(one, tmp_path / "b.zip")
    path = one.index_dir / "library.sqlite"
    data = path.read_bytes()
    assert data.count("القمح".encode()) == 1
    path.write_bytes(data.replace("القمح".encode(), "القمر".encode()))
    with pytest.raises(LibraryError, match="article 'a' fails its checksum; restore it from a copy"):
        backup(one, tmp_path / "c.zip")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.zip", "one"]
    path.write_bytes(b"no library" * 1000)
    restore(one, tmp_path / "b.zip", replace=True)
    assert held(one.home) == {"a": "نص أول عن القمح."}


def _rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)


def _row(**fields: object) -> Callable[[dict[str, bytes]], None]:
    def change(entries: dict[str, bytes]) -> None:
        entries["manifest.json"] = json.dumps({**json.loads(entries["manifest.json"]), **fields}).encode()

    return change


def _flip(file: Path) -> None:
    """One bit in the middle of the library's packed bytes; much of what a zip's headers say, nobody reads."""
    with zipfile.ZipFile(file) as packed:
        library = packed.getinfo("library.sqlite")
    data = bytearray(file.read_bytes())
    data[library.header_offset + 100 + (library.compress_size - 100) // 2] ^= 4
    file.write_bytes(data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.write_bytes(f.read_bytes()[:-30]), "damaged or none"),
        (lambda f: f.write_bytes(b""), "damaged or none"),
        (lambda f: f.write_text("a text"), "damaged or none"),
        (_flip, "damaged or none"),
        (lambda f: _rewritten(f, lambda e: e.pop("library.sqlite")), "damaged or none"),
        (
            lambda f: _rewritten(f, lambda e: e.update({"library.sqlite": e["library.sqlite"][:-1]})),
            "fails its checksum",
        ),
        (lambda f: _rewritten(f, _row(format=2)), "of format 2, this program reads up to 1"),
        (lambda f: _rewritten(f, _row(articles=7)), "holds articles 1, its manifest says 7"),
        (lambda f: _rewritten(f, _row(files={"library.sqlite": "", "../../x": ""})), "it names the files"),
    ],
)
def test_a_backup_that_is_not_whole_touches_nothing(tmp_path: Path, change: Callable[[Path], None], said: str) -> None:
    backup(load_settings(home=home(tmp_path / "one", {"a": "نص أول."})), tmp_path / "b.zip")
    change(tmp_path / "b.zip")
    two = load_settings(home=home(tmp_path / "two", {"b": "نص ثان."}))
    with pytest.raises(InputError, match=said):
        restore(two, tmp_path / "b.zip", replace=True)
    assert held(two.home) == {"b": "نص ثان."}
    assert not (two.index_dir / "restoring").exists()


def test_a_library_of_a_newer_program_in_a_backup_is_refused(tmp_path: Path) -> None:
    one = load_settings(home=home(tmp_path / "one", {"a": "نص أول."}))
    backup(one, tmp_path / "b.zip")

    def newer(entries: dict[str, bytes]) -> None:
        (tmp_path / "x").write_bytes(entries["library.sqlite"])
        with sqlite3.connect(tmp_path / "x") as db:
            db.execute("PRAGMA journal_mode = DELETE")
            db.execute("UPDATE meta SET format = 99")
        db.close()
        entries["library.sqlite"] = (tmp_path / "x").read_bytes()
        files = json.loads(entries["manifest.json"])["files"]
        _row(files={**files, "library.sqlite": backups._sha256_of(tmp_path / "x")})(entries)

    _rewritten(tmp_path / "b.zip", newer)
    with pytest.raises(InputError, match=f"has format 99, this program reads {FORMAT}"):
        restore(one, tmp_path / "b.zip", replace=True)
    assert held(one.home) == {"a": "نص أول."}


def test_what_is_open_elsewhere_is_not_replaced(tmp_path: Path) -> None:
    one = load_settings(home=home(tmp_path / "one", {"a": "نص أول."}))
    backup(one, tmp_path / "b.zip")
    code = """
import sys
from rag import wiring
from rag.settings import load_settings
library = wiring.open_library(load_settings())
library.count()
print(flush=True)
sys.stdin.read()
"""
    env = {**os.environ, "RAG_HOME": str(one.home)}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        with pytest.raises(BusyError, match="open in another process; close the chat"):
            restore(one, tmp_path / "b.zip", replace=True)
        assert backup(one, tmp_path / "c.zip").articles == 1
        other.stdin.close()
    restore(one, tmp_path / "b.zip", replace=True)


def test_a_backup_while_articles_are_added_is_of_one_moment(tmp_path: Path) -> None:
    one = load_settings(home=home(tmp_path / "one", {"a": "نص أول."}))
    code = """
from rag import wiring
from rag.settings import load_settings
from rag.types import Article
with wiring.open_library(load_settings()) as library:
    for n in range(100_000):
        library.add([Article(f"{n} {i}", f"نص {n} من النصوص.") for i in range(10)])
        print(flush=True)
"""
    env = {**os.environ, "RAG_HOME": str(one.home)}
    with subprocess.Popen([sys.executable, "-c", code], env=env, cwd=ROOT, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        made = backup(one, tmp_path / "b.zip")
        assert other.poll() is None
        other.kill()
    assert made.articles % 10 == 1
    assert made.articles > 1


@pytest.mark.parametrize("name", ["fsync", "replace"])
@pytest.mark.parametrize("command", ["backup", "restore"])
def test_killed_on_the_way_nothing_is_lost_and_again_it_works(tmp_path: Path, command: str, name: str) -> None:
    one = load_settings(home=home(tmp_path / "one", {"a": "نص أول."}))
    backup(one, tmp_path / "b.zip")
    with open_library(one) as library:
        library.add([Article("later", "نص بعد ذلك.")])
    for n in (1, 2, 3):
        code = f"""
import os, signal, sys
from rag.cli.main import main
real, left = os.{name}, [{n}]
def killed(*arguments):
    left[0] -= 1
    if not left[0]: os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)
os.{name} = killed
main(sys.argv[1:])
"""
        arguments = (
            ["backup", f"{tmp_path}/c.zip"] if command == "backup" else ["restore", f"{tmp_path}/b.zip", "--replace"]
        )
        (tmp_path / "c.zip").unlink(missing_ok=True)
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], env={**os.environ, "RAG_HOME": str(one.home)}, cwd=ROOT
        )
        assert done.returncode in (-signal.SIGKILL, 0)
        kept = [held(one.home)]
        for folder in one.index_dir.glob("replaced-*/library.sqlite"):
            with sqlite3.connect(folder) as db:
                kept.append(dict(db.execute("SELECT id, text FROM articles")))
            db.close()
        assert all(texts["a"] == "نص أول." for texts in kept)
        if done.returncode:
            assert any("later" in texts for texts in kept)
    if command == "backup":
        (tmp_path / "c.zip").unlink(missing_ok=True)
        assert backup(one, tmp_path / "c.zip").articles == 2
    else:
        assert restore(one, tmp_path / "b.zip", replace=True).articles == 1


def test_conversations_come_back(tmp_path: Path) -> None:
    one = load_settings(home=home(tmp_path / "one", {"a": "نص أول."}))
    with open_conversations(one) as conversations:
        conversations.save("me", turn("t"))
    backup(one, tmp_path / "b.zip")
    two = load_settings(home=tmp_path / "two")
    assert restore(two, tmp_path / "b.zip").conversations == 1
    with open_conversations(two) as conversations:
        assert conversations.turns("me", "c")[0].id == "t"
