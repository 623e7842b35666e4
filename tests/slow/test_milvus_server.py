"""The dense part of the Milvus engine against a real Milvus server, that of the package `milvus`: version 2.3.5.

It has no full-text search, which came with 2.5, so nothing lexical is tested here: that is done with milvus-lite, in
`tests/search/test_engines.py`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from benchmarks.milvus_lite import free_port
from rag.errors import EngineError
from rag.library import Library
from rag.search.milvus import rows as milvus_rows
from rag.search.milvus.server import MilvusServer
from rag.search.retriever import Retriever
from rag.types import EVERYTHING, Article, Scope
from tests.conftest import parsed
from tests.search.test_engines import QUESTION, SOURCES, articles, best, by_vectors, open_milvus, passages

pytestmark = pytest.mark.slow
COMMAND = Path(sys.executable).with_name("milvus-server")
_STARTS, _ANSWERS = 270, 70
"""Seconds in all, and before it is started anew."""
_schema = milvus_rows.schema


class Server:
    """The server's launcher and what it launches, in a process group of their own."""

    def __init__(self, folder: Path, token: str = "", *options: str) -> None:
        self._folder, self._port = folder, free_port()
        self._token, self._options = token, options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Returns when it answers. After a kill this server may end, or hang, until its former self has been forgotten."""
        end = time.monotonic() + _STARTS
        while time.monotonic() < end:
            self._process = subprocess.Popen(
                [COMMAND, "--data", self._folder, "--proxy-port", str(self._port), *self._options],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONWARNINGS": "ignore"},
                start_new_session=True,
            )
            patience = time.monotonic() + _ANSWERS
            while time.monotonic() < patience and self._process.poll() is None:
                if self._answers():
                    return
                time.sleep(0.5)
            self.kill()
        raise AssertionError("the server does not start")

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            MilvusServer(self.url, self._token).ask("list_collections")
        except (OSError, EngineError):
            return False
        return True

    def kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def running(folder: Path, token: str = "", *options: str) -> Iterator[Server]:
    """A server while it is asked; what it wrote is cleared away, half a gigabyte."""
    if not COMMAND.exists():
        pytest.skip("the package milvus is not installed; it is made for Linux on x86-64")
    started = Server(folder / "data", token, *options)
    try:
        started.start()
        yield started
    finally:
        started.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("real")) as started:
        yield started


@pytest.fixture
def dense_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collections without what version 2.3 does not know."""

    def schema(client: Any, dimensions: int, version: str) -> tuple[Any, Any]:
        fields, indexes = _schema(client, dimensions, "2.5")
        fields._functions.clear()
        fields._fields[:] = [field for field in fields._fields if field.name != milvus_rows.LEXICAL]
        indexes[:] = [index for index in indexes if index.field_name == milvus_rows.DENSE]
        return fields, indexes

    monkeypatch.setattr(milvus_rows, "schema", schema)


def check(retriever: Retriever, library: Library, scope: Scope = EVERYTHING) -> None:
    retriever.catch_up()
    every = passages(library)
    inside = {p.id for p in every} if scope == EVERYTHING else set(library.ids_within(scope))
    expected = {id_: score for id_, score in by_vectors(QUESTION, every).items() if id_ in inside}
    hits = retriever.engine._dense(parsed(QUESTION), 10, milvus_rows.expression(scope))
    assert [id_ for id_, _ in hits] == best(expected, 10)
    assert [score for _, score in hits] == pytest.approx([expected[id_] for id_, _ in hits], abs=1e-5)
    assert retriever.engine.cosines(parsed(QUESTION), list(inside)[:20]) == pytest.approx(
        [expected[id_] for id_ in list(inside)[:20]], abs=1e-5
    )


def test_it_is_refused_for_want_of_full_text(library: Library, server: Server) -> None:
    library.add(articles(3))
    with pytest.raises(EngineError, match=r"v2\.3\.5-lite, which has no full-text search"):
        open_milvus(library, server.url).catch_up()


@pytest.mark.usefixtures("dense_only")
def test_the_nearest_are_those_of_brute_force(library: Library, server: Server) -> None:
    library.add(articles(400))
    retriever = open_milvus(library, server.url)
    check(retriever, library)
    for scope in (Scope(since="2015-07"), Scope(until="2015"), Scope(sources=SOURCES[1:]), Scope("2016", "", ("b",))):
        check(retriever, library, scope)


@pytest.mark.usefixtures("dense_only")
def test_it_follows_the_library(library: Library, server: Server) -> None:
    library.add(articles(60))
    retriever = open_milvus(library, server.url)
    check(retriever, library)
    library.add([Article("0-3", QUESTION), *articles(5, seed=1)])
    library.remove(["0-7", "0-8"])
    check(retriever, library)
    again = open_milvus(library, server.url)
    assert again.engine.is_current()
    again.engine.discard()
    assert any("was missing and has been built" in line for line in open_milvus(library, server.url).catch_up())
    check(again, library)


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("dense_only")
def test_another_dense_index_may_be_put_in_place_of_ours(library: Library, server: Server) -> None:
    """As docs/cluster.md says; what is searched with are the defaults of that index."""
    library.add(articles(2000))
    retriever = open_milvus(library, server.url)
    check(retriever, library)
    collection = retriever.engine.collection
    name, client = collection.written, collection.server.client
    client.flush(name, timeout=60)
    client.release_collection(name, timeout=60)
    client.drop_index(name, milvus_rows.DENSE, timeout=60)
    indexes = client.prepare_index_params()
    indexes.add_index(
        milvus_rows.DENSE, index_name=milvus_rows.DENSE, index_type="IVF_SQ8", metric_type="IP", params={"nlist": 16}
    )
    client.create_index(name, indexes, timeout=120)
    client.load_collection(name, timeout=60)
    found = {id_ for id_, _ in retriever.engine._dense(parsed(QUESTION), 10, "")}
    assert len(found & set(best(by_vectors(QUESTION, passages(library)), 10))) >= 5
    library.add(articles(5, seed=1))
    assert retriever.catch_up() == []
    assert retriever.engine.is_current()
    assert client.describe_index(name, milvus_rows.DENSE, timeout=20)["index_type"] == "IVF_SQ8"


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("dense_only")
def test_it_is_killed_and_comes_back(library: Library, server: Server) -> None:
    library.add(articles(60))
    retriever = open_milvus(library, server.url)
    check(retriever, library)
    server.kill()
    server.start()
    check(open_milvus(library, server.url), library)
    check(retriever, library)
    library.add(articles(5, seed=1))
    check(retriever, library)
