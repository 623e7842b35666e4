"""The comparison with others: what it counts, what it says of what is missing, and that it stops what takes too much."""

import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import reached
from benchmarks.pipelines.asking import Task, ask
from benchmarks.processes import events


def system(seconds: float, p50: float, memory: float = 100.0) -> dict[str, Any]:
    return {
        "index seconds": seconds,
        "index memory": memory,
        "search memory": memory,
        "1": {"p50": p50},
        "recall": {"10": 0.98},
        "cold ask": 0.5,
    }


def results(**systems: dict[str, Any]) -> dict[str, Any]:
    return {"cold": {"rag ask, quote writer": 1.2}, "sizes": {"100000": {"passages": 100_000, "systems": systems}}}


def test_ratios_are_to_the_fastest_rival_and_not_to_the_bare_libraries() -> None:
    of = results(
        ours=system(10, 5.0), bare=system(1, 4.0), txtai=system(40, 20.0), haystack={"stopped": "more than 1 s"}
    )
    said = {line[:52].strip(): line[52:].split() for line in reached.lines(of)}
    assert said["indexing against the fastest rival, 100,000 passages"][:1] == ["4.000"]
    assert said["p50 at 100,000 against the fastest rival"] == ["0.250", "(≤", "⅓", "×)", "reached"]
    assert said["p50 at 100,000 against bare tantivy and FAISS"][0] == "1.250"
    assert said["cold `rag ask`, seconds"][-1] == "MISSED"


def test_what_was_not_measured_is_not_said_to_be_reached() -> None:
    lines = reached.lines(results(ours=system(10, 5.0), txtai={"stopped": "more than 1 s"}))
    missing = [line for line in lines if "not measured" in line]
    assert [line[:20].strip() for line in missing] == [
        "indexing against the",
        "p50 at 100,000 again",
        "p50 at 100,000 again",
        "p50 from 100,000 to",
        "peak memory with 1,0",
        "peak memory with 1,0",
    ]


def test_each_question_is_asked_once_by_any_number_of_askers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "questions.json"
    file.write_text('[["warm"], ["a", "b", "c", "d", "e"]]')
    asked: list[str] = []

    def search(question: str) -> list[int]:
        asked.append(question)
        if question == "c":
            raise RuntimeError("not by several")
        return [1]

    ask(search, Task("", str(file), "", "", (1, 3), 60))
    assert sorted(asked) == sorted(["warm", *"abcde", *"abcde"])
    assert capsys.readouterr().out.count("RuntimeError: not by several") == 2


@pytest.mark.parametrize(("seconds", "memory", "why"), [(0.2, 1e6, "more than 0 s"), (60, 0.5, "more than 0 GB")])
def test_a_process_that_takes_too_much_is_stopped_and_told(seconds: float, memory: float, why: str) -> None:
    code = 'print(\'{"event": "ready"}\', flush=True); import time; time.sleep(60)'
    said = list(events([sys.executable, "-c", code], {}, seconds, memory))
    assert said[-1] == {"event": "stopped", "why": why}


def test_a_process_that_fails_is_told_with_its_last_word() -> None:
    said = list(events([sys.executable, "-c", "raise ValueError('no such model')"], {}, 60, 1e6))
    assert said == [{"event": "stopped", "why": "ValueError: no such model"}]
