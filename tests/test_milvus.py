"""The command line over a Milvus server, which is away, killed, started again, hung, or not even installed for."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from benchmarks.milvus_lite import MilvusLite
from rag.doctor import examine
from rag.errors import EngineError
from rag.library import Library
from rag.search.milvus.server import MilvusServer
from rag.settings import load_settings
from tests.conftest import ROOT, SEEDS, Rag, line, parsed
from tests.search.test_engines import QUESTION, articles, check, open_milvus

ASKED = "ماذا قال تشوركين عن جورجيا؟"


@pytest.fixture
def on_milvus(rag: Rag, lite: MilvusLite) -> Rag:
    return partial(rag, RAG_ENGINE="milvus", RAG_MILVUS_URL=lite.url)


def collections(lite: MilvusLite) -> set[str]:
    return set(MilvusServer(lite.url, "").ask("list_collections"))


@pytest.mark.slow
def test_every_command_does_the_same(on_milvus: Rag, rag: Rag, lite: MilvusLite, tmp_path: Path) -> None:
    index = tmp_path / "home" / "index"
    assert "5 new" in on_milvus("index", SEEDS).stdout
    assert not (index / "vectors.faiss").exists()
    found = json.loads(on_milvus("search", ASKED, "--json").stdout)
    assert "تشوركين" in found[0]["text"]
    assert all(found[0]["ranks"].values())
    answer = json.loads(on_milvus("ask", ASKED, "--json").stdout)
    assert answer["citations"][0]["verdict"] == "supported"
    rows = (ROOT / "tests" / "data" / "seeds_qa.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "some.jsonl").write_text("".join(rows[::5]), encoding="utf-8")
    figures = [
        json.loads(run("eval", tmp_path / "some.jsonl", "--only-search", "--json").stdout)["all"]
        for run in (on_milvus, rag)
    ]
    assert figures[0]["recall@10"] == pytest.approx(figures[1]["recall@10"], abs=0.01)
    assert figures[0]["mrr"] == pytest.approx(figures[1]["mrr"], abs=0.02)

    on_milvus("backup", tmp_path / "b.zip")
    assert "1 removed" in on_milvus("remove", found[0]["article"]).stdout
    said = on_milvus("doctor").stdout
    assert "ok    engine milvus: current: milvus_lite-" in said
    assert "generation 2, " in said
    assert "lexical index" not in said
    on_milvus("restore", tmp_path / "b.zip", "--replace")
    assert json.loads(on_milvus("search", ASKED, "--json").stdout) == found


def test_what_is_measured_on_contexts_of_a_set_is_thrown_away(on_milvus: Rag, lite: MilvusLite, tmp_path: Path) -> None:
    before = collections(lite)
    text = "تأسست الجامعة سنة 1925 في القاهرة."
    row = {"id": "1", "question": "متى تأسست الجامعة؟", "context": text, "answers": [{"text": "1925", "start": 19}]}
    (tmp_path / "set.jsonl").write_text(json.dumps(row), encoding="utf-8")
    done = on_milvus("eval", tmp_path / "set.jsonl", "--index-contexts", "--only-search", "--json")
    assert json.loads(done.stdout)["all"]["recall@1"] == 1.0
    assert collections(lite) == before


def test_an_emptied_library_is_not_taken_for_a_new_one(on_milvus: Rag, lite: MilvusLite, tmp_path: Path) -> None:
    with Library(tmp_path / "home" / "index" / "library.sqlite") as library:
        library.add(articles(3))
        open_milvus(library, lite.url).catch_up()
    for file in (tmp_path / "home" / "index").glob("library.sqlite*"):
        file.write_bytes(b"")
    assert "has 0 bytes, but the indexes of a library lie beside it" in line(on_milvus("search", ASKED, code=1).stderr)


def test_a_server_that_is_away(rag: Rag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away = "http://127.0.0.1:1"
    said = line(rag("index", SEEDS, code=1, RAG_ENGINE="milvus", RAG_MILVUS_URL=away).stderr)
    assert "no Milvus server answers at http://127.0.0.1:1; start it, or mend RAG_MILVUS_URL" in said
    with Library(tmp_path / "home" / "index" / "library.sqlite") as library:
        assert library.count()[0] == 0
    monkeypatch.setattr("rag.search.milvus.server._PAUSES", (0.05,))
    findings = examine(load_settings(home=tmp_path / "home", engine="milvus", milvus_url=away))
    (found,) = [finding for finding in findings if finding.what == "engine milvus"]
    assert not found.ok
    assert "no Milvus server answers" in found.found


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"RAG_ENGINE": "milvus", "RAG_MILVUS_URL": "milvus.db"}, "RAG_MILVUS_URL is 'milvus.db'; expected an address"),
        ({"RAG_ENGINE": "elastic"}, "setting 'engine' cannot be taken: Input should be 'embedded' or 'milvus'"),
    ],
    ids=["a file", "another engine"],
)
def test_settings_that_cannot_be(rag: Rag, settings: dict[str, str], said: str) -> None:
    assert said in line(rag("search", ASKED, code=2, **settings).stderr)


def test_a_password_in_the_address_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.search.milvus.server._PAUSES", (0.05,))
    with pytest.raises(EngineError, match=r"answers at http://127\.0\.0\.1:1;") as raised:
        MilvusServer("http://me:hidden@127.0.0.1:1", "").ask("list_collections")
    assert "hidden" not in str(raised.value)


def test_without_the_extra(tmp_path: Path) -> None:
    code = "import sys; sys.modules['pymilvus'] = None; from rag.cli.main import main; main(['search', 'روسيا'])"
    env = {"RAG_HOME": str(tmp_path), "RAG_ENGINE": "milvus", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "pymilvus is not installed; `pip install '.[cluster]'`" in line(done.stderr)


def test_nothing_of_it_is_imported_by_the_embedded_engine(tmp_path: Path) -> None:
    code = """
import sys
from rag.cli.main import main
try:
    main(['search', 'روسيا'])
except SystemExit as e:
    print(e.code or 0, sorted({name.split('.')[0] for name in sys.modules} & {'pymilvus', 'grpc', 'ray'}))
"""
    env = {"RAG_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "0 []", done.stderr


def test_a_server_that_is_killed_and_comes_back(
    library: Library, lite: MilvusLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.search.milvus.server._PAUSES", (0.2,) * 500)  # a busy machine starts it slowly
    library.add(articles(30))
    retriever = open_milvus(library, lite.url)
    before = [hit.passage.id for hit in retriever.search(parsed(QUESTION))]
    lite.kill()
    lite.start(wait=False)
    assert [hit.passage.id for hit in retriever.search(parsed(QUESTION))] == before
    check(retriever, library)


def test_a_server_that_is_killed_while_it_is_written(
    library: Library, lite: MilvusLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.search.milvus.collection.MilvusCollection.first", 8)
    library.add(articles(50))

    def kill(name: str, done: int, total: int) -> None:
        if done == 20:
            lite.kill()

    with monkeypatch.context() as hurried:
        hurried.setattr("rag.search.milvus.server._PAUSES", (0.05,))
        with pytest.raises(EngineError, match="has gone and does not come back"):
            open_milvus(library, lite.url).catch_up(kill)
    lite.start()
    retriever = open_milvus(library, lite.url)
    retriever.catch_up()
    check(retriever, library)


def test_a_server_that_hangs(library: Library, lite: MilvusLite, monkeypatch: pytest.MonkeyPatch) -> None:
    library.add(articles(30))
    retriever = open_milvus(library, lite.url)
    before = [hit.passage.id for hit in retriever.search(parsed(QUESTION))]
    monkeypatch.setattr("rag.search.milvus.server.ASK", 1.0)
    lite.hang()
    try:
        with pytest.raises(EngineError, match="has not answered search within 1 s; look whether it hangs"):
            retriever.search(parsed(QUESTION))
        library.add(articles(3, seed=1))
        with pytest.raises(EngineError, match="has not answered list_collections within 1 s"):
            retriever.catch_up()
    finally:
        lite.go_on()
    retriever.catch_up()
    check(retriever, library)
    library.remove([f"1-{i}" for i in range(3)])
    assert [hit.passage.id for hit in retriever.search(parsed(QUESTION))] == before
