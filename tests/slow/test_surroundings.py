"""The clock, the time zone, the language and the hash seed of the machine: none of them changes what is in the library, nor what is
found in it, nor what is answered."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, SEEDS
from tests.readers.pdf_files import drawn, pdf
from tests.readers.test_formats_files import book, word_file
from tests.readers.test_formats_text import FORMATS, known

pytestmark = pytest.mark.slow
SURROUNDINGS = {
    "C": {"LC_ALL": "C"},
    "C without UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "POSIX without UTF-8, errors strict": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii:strict"},
    "Egypt": {"LC_ALL": "ar_EG.UTF-8", "LANGUAGE": "ar"},
    "Turkey": {"LC_ALL": "tr_TR.UTF-8"},
    "the first time zone": {"TZ": "Pacific/Kiritimati"},
    "the last time zone": {"TZ": "Etc/GMT+12"},
    "a time zone that is none": {"TZ": "nowhere/at all"},
    "hash seed 1": {"PYTHONHASHSEED": "1"},
    "hash seed 4242": {"PYTHONHASHSEED": "4242"},
    "a clock that runs backwards": {},
}
_RUN = "import sys; from rag.cli.main import main; main(sys.argv[1:])"
_BACKWARDS = """
import time
now = [4_000_000_000.0]
def back():
    now[0] -= 86_400.0
    return now[0]
time.time, time.time_ns = back, lambda: int(back() * 10**9)
"""
_ASKED = ("ماذا قال تشوركين عن حلب؟", "متى افتتح المتحف؟", "ISTANBUL ILI")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of each kind, names in Arabic among them."""
    folder = tmp_path_factory.mktemp("files") / "أرشيف"
    folder.mkdir()
    for n, (suffix, made) in enumerate(FORMATS.values()):
        (folder / f"ملف{n}{suffix}").write_text(
            made(known(n)).replace('"7"', f'"r{n}"').replace("\n7", f"\nr{n}"), "utf-8"
        )
    (folder / "old.txt").write_bytes("قال الوزير إن المتحف في ISTANBUL ILI افتتح سنة ٢٠١٥.".encode("utf-16"))
    (folder / "a.pdf").write_bytes(
        pdf([drawn(["افتتح المتحف في 23 تموز 2015."])], "/CreationDate(D:20150723233000-11'00')")
    )
    word_file(folder / "a.docx")
    book(folder / "a.epub")
    with zipfile.ZipFile(folder / "seeds.zip", "w") as archive:
        for path in sorted(SEEDS.glob("*.txt")):
            archive.write(path, f"بذور/{path.name}")
    return folder


def outcome(home: Path, files: Path, env: dict[str, str], prelude: str = "") -> dict[str, object]:
    """What a home holds and answers after the folder was indexed in these surroundings, and searched and asked in them.

    Python that was told to take words for ASCII (PYTHONUTF8=0) is only told to index: a question does not reach it whole.
    """
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()

    def call(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", prelude + _RUN, *arguments],
            env={**os.environ, "RAG_HOME": str(home), "PYTHONPATH": str(ROOT), **env},
            cwd=home,
            capture_output=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done.stdout.decode("utf-8")

    call("index", str(files))
    if env.get("PYTHONUTF8") == "0":
        env = {}
    answers: list[object] = [json.loads(call("search", asked, "--json")) for asked in _ASKED]
    answer = json.loads(call("ask", _ASKED[0], "--json", "--writer", "quote"))
    answer.pop("timings")
    with sqlite3.connect(home / "index" / "library.sqlite") as db:
        rows = db.execute("SELECT * FROM articles ORDER BY rowid").fetchall()
        passages = db.execute("SELECT * FROM passages ORDER BY id").fetchall()
    db.close()
    return {
        "articles": rows,
        "passages": passages,
        "found": answers,
        "answer": answer,
        "shown": call("show", rows[0][0]),
    }


def _with_locale(name: str, folder: Path) -> dict[str, str]:
    """Where C's library finds a language that is not installed, made there; nothing where it cannot be made: Python then takes
    UTF-8 as it is."""
    folder.mkdir()
    command = ["localedef", "-i", name.partition(".")[0], "-f", "UTF-8", str(folder / name)]
    made = shutil.which("localedef") and subprocess.run(command, capture_output=True).returncode == 0
    return {"LOCPATH": str(folder)} if made else {}


@pytest.fixture(scope="module")
def usual(files: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    found = outcome(
        tmp_path_factory.mktemp("usual") / "home", files, {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"}
    )
    assert len(found["articles"]) == len(FORMATS) + 9  # type: ignore[arg-type]
    assert found["answer"]["status"] == "answered"  # type: ignore[index]
    return found


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_the_same_everywhere(usual: dict[str, object], files: Path, tmp_path: Path, name: str) -> None:
    env, prelude = SURROUNDINGS[name], _BACKWARDS if name.startswith("a clock") else ""
    if name in ("Egypt", "Turkey"):
        env = env | _with_locale(env["LC_ALL"], tmp_path / "locales")
    found = outcome(tmp_path / "home", files, env, prelude)
    for part, wanted in usual.items():
        assert found[part] == wanted, part
