"""No test reaches the network; what a test opens it opens on small data of its own."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import settings

from benchmarks.milvus_lite import MilvusLite
from rag.arabic.text.folding import words
from rag.arabic.text.grams import word_grams
from rag.library import Library
from rag.query.question import Question
from rag.search.dense import DenseIndex
from rag.search.embedding import Embedder
from rag.search.lexical import LexicalIndex
from rag.search.local_engine import LocalEngine
from rag.search.reranking import LinearReranker
from rag.search.retriever import Retriever
from rag.types import Article
from rag.wiring import shipped_embedder, shipped_parser

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
OFFLINE = f"{ROOT / 'tests' / 'offline'}:{ROOT}"
"""The PYTHONPATH of a process without a network."""
GEORGIA, ALEPPO = "000_5c98a5cbdd08ebb3.txt", "004_145c0f4ce0912f68.txt"
settings.register_profile("without a clock", deadline=None)  # a busy machine fails no test
settings.load_profile("without a clock")
LATE = ("RAG_", "HF_", "XDG_", "TRANSFORMERS_", "HOME")
"""How variables begin that are read when a command has begun."""
Rag = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where every test must run (the project's check), a skipped one fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and os.environ.get("RAG_REQUIRE_ALL") and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure() -> None:
    """Closes the null devices that llama.cpp's binding opens when it is imported and never closes."""
    if binding := sys.modules.get("llama_cpp._utils"):
        binding.outnull_file.close()
        binding.errnull_file.close()


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusLite]:
    """A server that tests of one module share."""
    server = MilvusLite(tmp_path_factory.mktemp("milvus") / "data")
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection that leaves the machine fails the test that makes it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "localhost", "::1"):  # type: ignore[index]
            raise AssertionError(f"a test reached for the network: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    for name in list(os.environ):
        if name.startswith("RAG_") and name != "RAG_REQUIRE_ALL":
            monkeypatch.delenv(name)


class HashEmbedder:
    """A vector a text: the sum of one pseudo-random vector for each folded word."""

    name, batch = "hash", 256

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        return self.passages(texts)

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.stack([sum((_vector(word) for word in words(text)), np.zeros(32, np.float32)) for text in texts])
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return (rows / np.where(norms > 0, norms, 1)).astype(np.float32)


@cache
def _vector(word: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
    return np.random.default_rng(seed).normal(size=32).astype(np.float32)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "index" / "library.sqlite") as opened:
        yield opened


def open_retriever(library: Library, embedder: Embedder | None = None) -> Retriever:
    folder = library.path.parent
    dense = DenseIndex(folder / "vectors.faiss", embedder or HashEmbedder())
    lexical = LexicalIndex(folder / "lexical")
    engine = LocalEngine(library, lexical, dense)
    reranker = LinearReranker(engine.idf, shipped_embedder())
    return Retriever(library, engine, reranker, folder / "writing.lock")


def grams(text: str) -> list[str]:
    """The grams of a text, each word's made by itself."""
    return [gram for word in words(text) for gram in word_grams(word)]


def parsed(question: str) -> Question:
    """The question as the program passes it on."""
    return shipped_parser().parse(question)


@pytest.fixture
def retriever(library: Library) -> Retriever:
    return open_retriever(library)


@pytest.fixture
def seeds() -> list[Article]:
    return [Article(p.name, p.read_text(encoding="utf-8"), source="seeds") for p in sorted(SEEDS.glob("*.txt"))]


@pytest.fixture(scope="session")
def warm() -> Iterator[Path]:
    """A folder with a `rag` that starts at once; its path is short, as that of a socket must be."""
    with TemporaryDirectory(prefix="rag-warm-") as made:
        folder = Path(made)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("RAG_")}
        environment |= {"RAG_HOME": str(folder / "home"), "PYTHONPATH": OFFLINE, "HF_HUB_OFFLINE": "1"}
        server = subprocess.Popen([sys.executable, "-m", "tests.warm", made], env=environment, cwd=ROOT)
        try:
            (folder / "python").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', encoding="utf-8")
            (folder / "python").chmod(0o755)
            while not (folder / "rag").exists():
                assert server.poll() is None, "the process that answers for `rag` has ended"
                time.sleep(0.05)
            yield folder
        finally:
            server.kill()
            server.wait()


@pytest.fixture
def rag(request: pytest.FixtureRequest, tmp_path: Path) -> Rag:
    """`rag` in a home of its own; in a process from the start where it is told what is read by imports, or cannot fork."""

    def call(*arguments: str | Path, code: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
        full = {**os.environ, "RAG_HOME": str(tmp_path / "home"), "PYTHONPATH": OFFLINE, **env}
        if hasattr(os, "fork") and all(name.startswith(LATE) for name in env):
            command = [str(request.getfixturevalue("warm") / "rag")]
        else:
            command = [sys.executable, "-m", "rag"]
        done = subprocess.run(
            [*command, *map(str, arguments)],
            env=full,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return call


@pytest.fixture(scope="session")
def _seeded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("seeded") / "home"
    command = [sys.executable, "-m", "rag", "index", str(SEEDS)]
    subprocess.run(command, env={**os.environ, "RAG_HOME": str(home)}, cwd=ROOT, check=True, timeout=120)
    return home


@pytest.fixture
def seeded(rag: Rag, _seeded_home: Path, tmp_path: Path) -> Rag:
    shutil.copytree(_seeded_home, tmp_path / "home")
    return rag


def line(text: str) -> str:
    """The one line of an error."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]
