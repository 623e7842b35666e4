"""Full disks, folders that cannot be written, two at once, other clocks and languages: one line says so, and nothing is lost."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.library import Library
from tests.conftest import ROOT, SEEDS, Rag, line

pytestmark = pytest.mark.slow
_KILOBYTES = 1_400


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a little over a megabyte; a plain folder where nothing may be mounted: files are limited instead."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={_KILOBYTES}k", "tmpfs", str(place)], capture_output=True
        ).returncode
        == 0
    )
    yield place
    if mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _many(path: Path, count: int = 400) -> Path:
    rows = ({"id": f"r{n}", "text": f"قال الوزير رقم {n} إن السعر ثابت. " * 40} for n in range(count))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_KILOBYTES * 1024, _KILOBYTES * 1024))


def call(home: Path, *arguments: str | Path, limited: bool = False, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rag", *map(str, arguments)],
        env={**os.environ, "RAG_HOME": str(home), "PYTHONPATH": str(ROOT), **env},
        cwd=home.parent,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        preexec_fn=_limited if limited else None,
    )


def articles(home: Path) -> list[str]:
    with Library(home / "index" / "library.sqlite") as library:
        library.check()
        return [row[0] for row in library.articles()]


def test_a_disk_that_fills_while_articles_are_added(small_disk: Path, tmp_path: Path) -> None:
    home, limited = small_disk / "home", not os.path.ismount(small_disk)
    home.mkdir()
    assert call(home, "index", SEEDS, limited=limited).returncode == 0
    before = articles(home)
    full = call(home, "index", _many(tmp_path / "many.jsonl"), limited=limited)
    assert full.returncode == 1, full.stderr
    assert "free some space" in line(full.stderr) or "check" in line(full.stderr)
    assert "Traceback" not in full.stderr
    assert set(before) <= set(articles(home))
    moved = tmp_path / "moved"  # a larger disk, with what was there
    shutil.copytree(home, moved)
    done = call(moved, "search", "ماذا قال تشوركين؟", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
    assert call(moved, "index", tmp_path / "many.jsonl").returncode == 0
    assert len(articles(moved)) == len(before) + 400


def test_a_disk_that_is_too_small_for_a_backup(small_disk: Path, seeded: Rag, tmp_path: Path) -> None:
    home, limited = tmp_path / "home", not os.path.ismount(small_disk)
    assert seeded("index", _many(tmp_path / "many.jsonl"))
    done = call(home, "backup", small_disk / "b.zip", limited=limited)
    assert done.returncode == 1
    assert "cannot be" in line(done.stderr)
    assert not list(small_disk.iterdir())
    assert len(articles(home)) == 405


def test_a_folder_that_cannot_be_written(seeded: Rag, tmp_path: Path) -> None:
    """Mounted read-only where that is allowed, since root writes whatever the permissions say."""
    index = tmp_path / "home" / "index"
    before = articles(tmp_path / "home")
    bound = subprocess.run(["mount", "--bind", index, index], capture_output=True).returncode == 0
    if bound:
        subprocess.run(["mount", "-o", "remount,ro,bind", index], check=True)
    else:
        for path in (*index.iterdir(), index):
            path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        for arguments in (["index", _many(tmp_path / "many.jsonl", 3)], ["remove", before[0]]):
            done = call(tmp_path / "home", *arguments)
            assert done.returncode == 1, done.stderr
            assert "read" in line(done.stderr) or "permission" in line(done.stderr)
    finally:
        if bound:
            subprocess.run(["umount", index], check=True)
        else:
            for path in (index, *index.iterdir()):
                path.chmod(0o700)
    assert articles(tmp_path / "home") == before


def test_two_that_index_at_once_and_one_that_searches(seeded: Rag, tmp_path: Path) -> None:
    environment = {**os.environ, "RAG_HOME": str(tmp_path / "home")}
    files = []
    for name in "xy":
        rows = ({"id": f"{name}{n}", "text": f"نص {name} رقم {n} عن القمح والماء في الوادي. " * 9} for n in range(300))
        files.append(tmp_path / f"{name}.jsonl")
        files[-1].write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    writers = [
        subprocess.Popen(
            [sys.executable, "-m", "rag", "index", str(file)],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for file in files
    ]
    while True:
        running = any(writer.poll() is None for writer in writers)
        hits = json.loads(seeded("search", "ماذا قال تشوركين؟", "--json").stdout)
        assert any("تشوركين" in hit["text"] for hit in hits)
        if not running:
            break
    for writer in writers:
        assert writer.communicate()[1] == ""
        assert writer.returncode == 0
    assert len(articles(tmp_path / "home")) == 605
    assert "MEND  lexical" not in seeded("doctor").stdout


@pytest.mark.parametrize("language", ["C", "POSIX", "C.UTF-8", "tr_TR.UTF-8"])
def test_other_languages_of_the_machine(tmp_path: Path, language: str) -> None:
    """tr_TR folds I to ı in C's tolower; where it is not installed, Python falls back and the run must be the same."""
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "مقال INDEX.txt").write_text("قال الوزير إن السعر ثابت. IIII", "utf-8")
    env = {"LC_ALL": language, "LANG": language, "PYTHONUTF8": "", "PYTHONCOERCECLOCALE": "0"}
    done = call(home, "index", tmp_path / "مقال INDEX.txt", **env)
    assert done.returncode == 0, done.stderr
    assert articles(home) == ["مقال INDEX.txt"]
    found = call(home, "search", "ماذا قال الوزير؟", "--json", **env)
    assert [hit["article"] for hit in json.loads(found.stdout)] == ["مقال INDEX.txt"]
    assert call(home, "backup", tmp_path / "b.zip", **env).returncode == 0
    assert call(tmp_path / "other", "restore", tmp_path / "b.zip", **env).returncode == 0
    assert articles(tmp_path / "other") == ["مقال INDEX.txt"]


def test_a_clock_that_was_set_back(seeded: Rag, tmp_path: Path) -> None:
    """Files of the future, and articles added in the past after them: generations count, not the clock."""
    index = tmp_path / "home" / "index"
    for path in index.rglob("*"):
        os.utime(path, (4_000_000_000, 4_000_000_000))
    code = """
import sys, time
time.time = lambda: 1.0
time.time_ns = lambda: 10**9
from rag.cli.main import main
main(sys.argv[1:])
"""
    new = tmp_path / "new.txt"
    new.write_text("افتتح المتحف الملكي أبوابه في مدينة قرطبة.", "utf-8")
    os.utime(new, (1, 1))
    environment = {**os.environ, "RAG_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", code, "index", str(new)], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    hits = json.loads(seeded("search", "متى افتتح المتحف الملكي أبوابه في قرطبة؟", "--json").stdout)
    assert hits[0]["article"] == "new.txt"
    assert len(articles(tmp_path / "home")) == 6
