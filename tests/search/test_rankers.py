"""The shipped weights: every feature has its own, and a file that is not as it should be is told in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag import wiring
from rag.answer import sentence_scorer
from rag.errors import ModelError
from rag.search import rankers, reranking
from rag.search.embedding import SHIPPED
from rag.search.rankers import FILE, LANGUAGES, Rankers
from rag.settings import load_settings

Change = Callable[[dict[str, Any]], object]


def changed(folder: Path, change: Change) -> Path:
    """A copy of the shipped file in which something is otherwise."""
    content = json.loads((SHIPPED / FILE).read_text(encoding="utf-8"))
    change(content)
    (folder / FILE).write_text(json.dumps(content), encoding="utf-8")
    return folder / FILE


@pytest.mark.parametrize("stage", sentence_scorer.SECTIONS)
def test_every_feature_of_both_has_its_weight_and_stands_in_the_order_of_the_code(stage: sentence_scorer.Stage) -> None:
    section, more = sentence_scorer.SECTIONS[stage]
    shipped = json.loads((SHIPPED / FILE).read_text(encoding="utf-8"))
    ranking = reranking.models_of(rankers.shipped())
    finding = sentence_scorer.weights_of(rankers.shipped(), stage)
    for language in LANGUAGES:
        written = shipped["reranking"][language]
        assert ranking[language].weights == [written["weights"][name] for name in reranking.FEATURES]
        assert ranking[language].bias == written["bias"]
        written, weights = shipped[section][language], finding[language]
        assert tuple(weights.sentence) == (*sentence_scorer.SENTENCE, *more)
        assert tuple(weights.answered) == (*sentence_scorer.ANSWERED, *more)
        assert (weights.sentence, weights.answered) == (written["sentence"], written["answered"])
        assert (weights.bias, weights.least, weights.sure) == (written["bias"], written["least"], written["sure"])
        assert 0 < weights.least < weights.sure < 1


def test_the_file_says_of_each_model_what_made_it_and_what_it_reaches() -> None:
    shipped = json.loads((SHIPPED / FILE).read_text(encoding="utf-8"))
    assert set(shipped) == {"reranking", *(section for section, _ in sentence_scorer.SECTIONS.values())}
    for name, section in shipped.items():
        assert section["made"]["command"].startswith(f"python -m training.{name.partition('_')[0]} ")
        more = {"xquad_ar.jsonl", "arwiki.jsonl.zst"} if name == "evidence" else set()
        assert set(section["made"]["data"]) == {"arcd.jsonl", "arcd_train_english.jsonl"} | more
        assert all(len(checksum) == 64 for checksum in section["made"]["data"].values())
        assert all(section[language]["cross-validated"]["questions"] for language in LANGUAGES)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda c: c["reranking"]["arabic"]["weights"].pop("length"),
            "reranking.arabic.weights; expected lexical, dense",
        ),
        (
            lambda c: c["reranking"]["translated"]["weights"].update(colour=1.0),
            "why, colour under reranking.translated",
        ),
        (lambda c: c["reranking"]["arabic"].update(bias=float("nan")), "holds nan for reranking.arabic.bias"),
        (
            lambda c: c["reranking"]["arabic"]["weights"].update(dense="1.26"),
            "'1.26' for reranking.arabic.weights.dense",
        ),
        (lambda c: c["reranking"].update(translated=[]), "weights for nothing under reranking.translated.weights"),
        (lambda c: c.pop("reranking"), "weights for nothing under reranking.arabic.weights"),
    ],
)
def test_weights_that_are_missing_unknown_or_no_numbers(tmp_path: Path, change: Change, said: str) -> None:
    with pytest.raises(ModelError) as told:
        reranking.models_of(Rankers(changed(tmp_path, change)))
    assert said in str(told.value)
    assert str(tmp_path / FILE) in str(told.value)
    assert "install the program again" in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["evidence"]["arabic"]["sentence"].pop("rank"), "evidence.arabic.sentence; expected coverage"),
        (lambda c: c["evidence"]["arabic"].pop("answered"), "nothing under evidence.arabic.answered"),
        (lambda c: c["evidence"]["translated"].pop("least"), "None for evidence.translated.least; expected a number"),
        (lambda c: c["evidence"]["translated"].update(sure=True), "True for evidence.translated.sure"),
        (lambda c: c["evidence"]["translated"].update(bias=float("inf")), "inf for evidence.translated.bias"),
    ],
)
def test_evidence_weights_that_are_missing_or_no_numbers(tmp_path: Path, change: Change, said: str) -> None:
    with pytest.raises(ModelError) as told:
        sentence_scorer.weights_of(Rankers(changed(tmp_path, change)), "read")
    assert said in str(told.value)


@pytest.mark.parametrize("content", [None, b"", b'{"reranking": ', b"\xff\xfe", b"[]"])
def test_a_file_that_is_missing_or_damaged_is_told_when_search_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    monkeypatch.setattr(rankers, "SHIPPED", tmp_path)
    rankers.shipped.cache_clear()
    settings = load_settings(home=tmp_path)
    try:
        with (
            wiring.open_library(settings) as library,
            pytest.raises(ModelError, match=r"rankers\.json .*expected") as told,
        ):
            wiring.open_retriever(settings, library, wiring.shipped_embedder())
    finally:
        rankers.shipped.cache_clear()
    assert "\n" not in str(told.value)
