"""The commands that make the weights: both write their own section of the file, the same one twice, and the program reads it."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import zstandard

import training.evidence
import training.reranking
from datasets.reading import ENGLISH
from rag.answer import sentence_scorer
from rag.arabic.text.encodings import CLASSES
from rag.search import reranking
from rag.search.rankers import Rankers
from training import rankers
from training.letters import bits
from training.ranking import conditional_logit, rounded

PARAGRAPHS = (
    ("379029789792", "كأس العالم", "أين أقيمت كأس العالم 2018؟", "أقيمت كأس العالم 2018 في روسيا. فازت بها فرنسا.", "روسيا"),
    ("208462133326", "أينشتاين", "في أي عام نشر أينشتاين النسبية العامة؟", "نشر أينشتاين النسبية العامة عام 1915. ولد في ألمانيا.", "1915"),
    ("691991462153", "العثمانيون", "متى فتح العثمانيون القسطنطينية؟", "فتح العثمانيون القسطنطينية عام 1453. صارت عاصمتهم.", "1453"),
    ("471876273320", "سويسرا", "كم عدد كانتونات سويسرا؟", "تتكون سويسرا من 26 كانتونا. عاصمتها برن.", "26"),
    ("774970811554", "جبران", "ما أشهر كتب جبران خليل جبران؟", "أشهر كتب جبران خليل جبران هو النبي. عاش في نيويورك.", "النبي"),
    ("231085087473", "الأسد", "كم يبلغ عمر الأسد الذكر؟", "يبلغ الأسد الذكر من العمر 12 سنة. يعيش في أفريقيا.", "12"),
)  # fmt: skip
"""Questions of ARCD train that we have translated, asked of paragraphs of ours: id, title, question, context, answer."""
CITIES = (
    "حلب دمشق حمص عمان بغداد البصرة الموصل بيروت صيدا صور القدس نابلس غزة القاهرة أسوان "
    "طنطا تونس سوسة فاس الرباط مكة جدة الرياض أبها تبوك"
)
"""Of each a question of a second set is asked, every fifth of which is held out."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    with (folder / "arcd.jsonl").open("w", encoding="utf-8") as file:
        for id_, title, question, context, answer in PARAGRAPHS:
            row = {"id": id_, "split": "train", "title": title, "question": question, "context": context}
            row |= {"answers": [{"text": answer, "start": context.index(answer)}]}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    with (folder / "xquad_ar.jsonl").open("w", encoding="utf-8") as file:
        for i, city in enumerate(CITIES.split()):
            context = f"يبلغ عدد سكان مدينة {city} {i + 3} مليون نسمة. يعمل كثير منهم في {city} في التجارة."
            row = {"id": str(i), "title": city, "question": f"كم عدد سكان مدينة {city}؟", "context": context}
            row |= {
                "question_en": f"How many people live in {city}?",
                "answers": [{"text": f"{i + 3} مليون", "start": 0}],
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    said = [{"text": f"{context} {question} " * 6} for *_, question, context, _ in PARAGRAPHS]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in said)
    (folder / "arwiki.jsonl.zst").write_bytes(zstandard.compress(lines.encode()))
    return folder


@pytest.fixture
def made(data: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """What a file holds when a command has been run on it."""

    def run(command: ModuleType, out: Path, *more: str) -> dict[str, Any]:
        monkeypatch.setattr(sys, "argv", ["", "--data", str(data), "--out", str(out), *more])
        command.main()
        return dict(json.loads(out.read_text(encoding="utf-8")))

    return run


def undated(sections: dict[str, Any]) -> dict[str, Any]:
    for section in sections.values():
        section["made"].pop("date")
    return sections


def test_both_commands_write_what_the_program_reads_and_the_same_twice(
    made: Callable[..., dict[str, Any]], data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, again = tmp_path / "1.json", tmp_path / "2.json"
    made(training.reranking, out)
    both = made(training.evidence, out)
    assert set(both) == {"reranking", *(section for section, _ in sentence_scorer.SECTIONS.values())}
    assert "'R@10'" in (said := capsys.readouterr().out)
    assert "  from 0.3: {'refused': " in said
    made(training.evidence, again)
    assert undated(made(training.reranking, again)) == undated(both)
    ranking, finding = reranking.models_of(Rankers(out)), sentence_scorer.weights_of(Rankers(out), "read")
    assert {len(model.weights) for model in ranking.values()} == {len(reranking.FEATURES)}
    assert {(weights.least, weights.sure) for weights in finding.values()} == {
        (training.evidence.LEAST["read"][language], training.evidence.SURE["read"][language]) for language in finding
    }
    for name, section in both.items():
        more = ("xquad_ar.jsonl", "arwiki.jsonl.zst") if name == "evidence" else ()
        files = [data / "arcd.jsonl", ENGLISH, *(data / one for one in more)]
        assert section["made"]["data"] == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
        assert section["arabic"]["cross-validated"]["questions"] == len(PARAGRAPHS) or name == "evidence"
    assert both["evidence_near"]["arabic"]["cross-validated"]["evidence@1"] > 0.5


def test_a_section_takes_the_place_of_its_own_and_leaves_the_others(tmp_path: Path) -> None:
    out, file = tmp_path / "rankers.json", tmp_path / "arcd.jsonl"
    out.write_text('{"evidence": {"kept": 1}, "reranking": {"arabic": {"bias": 1}, "old": 2}}')
    file.write_bytes(b"rows")
    rankers.write(out, "reranking", {"arabic": {"bias": 2.5}}, [file])
    found = json.loads(out.read_text())
    assert list(found) == ["evidence", "reranking"]
    assert found["evidence"] == {"kept": 1}
    assert found["reranking"]["arabic"] == {"bias": 2.5}
    assert "old" not in found["reranking"]
    assert found["reranking"]["made"]["data"] == {"arcd.jsonl": hashlib.sha256(b"rows").hexdigest()}


def test_a_file_that_is_no_json_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "rankers.json").write_text("no json")
    with pytest.raises(ValueError, match="Expecting value"):
        rankers.write(tmp_path / "rankers.json", "evidence", {}, [])
    assert (tmp_path / "rankers.json").read_text() == "no json"


def test_weights_are_written_to_two_decimals_and_none_is_less_than_nothing_by_rounding() -> None:
    assert str(rounded(np.array([1.234, -0.001, -2.0]), ["a", "b", "c"])) == "{'a': 1.23, 'b': 0.0, 'c': -2.0}"


def test_a_letter_that_often_stands_behind_another_costs_fewer_bits() -> None:
    table = bits(iter(["باب", "باب", "بيت", "\u0671لقرآن"]))
    assert len(table) == len(CLASSES)
    behind_b = dict(zip(CLASSES, table[CLASSES.index("ب")], strict=True))
    assert behind_b["ا"] < behind_b["ي"] < behind_b["ت"] == behind_b["ق"]


def test_a_conditional_logit_weighs_what_tells_the_right_row() -> None:
    random = np.random.default_rng(0)
    groups = []
    for _ in range(200):
        rows, right = random.normal(size=(5, 3)), np.zeros(5, bool)
        right[np.argmax(rows @ [2.0, 0.0, -1.0] + random.gumbel(size=5))] = True
        groups.append((rows, right))
    assert conditional_logit(groups) == pytest.approx([2.0, 0.0, -1.0], abs=0.4)
