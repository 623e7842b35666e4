"""A Milvus server that asks who one is (`common.security.authorizationEnabled`), that of the package `milvus`: version 2.3.5.

What the command line gets beyond the door is that 2.3 has no full-text search; the dense part is searched without it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from rag.errors import EngineError
from rag.library import Library
from rag.search.milvus.server import MilvusServer
from tests.conftest import SEEDS, Rag, line
from tests.search.test_engines import articles, open_milvus
from tests.slow.test_milvus_server import Server, check, dense_only, running  # noqa: F401

pytestmark = pytest.mark.slow
RIGHT, WRONG = "root:Milvus", "root:hidden-one"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("closed"), RIGHT, "--authorization-enabled", "true") as started:
        yield started


@pytest.fixture
def on_milvus(rag: Rag, server: Server) -> Rag:
    return partial(rag, RAG_ENGINE="milvus", RAG_MILVUS_URL=server.url)


@pytest.mark.usefixtures("dense_only")
def test_with_the_right_token_it_is_written_and_searched(library: Library, server: Server) -> None:
    library.add(articles(60))
    check(open_milvus(library, server.url, token=RIGHT), library)


def test_with_the_right_token_a_command_gets_in(on_milvus: Rag) -> None:
    said = line(on_milvus("index", SEEDS, code=1, RAG_MILVUS_TOKEN=RIGHT).stderr)
    assert "is of version v2.3.5-lite, which has no full-text search" in said


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (WRONG, "does not accept RAG_MILVUS_TOKEN; expected is user:password"),
        ("hidden-one", "does not accept RAG_MILVUS_TOKEN; expected is user:password"),
        ("", "asks for a token, and RAG_MILVUS_TOKEN is not set; set it to user:password"),
    ],
    ids=["of another", "no user", "none"],
)
def test_another_token_ends_in_one_line(on_milvus: Rag, server: Server, tmp_path: Path, token: str, said: str) -> None:
    for command in (("index", SEEDS), ("search", "روسيا")):
        done = on_milvus("--log", "debug", *command, code=1, RAG_MILVUS_TOKEN=token)
        told = [row for row in done.stderr.splitlines() if not row.startswith("{")]
        assert len(told) == 1
        assert f"the Milvus server at {server.url} {said}" in told[0]
        assert "hidden" not in done.stdout + done.stderr
    with Library(tmp_path / "home" / "index" / "library.sqlite") as library:
        assert library.count()[0] == 0
    found = on_milvus("doctor", code=1, RAG_MILVUS_TOKEN=token)
    assert said.split(";")[0] in found.stdout
    assert "hidden" not in found.stdout + found.stderr


def test_a_password_in_the_address_that_is_not_accepted_is_not_told(server: Server) -> None:
    address = server.url.replace("//", f"//{WRONG}@")
    with pytest.raises(EngineError, match="does not accept the password in RAG_MILVUS_URL") as raised:
        MilvusServer(address, "").ask("list_collections")
    assert "hidden" not in str(raised.value)


def test_one_who_may_not_write_is_told_what_was_refused(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    root = MilvusServer(server.url, RIGHT)
    root.client.create_user("reader", "hidden-two", timeout=8)
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(EngineError, match="refuses drop_collection to the user") as raised,
    ):
        MilvusServer(server.url, "reader:hidden-two").ask("drop_collection", "any")
    assert "hidden" not in str(raised.value) + caplog.text


def test_a_password_that_changes_meanwhile(server: Server) -> None:
    root = MilvusServer(server.url, RIGHT)
    root.client.create_user("writer", "hidden-3", timeout=8)
    writer = MilvusServer(server.url, "writer:hidden-3")
    writer.ask("list_collections")
    root.client.update_password("writer", "hidden-3", "hidden-4", timeout=8)
    with pytest.raises(EngineError, match="does not accept RAG_MILVUS_TOKEN") as raised:
        writer.ask("list_collections")
    assert "hidden" not in str(raised.value)
    MilvusServer(server.url, "writer:hidden-4").ask("list_collections")
