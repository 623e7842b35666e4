"""`rag doctor`: each thing that can be wrong is found, and told with what mends it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from collections import namedtuple
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from filelock import FileLock

from rag import doctor
from rag.library import Library
from rag.models import checksums, pulled
from rag.models.catalogue import find
from rag.models.pulled import Pulled
from rag.search.embedding import SHIPPED
from rag.search.index_state import WRITING
from rag.settings import Settings
from rag.types import Article
from tests.conftest import ROOT, Rag


@pytest.fixture
def settings(seeded: Rag, tmp_path: Path) -> Settings:
    """A home in which all is well."""
    return Settings(home=tmp_path / "home")


def found(settings: Settings, what: str) -> doctor.Finding:
    (finding,) = (finding for finding in doctor.examine(settings) if finding.what == what)
    assert "\n" not in finding.found + finding.mend
    assert finding.ok or finding.mend or "`" in finding.found or ";" in finding.found, finding
    return finding


def test_where_all_is_well_nothing_is_to_be_mended(settings: Settings) -> None:
    findings = list(doctor.examine(settings))
    assert [finding for finding in findings if not finding.ok] == []
    names = [finding.what for finding in findings]
    assert len(names) == len(set(names))
    told = {finding.what: finding.found for finding in findings}
    assert {"Python", "torch", "pypdf", "trafilatura", "shipped model", "memory", "disk", "Arabic fonts"} <= set(told)
    assert "generation 1, " in told["library"]
    assert told["lexical index"].startswith("current: generation 1, ")
    assert told["network"] == "not needed"


def test_the_list_of_checksums_is_that_of_the_shipped_files(tmp_path: Path) -> None:
    assert list(checksums.damage(SHIPPED)) == [], "write it anew: `python -m training.checksums rag/models/shipped`"
    copy = shutil.copytree(SHIPPED, tmp_path / "copy")
    (copy / checksums.LIST).unlink()
    subprocess.run([sys.executable, "-m", "training.checksums", copy], check=True, cwd=ROOT)
    assert (copy / checksums.LIST).read_bytes() == (SHIPPED / checksums.LIST).read_bytes()
    assert "training.checksums" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_a_shipped_file_that_is_another(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = shutil.copytree(SHIPPED, tmp_path / "copy")
    monkeypatch.setattr(doctor, "SHIPPED", copy)
    data = bytearray((copy / "model.safetensors").read_bytes())
    data[5_000_000] ^= 1
    (copy / "model.safetensors").write_bytes(data)
    (copy / "words.json.gz").unlink()
    (copy / "more.json").write_text("{}")
    weights = (copy / "rankers.json").read_text(encoding="utf-8")
    (copy / "rankers.json").write_text(weights.replace("0.02", "0.03", 1), encoding="utf-8")
    wrong = found(settings, "shipped model")
    assert not wrong.ok
    for part in ("model.safetensors has", "words.json.gz is missing", "more.json has", "rankers.json has"):
        assert part in wrong.found
    (copy / checksums.LIST).unlink()
    assert "SHA256SUMS cannot be read" in found(settings, "shipped model").found


def test_an_old_python_and_a_package_that_is_not_there(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "pypdf":
            raise PackageNotFoundError
        return "1"

    monkeypatch.setattr(doctor, "version", version)
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    assert not found(settings, "Python").ok
    assert (found(settings, "pypdf").ok, found(settings, "pypdf").found) == (False, "not installed")
    assert found(settings, "lxml").ok


def test_a_library_whose_article_was_altered(settings: Settings) -> None:
    with sqlite3.connect(settings.index_dir / "library.sqlite") as db:
        db.execute("UPDATE articles SET text = replace(text, 'قال', 'نفى')")
    db.close()
    wrong = found(settings, "library")
    assert not wrong.ok
    assert "fails its checksum" in wrong.found
    assert "rag restore" in wrong.found


@pytest.mark.parametrize(
    ("what", "name"), [("lexical index", "lexical"), ("dense index", "vectors.faiss")], ids=["lexical", "dense"]
)
def test_an_index_that_is_missing_damaged_or_stale(settings: Settings, what: str, name: str) -> None:
    path = settings.index_dir / name
    with Library(settings.index_dir / "library.sqlite") as library:
        library.add([Article("new", "نص جديد.")])
    stale = found(settings, what)
    assert (stale.ok, stale.found.startswith("stale: generation 1, ")) == (False, True)
    assert "the library is at 2" in stale.found
    assert "rag search" in stale.mend
    file = path / "meta.json" if path.is_dir() else path
    file.write_bytes(file.read_bytes()[:-1])
    damaged = found(settings, what)
    assert (damaged.ok, damaged.found.startswith("damaged: ")) == (False, True)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert (found(settings, what).ok, found(settings, what).found) == (False, "missing")


def test_an_index_between_two_commits_of_another_process_is_being_written(settings: Settings) -> None:
    meta = settings.index_dir / "lexical" / "meta.json"
    whole = meta.read_bytes()
    with FileLock(settings.index_dir / WRITING):
        meta.write_bytes(whole + b" ")  # as after tantivy's commit, before the stamp is sealed
        written = found(settings, "lexical index")
    assert (written.ok, written.found) == (True, "being written by another process; look again when that has finished")
    assert found(settings, "lexical index").found.startswith("damaged: ")
    meta.write_bytes(whole)
    assert found(settings, "lexical index").found.startswith("current: ")


def test_pulled_models(settings: Settings) -> None:
    folder = settings.models_dir
    e5, partial = folder / "e5-small", folder / pulled.PARTIAL / "bge-m3"
    e5.mkdir(parents=True)
    partial.mkdir(parents=True)
    (partial / "x.incomplete").write_bytes(bytes(5_000))
    (folder / "mine.gguf").write_bytes(b"GGUF" * 500)
    files = {"config.json": b'{"a": 1}', "model.safetensors": bytes(200_000)}
    for name, data in files.items():
        (e5 / name).write_bytes(data)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    model = find("e5-small")
    assert model
    pulled.write(Pulled("e5-small", "embedder", model.repository, "r", "MIT", 200_008, sums), e5)
    quick = settings.model_copy(update={"writer": "quote"})
    whole = found(quick, "model e5-small")
    assert (whole.ok, whole.mend) == (True, "")
    assert "every byte is as it was pulled" in whole.found
    assert found(quick, "model bge-m3").mend == "`rag models pull bge-m3` goes on"
    assert "put there by hand" in found(quick, "model mine.gguf").found
    (e5 / "config.json").write_bytes(b'{"a": 2}')
    assert "has the sha256" in found(quick, "model e5-small").found
    (e5 / "config.json").write_bytes(files["config.json"])
    (e5 / "model.safetensors").write_bytes(bytes(100_000))
    assert "model.safetensors has the sha256" in found(quick, "model e5-small").found
    (e5 / "model.safetensors").unlink()
    lost = found(quick, "model e5-small")
    assert (lost.ok, lost.mend) == (False, "`rag models pull e5-small` pulls it again")


def test_little_room_and_little_memory(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("usage", "free")(10_000_000))
    assert not found(settings, "disk").ok
    monkeypatch.setattr(doctor, "_MEMORY", tmp_path / "meminfo")
    (tmp_path / "meminfo").write_text("MemTotal: 99 kB\nMemAvailable:  100000 kB\n")
    assert (found(settings, "memory").ok, found(settings, "memory").found) == (False, "0.1 GB free")
    (tmp_path / "meminfo").write_text("odd")
    assert "memory" not in {finding.what for finding in doctor.examine(settings)}


@pytest.mark.parametrize(
    ("script", "ok", "said"),
    [
        ("echo Amiri,Amiri Regular; echo Amiri; echo Lateef", True, "Amiri, Lateef"),
        ("exit 0", False, "none"),
        (None, True, "not looked for"),
    ],
)
def test_fonts(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, ok: bool, said: str
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    if script:
        (tmp_path / "fc-list").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "fc-list").chmod(0o700)
    fonts = found(settings, "Arabic fonts")
    assert fonts.ok == ok
    assert fonts.found.startswith(said)
    assert ok or "apt install" in fonts.mend
    monkeypatch.setattr(sys, "platform", "darwin")
    assert found(settings, "Arabic fonts").ok


def test_a_remote_writer_is_what_needs_a_network(settings: Settings) -> None:
    remote = settings.model_copy(update={"remote_url": "http://10.0.0.1/v1", "remote_model": "m"})
    assert "http://10.0.0.1/v1" in found(remote, "network").found


def test_one_line_each_and_the_exit_code(seeded: Rag, tmp_path: Path) -> None:
    findings = json.loads(seeded("doctor", "--json").stdout)
    assert len(seeded("doctor").stdout.splitlines()) == len(findings)
    shutil.rmtree(tmp_path / "home" / "index" / "lexical")
    told = seeded("doctor", code=1).stdout
    assert [line for line in told.splitlines() if not line.startswith("ok  ")] == [
        "MEND  lexical index: missing; any `rag search` builds it"
    ]
