"""Quality is guarded: the figures of three question sets may not fall, and a damaged weight makes them fall."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.cli.main import main
from rag.search import reranking
from rag.search.embedding import SHIPPED
from rag.search.rankers import FILE, Rankers
from tests.conftest import ROOT, SEEDS

BASELINES = ROOT / "tests" / "baselines"
DATA = ROOT / "tests" / "data"
SETS = {"seeds_qa": (), "followups_qa": (), "arcd_test_200": ("--index-contexts",)}
"""With what `rag eval` is told beside the set."""


def run(*arguments: str | Path) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds the seeds."""
    path = tmp_path_factory.mktemp("guarded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAG_HOME", str(path))
        assert run("index", SEEDS) == 0
    return path


@pytest.mark.parametrize("name", SETS)
def test_no_figure_is_worse_than_its_baseline(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_HOME", str(home))
    given = (*SETS[name], "--json", "--baseline", BASELINES / f"{name}.json")
    assert run("eval", DATA / f"{name}.jsonl", *given) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    "damage", [{"coverage": -0.5, "meaning": 0, "lexical": 0.2, "dense": 0.1}, {"coverage": 0}], ids=["four", "one"]
)
def test_damaged_weights_are_seen(
    damage: dict[str, float],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RAG_HOME", str(home))
    assert run("eval", DATA / "seeds_qa.jsonl", "--only-search", "--json") == 0
    (tmp_path / "before.json").write_text(capsys.readouterr().out, encoding="utf-8")
    found = json.loads((SHIPPED / FILE).read_bytes())
    weights = found["reranking"]["arabic"]["weights"]
    found["reranking"]["arabic"]["weights"] = weights | {name: times * weights[name] for name, times in damage.items()}
    (tmp_path / FILE).write_text(json.dumps(found), encoding="utf-8")
    monkeypatch.setattr(reranking, "shipped", lambda: Rankers(tmp_path / FILE))
    compared = ("--only-search", "--json", "--baseline", tmp_path / "before.json")
    assert run("eval", DATA / "seeds_qa.jsonl", *compared) == 1
    assert "worse: recall@1" in capsys.readouterr().err
