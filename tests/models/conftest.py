"""A hub on loopback, and the command line that asks it; it may leave nothing in the user's home."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, Rag
from tests.hub_server import HubServer

SMALL, SMALL_FILE = "mradermacher/SILMA-Kashif-2B-Instruct-v1.0-GGUF", "SILMA-Kashif-2B-Instruct-v1.0.Q4_K_M.gguf"
E5, MMARCO = "intfloat/multilingual-e5-small", "cross-encoder/mmarco-mMiniLMv2-L12-H384-v1"
BYTES = b"".join(i.to_bytes(4) for i in range(500_000))


@pytest.fixture
def hub() -> Iterator[HubServer]:
    """A hub that holds the catalogue's `small`, two megabytes that are no model."""
    with HubServer() as server:
        server.repositories[SMALL] = {SMALL_FILE: BYTES, "README.md": b"# SILMA"}
        yield server


@pytest.fixture
def environment(hub: HubServer, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What a pull from this hub needs. Afterwards the user's home is looked at."""
    home = tmp_path / "user"
    home.mkdir()
    unset = {name: "" for name in os.environ if name.startswith(("HF_", "XDG_", "TRANSFORMERS_"))}
    yield {**unset, "HF_ENDPOINT": hub.url, "HF_HUB_DOWNLOAD_TIMEOUT": "2", "HOME": str(home)}
    assert list(home.iterdir()) == []


@pytest.fixture
def process(environment: dict[str, str], tmp_path: Path) -> dict[str, object]:
    """How a test starts a command line of its own."""
    env = {**os.environ, **environment, "RAG_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    return {"env": env, "cwd": tmp_path, "text": True}


@pytest.fixture
def models(rag: Rag, environment: dict[str, str]) -> Callable[..., object]:
    """`rag models …` against the hub."""

    def call(*arguments: str, code: int = 0, **env: str) -> object:
        return rag("models", *arguments, code=code, **{**environment, **env})

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The models folder."""
    return tmp_path / "home" / "index" / "models"
