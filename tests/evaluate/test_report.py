from collections.abc import Sequence

import pytest

from rag.evaluate.report import failures, groups, summary
from rag.evaluate.run import Result
from rag.evaluate.testset import Example
from rag.types import Answer, Citation


def result(
    id_: str,
    status: str = "answered",
    answerable: bool = True,
    kind: str = "k",
    variety: str = "standard",
    verdicts: Sequence[str] = (),
    shares: dict[str, tuple[int, int]] | None = None,
    **scores: float,
) -> Result:
    """One outcome, its figures given."""
    accepted = ("نعم",) if answerable else ()
    question = Example(id_, f"سؤال {id_}؟", accepted, ("a.txt",) if answerable else (), kind, variety)  # type: ignore[arg-type]
    citations = tuple(Citation(1, "قول", "a.txt", "", 0, 3, "نعم", v) for v in verdicts)  # type: ignore[arg-type]
    answer = Answer(question.question, status, "نعم [1].", "quote", citations, done=True)  # type: ignore[arg-type]
    return Result(question, (), answer, (), scores, shares or {}, {"search_ms": 5.0, "total_ms": 10.0})


def test_refusal_errors_are_told_apart_by_what_is_asked_in() -> None:
    results = [
        result("1"),
        result("2", "abstained", variety="dialect"),
        result("3", "abstained", variety="dialect"),
        result("4", "answered", variety="dialect"),
        result("5", "answered", answerable=False, variety="dialect"),
        result("6", "abstained", answerable=False),
        result("7", "answered", answerable=False, variety="english"),
    ]
    figures = summary(results)
    assert list(figures) == ["all", "k", "variety=standard", "variety=dialect", "variety=english"]
    assert (figures["all"]["refused"], figures["all"]["answered"]) == (pytest.approx(2 / 4), pytest.approx(2 / 3))
    assert (figures["variety=standard"]["refused"], figures["variety=standard"]["answered"]) == (0, 0)
    assert (figures["variety=dialect"]["refused"], figures["variety=dialect"]["answered"]) == (pytest.approx(2 / 3), 1)
    assert "refused" not in figures["variety=english"]


def test_shares_are_of_all_citations_together_and_of_nothing_left_out() -> None:
    results = [
        result("1", shares={"supported": (1, 1), "purity": (10, 10)}, f1=0.5),
        result("2", shares={"supported": (0, 3), "purity": (0, 10)}, f1=0.0),
        result("3", "abstained", answerable=False),
    ]
    figures = summary(results)["all"]
    assert (figures["citations"], figures["supported"], figures["purity"], figures["f1"]) == (4, 0.25, 0.5, 0.25)
    assert "verbatim" not in figures
    assert results[1].as_json()["scores"] == {"f1": 0.0, "supported": 0.0, "purity": 0.0}


def test_a_kind_called_all_counts_each_question_once() -> None:
    assert groups(result("1", kind="all").example) == ["all", "variety=standard"]
    assert summary([result("1", kind="all")])["all"]["questions"] == 1


def test_a_kind_called_like_a_variety_stays_its_own() -> None:
    figures = summary([result("1", kind="dialect", variety="dialect"), result("2", variety="dialect")])
    assert (figures["dialect"]["questions"], figures["variety=dialect"]["questions"]) == (1, 2)


def test_each_failure_stands_where_it_belongs() -> None:
    good = {"supported": (1, 1), "verbatim": (1, 1), "purity": (4, 4)}
    results = [
        result("fine", shares=good, **{"evidence@3": 1.0, "recall@10": 1.0}),
        result("refused", "abstained", **{"evidence@3": 0.0, "recall@10": 1.0}),
        result("made up", answerable=False, shares=good),
        result("beside", shares=good | {"supported": (0, 1)}, **{"evidence@3": 0.0, "recall@10": 0.0}),
        result(
            "drifting", shares=good | {"purity": (1, 4), "verbatim": (0, 1)}, **{"evidence@3": 1.0, "recall@10": 1.0}
        ),
        result("rightly refused", "abstained", answerable=False),
    ]
    found = {name: [r.example.id for r in wrong] for name, wrong in failures(results).items()}
    assert found == {
        "Wrong refusals": ["refused"],
        "Answered though unanswerable": ["made up"],
        "Evidence missed": ["beside"],
        "Unsupported citations": ["beside"],
        "Quotes that are not verbatim": ["drifting"],
        "Letters of another script": ["drifting"],
        "Search missed": ["beside"],
    }
