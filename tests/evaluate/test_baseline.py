import json
from pathlib import Path

import pytest

from rag.errors import InputError
from rag.evaluate.baseline import compare, load
from rag.evaluate.testset import Example

QUESTIONS = [Example(str(i), "كم؟", ("ست",), ("a",), "number" if i else "date") for i in range(3)]
EARLIER = {
    "all": {"questions": 3, "f1": 0.5, "refused": 0.2, "p95_ms": 10.0},
    "number": {"questions": 2, "f1": 0.5},
    "date": {"questions": 1, "f1": 0.5},
}


def write(path: Path, value: object) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def test_a_baseline_reads_as_it_was_printed(tmp_path: Path) -> None:
    assert load(write(tmp_path / "b.json", EARLIER), QUESTIONS) == EARLIER


def test_the_groups_of_another_rule_for_varieties_are_no_other_test_set(tmp_path: Path) -> None:
    earlier = EARLIER | {"variety=dialect": {"questions": 2, "f1": 0.5}}
    before = load(write(tmp_path / "b.json", earlier), QUESTIONS)
    now = EARLIER | {"variety=dialect": {"questions": 1, "f1": 0.1}}
    assert compare(before, now, 0.01) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "no baseline"),
        ("{oops", "no baseline"),
        ("[" * 100_000, "no baseline"),
        ([1], "no baseline"),
        ({"id": "1", "kind": "date", "status": None}, "no baseline: id"),  # a row of --out
        ({"all": {"questions": 3, "f1": "good"}}, "no baseline: all: f1"),
        ('{"all": {"questions": 3, "f1": NaN}}', "no baseline: all: f1"),
        ({"number": {"questions": 2}}, "no figures of all questions"),
        ({"all": {"questions": 3}}, "no figures of all questions"),
        ({"all": {"questions": 121, "f1": 0.5}}, "another test set: all has 121 questions there, 3 here"),
        (EARLIER | {"place": {"questions": 1}}, "place has 1 questions there, 0 here"),
        (EARLIER | {"number": {"f1": 1}}, "number has 0 questions there, 2 here"),
    ],
)
def test_what_is_no_baseline(tmp_path: Path, value: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load(write(tmp_path / "b.json", value), QUESTIONS)


def test_a_baseline_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "none.json", QUESTIONS)


def test_drops_come_first_and_name_the_kinds_that_moved() -> None:
    now = {
        "all": {"questions": 3, "f1": 0.4, "refused": 0.1, "p95_ms": 99.0, "purity": 0.0},
        "number": {"questions": 2, "f1": 0.35},
        "date": {"questions": 1, "f1": 0.505},
    }
    moves = compare(EARLIER, now, 0.01)
    assert [str(move) for move in moves] == [
        "worse: f1 0.500 → 0.400 (number 0.500 → 0.350)",
        "better: refused 0.200 → 0.100",
    ]


def test_a_refusal_error_is_worse_when_it_rises() -> None:
    now = EARLIER | {"all": {"questions": 3, "f1": 0.5, "refused": 0.3}}
    assert [(move.figure, move.gain < 0) for move in compare(EARLIER, now, 0.01)] == [("refused", True)]


def test_the_tolerance_itself_is_no_drop() -> None:
    now = EARLIER | {"all": {"questions": 3, "f1": 0.49, "refused": 0.21}}
    assert compare(EARLIER, now, 0.01) == []
    assert len(compare(EARLIER, now, 0.0099)) == 2


def test_kinds_that_move_against_each_other_are_said() -> None:
    now = EARLIER | {"number": {"questions": 2, "f1": 0.4}, "date": {"questions": 1, "f1": 0.7}}
    (move,) = compare(EARLIER, now, 0.01)
    assert move.gain == 0
    assert str(move).startswith("moved in a group: f1 0.500 → 0.500 (number")


def test_a_figure_that_has_gone_is_worse() -> None:
    (move,) = compare(EARLIER, EARLIER | {"all": {"questions": 3, "refused": 0.2}}, 0.01)
    assert move.gain < 0
    assert str(move) == "worse: f1 0.500 → none"
