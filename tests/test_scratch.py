"""Folders for a moment, and what a killed process leaves of them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rag import scratch
from tests.conftest import ROOT

HOLDS = """
import sys, time
from rag.scratch import scratch
with scratch() as folder:
    (folder / "unpacked").write_text("much")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    scratch._clear_away.cache_clear()


def holding() -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen([sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_folder_lasts_for_a_moment(tmp_path: Path) -> None:
    with scratch.scratch() as folder:
        (folder / "a").write_text("a")
        assert folder.parent.parent == tmp_path
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    (killed, left), (running, used) = holding(), holding()
    try:
        killed.kill()
        killed.wait()
        assert (left / "unpacked").exists()
        with scratch.scratch():
            assert not left.exists()
            assert (used / "unpacked").exists()
    finally:
        for process in (killed, running):
            os.kill(process.pid, signal.SIGKILL) if process.poll() is None else None
            process.wait()
            process.stdout.close()


def test_links_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "rag-working-link").symlink_to(tmp_path / "kept")
    (tmp_path / "rag-working-file").write_text("a")
    with scratch.scratch():
        pass
    assert len(list(tmp_path.iterdir())) == 3
