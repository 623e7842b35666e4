"""What is kept is for its owner's eyes: modes of files, links out of a folder, what the processes that read files are told."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rag.files import is_open, make_private
from rag.readers.formats.document import Document
from rag.readers.sandbox import limited
from tests.conftest import ROOT, SEEDS, Rag

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")


def open_ones(folder: Path) -> list[Path]:
    return [path for path in (folder, *folder.rglob("*")) if is_open(path)]


def test_what_is_made_is_closed_to_others(rag: Rag, tmp_path: Path) -> None:
    rag("index", str(SEEDS))
    rag("ask", "ماذا قال تشوركين؟")
    assert open_ones(tmp_path / "home" / "index") == []
    assert "only its owner can read the index" in rag("doctor").stdout


def test_what_was_open_is_closed_when_it_is_opened(seeded: Rag, tmp_path: Path) -> None:
    index = tmp_path / "home" / "index"
    for path in (index, *index.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    seeded("list")
    assert open_ones(index) == []


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can be another")
def test_another_user_reads_nothing(seeded: Rag, tmp_path: Path) -> None:
    seeded("ask", "ماذا قال تشوركين؟")
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/") and is_open(folder) is False and folder != Path("/tmp"):
            folder.chmod(0o755)  # pytest's own are closed, too
    index = tmp_path / "home" / "index"
    tried = ["/bin/sh", "-c", f"ls '{index}'; cat '{index}/library.sqlite' '{index}/lexical/meta.json'"]
    done = subprocess.run(
        tried, user="nobody", group="nogroup", capture_output=True, text=True, errors="replace", cwd="/"
    )
    assert done.returncode
    assert done.stderr.count("Permission denied") == 3
    assert done.stdout == ""


def test_a_folder_that_is_private_already_is_not_walked(tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "b")
    (tmp_path / "a" / "b" / "x").touch(mode=0o644)
    make_private(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    assert is_open(tmp_path / "a" / "b" / "x")  # behind a closed door


def test_links_out_of_a_folder_are_named_and_read_where_that_is_asked(rag: Rag, tmp_path: Path) -> None:
    papers, other = tmp_path / "papers", tmp_path / "other"
    for folder in (papers / "in", other):
        folder.mkdir(parents=True)
    (papers / "in" / "own.txt").write_text("قال الوزير إن الجسر سيفتح.", "utf-8")
    (other / "secret.txt").write_text("سر لا يقرؤه أحد.", "utf-8")
    (papers / "within.txt").symlink_to(papers / "in" / "own.txt")
    (papers / "out.txt").symlink_to(other / "secret.txt")
    (papers / "folder").symlink_to(other)
    (papers / "nowhere.txt").symlink_to(tmp_path / "nothing")
    done = rag("index", "papers", code=2)
    assert "1 new" in done.stdout
    for link in ("out.txt", "folder"):
        assert f"papers/{link}: is a link that leads out of the folder; --follow-links reads it" in done.stderr
    assert "secret" not in rag("list").stdout
    assert "1 new" in rag("index", "papers", "--follow-links").stdout


def told(path: Path) -> Document:
    return Document(" ".join(sorted(os.environ)))


def test_readers_are_told_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.readers import sandbox

    for name in ("RAG_PASSWORD", "RAG_REMOTE_KEY", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "HF_TOKEN"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setattr(sandbox, "_idle", [])  # processes that were started before
    try:
        names = limited(told, tmp_path, 30, 500).text.split()
    finally:
        for child in sandbox._idle:
            child.stop()
    assert "PATH" in names
    assert not [name for name in names if name.startswith(("RAG_", "OPENAI", "AWS", "HF_"))]


def test_gradio_keeps_nothing_where_all_can_read_it() -> None:
    code = "from rag.ui.page import gradio_module; gradio_module(); from gradio.utils import get_upload_folder; print(get_upload_folder())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "rag-working-" in done.stdout
    assert not Path(done.stdout.strip()).exists()  # gone with the process
