"""A pull in the background: what it says of itself, and that it ends when it is told to and goes on where it was."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from rag.errors import BusyError, InputError, ModelError
from rag.models import pulled
from rag.models.background import BackgroundPull, State
from tests.hub_server import HubServer
from tests.models.conftest import BYTES, SMALL, SMALL_FILE
from tests.models.test_pulling import incomplete, until

ENDED = """
import sys
from pathlib import Path
from rag.models.background import BackgroundPull
pull = BackgroundPull(Path(sys.argv[1]), offline=False)
pull.start("small")
while not (pull.state.at == "pulling" and pull.state.done > 300_000):
    assert pull.state.phase == "running", pull.state
"""


@pytest.fixture(autouse=True)
def _at_the_hub(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.is_asked_here(monkeypatch)


@pytest.fixture
def pull(folder: Path) -> BackgroundPull:
    return BackgroundPull(folder, offline=False)


def ended(pull: BackgroundPull) -> State:
    until(lambda: pull.state.phase != "running")
    return pull.state


def kept(folder: Path) -> int:
    return sum(path.stat().st_size for path in incomplete(folder))


def test_a_pull_says_how_far_it_is(pull: BackgroundPull, hub: HubServer, folder: Path) -> None:
    assert pull.state is None
    seen = []
    hub.on_piece = lambda sent: seen.append(pull.state)
    hub.pause = 0.01
    pull.start("small")
    assert pull.state.phase == "running"
    state = ended(pull)
    assert (state.phase, state.path, state.error) == ("done", folder / SMALL_FILE, None)
    assert (folder / SMALL_FILE).read_bytes() == BYTES
    assert pulled.read(folder / SMALL_FILE).name == "small"
    running = [s for s in seen if s.at == "pulling"]
    assert all((s.phase, s.total, s.model.licence) == ("running", len(BYTES), "Gemma terms") for s in running)
    assert [s.done for s in running] == sorted(s.done for s in running)
    assert 0 < running[0].done < running[-1].done <= len(BYTES)


def test_a_cancelled_pull_stops_within_a_piece_and_the_next_goes_on(
    pull: BackgroundPull, hub: HubServer, folder: Path
) -> None:
    hub.pause = 0.02
    pull.start("small")
    until(lambda: pull.state.done > 200_000)
    pull.cancel()
    state, arrived = pull.state, kept(folder)
    assert state.phase == "cancelled"
    assert 200_000 < arrived < 500_000
    assert not (folder / SMALL_FILE).exists()
    assert next(entry.arrived for entry in pulled.entries(folder)) == arrived
    hub.pause = 0
    hub.asked.clear()
    pull.start("small")
    assert ended(pull).phase == "done"
    assert hub.asked[-1][1]["range"] == f"bytes={arrived}-"
    assert (folder / SMALL_FILE).read_bytes() == BYTES
    pull.cancel()  # there is nothing to end
    assert pull.state.phase == "done"


def test_a_pull_is_told_to_stop_while_the_hub_is_silent(pull: BackgroundPull, hub: HubServer, folder: Path) -> None:
    hub.pause = 1
    pull.start("small")
    until(lambda: hub.asked)
    pull.cancel(wait=0)
    assert pull.state.phase == "running"
    assert pull.state.stops
    assert ended(pull).phase == "cancelled"
    assert kept(folder) < 100_000


def test_a_process_that_ends_leaves_what_arrived(
    pull: BackgroundPull, hub: HubServer, folder: Path, process: dict[str, object]
) -> None:
    hub.pause = 0.02
    subprocess.run([sys.executable, "-c", ENDED, str(folder)], check=True, timeout=60, **process)
    arrived = kept(folder)
    assert 200_000 < arrived < len(BYTES)
    hub.pause = 0
    pull.start("small")
    assert ended(pull).phase == "done"
    assert hub.asked[-1][1]["range"] == f"bytes={arrived}-"
    assert (folder / SMALL_FILE).read_bytes() == BYTES


def test_one_model_at_a_time(pull: BackgroundPull, hub: HubServer) -> None:
    hub.pause = 0.05
    pull.start("small")
    with pytest.raises(BusyError, match="small is being pulled, and one model is pulled at a time"):
        pull.start(SMALL, SMALL_FILE)
    assert pull.state.phase == "running"
    pull.cancel()
    pull.start(SMALL, SMALL_FILE)  # the catalogue's small
    pull.cancel()
    assert (pull.state.phase, pull.state.model.name) == ("cancelled", "small")


def test_a_pull_that_fails_says_why(
    pull: BackgroundPull, hub: HubServer, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub.left = 700_000
    pull.start("small")
    state = ended(pull)
    assert state.phase == "failed"
    assert isinstance(state.error, ModelError)
    assert "700,000 of 2,000,000 bytes are kept" in str(state.error)
    hub.left, hub.refusal = None, (403, "GatedRepo")
    pull.start("small")
    assert "is gated" in str(ended(pull).error)
    assert not caplog.records
    hub.refusal = None
    (folder / ".partial" / "small" / "files").rmdir()
    (folder / ".partial" / "small" / "files").write_text("no folder")
    pull.start("small")
    assert "small could not be pulled (FileExistsError" in str(ended(pull).error)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_what_cannot_be_pulled_is_refused_at_once(pull: BackgroundPull, hub: HubServer, folder: Path) -> None:
    with pytest.raises(InputError, match="no model has the name 'poet'"):
        pull.start("poet")
    with pytest.raises(InputError, match="RAG_OFFLINE is set"):
        BackgroundPull(folder, offline=True).start("small")
    assert (pull.state, hub.asked) == (None, [])


def test_a_model_that_is_here_is_not_pulled_again(pull: BackgroundPull, hub: HubServer, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / SMALL_FILE).write_bytes(BYTES)  # put there by hand
    pull.start("small")
    assert ended(pull).path == folder / SMALL_FILE
    hub.asked.clear()
    pull.start("small")
    assert ended(pull).phase == "done"
    assert (hub.asked, hub.sent) == ([], 0)
    (folder / SMALL_FILE).write_bytes(BYTES[:-1] + b"?")
    pull.start("small")
    assert ended(pull).phase == "done"
    assert (folder / SMALL_FILE).read_bytes() == BYTES


def test_a_file_of_any_repository(pull: BackgroundPull, hub: HubServer, folder: Path) -> None:
    hub.repositories["someone/Some-GGUF"] = {"Some.Q4_K_M.gguf": BYTES}
    pull.start("someone/Some-GGUF")
    state = ended(pull)
    assert (state.path, state.model.name) == (folder / "Some.Q4_K_M.gguf", "Some.Q4_K_M.gguf")
    assert (state.model.size, state.model.licence) == (len(BYTES), "mit")
