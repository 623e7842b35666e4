"""`rag models pull` of a language model: what arrives is right or is not there, and what broke off goes on."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ALEPPO, Rag, line
from tests.hub_server import COMMIT, HubServer
from tests.models.conftest import BYTES, SMALL, SMALL_FILE
from tests.tiny_gguf import build

PULL = [sys.executable, "-m", "rag", "models", "pull", "small"]


def incomplete(folder: Path) -> list[Path]:
    return list(folder.rglob("*.incomplete"))


def until(said: object, seconds: float = 20) -> None:
    """Waits for what `said` gives to be true."""
    end = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_pulled_model_answers(seeded: Rag, models, hub: HubServer, folder: Path, tmp_path: Path) -> None:
    said = "أكد تشوركين أن المشروع ليست لديه «أي فرصة في النجاح» [1]."
    data = build(tmp_path / "tiny.gguf", said).read_bytes()
    hub.repositories[SMALL][SMALL_FILE] = data
    before, after = models("pull", "small", HF_TOKEN="hf_secret").stdout.split("\n", 1)
    assert all(part in before for part in (SMALL, SMALL_FILE, f"{-(-len(data) // 1000)} kB", "Gemma terms"))
    assert str(folder / SMALL_FILE) in after
    assert "it is taken from now on" in after
    record = json.loads((folder / f"{SMALL_FILE}.json").read_text())
    assert record["files"] == {SMALL_FILE: hashlib.sha256(data).hexdigest()}
    assert (record["name"], record["repository"], record["revision"]) == ("small", SMALL, COMMIT)
    assert [path.name for path in (folder / ".partial").glob("*/")] == []
    for model in ("", "small"):
        env = {"RAG_ANSWER_TOKENS": "100", "RAG_MODEL": model}
        answer = json.loads(seeded("ask", "ماذا قال تشوركين عن حلب؟", "--json", "--writer", "llama", **env).stdout)
        assert (answer["answer"], answer["citations"][0]["article"]) == (said, ALEPPO)
    asked = len(hub.asked)
    assert "is here already" in models("pull", "small", HF_ENDPOINT="http://127.0.0.1:9").stdout
    assert len(hub.asked) == asked
    (listing, _), (file, to_hub), (cdn, to_cdn) = hub.asked
    assert (listing.partition("?")[0], cdn.split("/")[1]) == (f"/api/models/{SMALL}", "cdn")
    assert f"/resolve/{COMMIT}/" in file
    assert to_hub["authorization"] == "Bearer hf_secret"
    assert "authorization" not in to_cdn
    assert all(word not in to_hub["user-agent"] for word in ("torch", "agent/"))


def test_a_pull_that_was_cut_goes_on_in_the_next(models, hub: HubServer, folder: Path) -> None:
    hub.left = 700_000
    said = line(models("pull", "small", code=1).stderr)
    assert "700,000 of 2,000,000 bytes are kept" in said
    assert not list(folder.glob("*.gguf"))
    hub.left, hub.sent = None, 0
    models("pull", "small")
    assert hub.sent == len(BYTES) - 700_000
    assert (folder / SMALL_FILE).read_bytes() == BYTES
    assert hub.asked[-1][1]["range"] == "bytes=700000-"


def test_a_connection_that_is_cut_once_is_taken_up_again(models, hub: HubServer, folder: Path) -> None:
    hub.left = 700_000
    hub.on_cut = lambda: setattr(hub, "left", None)
    models("pull", "small")
    assert (folder / SMALL_FILE).read_bytes() == BYTES
    assert hub.sent == len(BYTES)
    assert hub.asked[-1][1]["range"] == "bytes=700000-"


def test_ctrl_c_keeps_what_has_arrived(models, hub: HubServer, folder: Path, process: dict[str, object]) -> None:
    hub.pause = 0.05
    with subprocess.Popen(PULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **process) as pulling:
        until(lambda: any(path.stat().st_size for path in incomplete(folder)))
        pulling.send_signal(signal.SIGINT)
        _, said = pulling.communicate(timeout=30)
    assert pulling.returncode == 130
    assert "what has arrived is kept" in line(said)
    (partial,) = incomplete(folder)
    kept = partial.stat().st_size
    assert 0 < kept < len(BYTES)
    hub.pause, hub.sent = 0, 0
    models("pull", "small")
    assert hub.sent == len(BYTES) - kept
    assert (folder / SMALL_FILE).read_bytes() == BYTES


def test_a_server_without_ranges_sends_the_whole_again(models, hub: HubServer, folder: Path) -> None:
    hub.left = 700_000
    models("pull", "small", code=1)
    hub.left, hub.sent, hub.ranges = None, 0, False
    models("pull", "small")
    assert hub.sent == len(BYTES)
    assert (folder / SMALL_FILE).read_bytes() == BYTES


def test_bytes_that_are_not_the_models_are_deleted(models, hub: HubServer, folder: Path) -> None:
    hub.lie = True
    said = line(models("pull", "small", code=1).stderr)
    assert "its checksum is" in said
    assert "it was deleted" in said
    hub.lie = False
    hub.left = 500_000
    models("pull", "small", code=1)
    (partial,) = incomplete(folder)
    partial.write_bytes(b"?" * 600_000)  # the beginning is damaged on the disk
    hub.left = None
    assert "its checksum is" in line(models("pull", "small", code=1).stderr)
    assert [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"] == []
    models("pull", "small")
    assert (folder / SMALL_FILE).read_bytes() == BYTES


def test_a_model_that_is_damaged_on_the_disk_is_pulled_again(models, hub: HubServer, folder: Path) -> None:
    models("pull", "small")
    (folder / SMALL_FILE).write_bytes(BYTES[:-1] + b"?")
    assert "has the sha256" in line(models("pull", "small").stderr)
    assert (folder / SMALL_FILE).read_bytes() == BYTES


def test_a_file_that_was_put_there_by_hand_is_checked_and_recorded(models, hub: HubServer, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / SMALL_FILE).write_bytes(BYTES)
    assert "is what the hub holds" in models("pull", "small").stdout
    assert hub.sent == 0
    (folder / SMALL_FILE).write_bytes(BYTES[:1000])
    (folder / f"{SMALL_FILE}.json").unlink()
    assert "pulled and checked" in models("pull", "small").stdout
    assert (folder / SMALL_FILE).read_bytes() == BYTES


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ((403, "GatedRepo"), "is gated: accept its terms"),
        ((401, ""), "set HF_TOKEN to a token that may read it"),
        ((401, "RepoNotFound"), "no such repository"),
        ((404, "RepoNotFound"), "the hub has no"),
        ((500, ""), "the hub answered 500"),
    ],
)
def test_a_hub_that_refuses(models, hub: HubServer, refusal: tuple[int, str], said: str) -> None:
    hub.refusal = refusal
    assert said in line(models("pull", "small", code=1).stderr)


def test_what_a_repository_does_not_hold(models, hub: HubServer) -> None:
    hub.repositories[SMALL] = {"other.gguf": BYTES}
    assert "it holds other.gguf" in line(models("pull", "small", code=1).stderr)
    hub.repositories[SMALL] = {SMALL_FILE: BYTES}
    hub.announced = len(BYTES) + 1
    assert "broke off" in line(models("pull", "small", code=1).stderr)


def test_without_a_network(models, hub: HubServer) -> None:
    assert "cannot be reached" in line(models("pull", "small", code=1, HF_ENDPOINT="http://127.0.0.1:9").stderr)
    assert "RAG_OFFLINE is set" in line(models("pull", "small", code=2, RAG_OFFLINE="1").stderr)
    assert "HF_HUB_OFFLINE is set" in line(models("pull", "small", code=2, HF_HUB_OFFLINE="1").stderr)
    assert hub.asked == []
    hub.page = "<html>Log in to the hotel's network</html>"
    assert "does not answer as a hub does" in line(models("pull", "small", code=1).stderr)


def test_a_hub_that_falls_silent(models, hub: HubServer) -> None:
    hub.pause = 5
    assert "0 of 2,000,000 bytes are kept" in line(models("pull", "small", code=1, HF_HUB_DOWNLOAD_TIMEOUT="1").stderr)


def test_a_disk_without_room_is_told_before(models, hub: HubServer, folder: Path) -> None:
    hub.announced = 10**15
    said = line(models("pull", "small", code=1).stderr)
    assert "small needs 1000000.00 GB more" in said
    assert "are free in" in said
    assert hub.sent == 0


def _mountable(folder: Path) -> bool:
    mount = ["mount", "-t", "tmpfs", "-o", "size=600m", "tmpfs", str(folder)]
    return os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0


def test_a_disk_that_fills_on_the_way(models, hub: HubServer, folder: Path, process: dict[str, object]) -> None:
    """A file system that shrinks while the file comes; without the right to mount one, a limit on the file's length."""
    folder.mkdir(parents=True)
    if mounted := _mountable(folder):
        shrink = ["mount", "-o", "remount,size=1m", str(folder)]
        hub.on_piece = lambda sent: subprocess.run(shrink, check=True) if sent == 1 << 18 else None
        hub.pause = 0.02
        limit = None
    else:

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    try:
        done = subprocess.run(PULL, capture_output=True, preexec_fn=limit, **process)
        assert done.returncode == 1
        assert "the disk is full" in line(done.stderr)
        assert os.strerror(errno.ENOSPC if mounted else errno.EFBIG) in done.stderr
        assert not list(folder.glob("*.gguf"))
        kept = sum(path.stat().st_size for path in incomplete(folder))
        assert kept > 1 << 19
        if mounted:
            subprocess.run(["mount", "-o", "remount,size=600m", str(folder)], check=True)
        hub.on_piece, hub.pause, hub.sent = (lambda sent: None), 0, 0
        models("pull", "small")
        assert hub.sent == len(BYTES) - kept
        assert (folder / SMALL_FILE).read_bytes() == BYTES
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


def test_two_pulls_of_one_model(models, hub: HubServer, folder: Path, process: dict[str, object]) -> None:
    hub.pause = 0.05
    with subprocess.Popen(PULL, stdout=subprocess.DEVNULL, **process) as first:
        until(lambda: hub.sent)
        assert "another process is pulling" in line(models("pull", "small", code=1).stderr)
        assert "another process is pulling" in line(models("remove", "small", code=1).stderr)
        hub.pause = 0
    assert first.returncode == 0
    assert (folder / SMALL_FILE).read_bytes() == BYTES


@pytest.mark.parametrize(("said", "pulled"), [("n", False), ("y", True)])
def test_a_person_is_asked_before(
    hub: HubServer, folder: Path, process: dict[str, object], said: str, pulled: bool
) -> None:
    person, terminal = os.openpty()
    os.write(person, f"{said}\n".encode())
    done = subprocess.run(PULL, stdin=terminal, capture_output=True, **process)
    os.close(person)
    os.close(terminal)
    assert done.returncode == 0
    assert "Download it?" in done.stdout
    assert (folder / SMALL_FILE).exists() == bool(hub.sent) == pulled
