import pytest

from rag.evaluate import calibration
from rag.evaluate.calibration import Bin
from rag.evaluate.page import _plots
from rag.evaluate.report import summary
from rag.evaluate.run import Result
from rag.evaluate.testset import Example
from rag.types import Answer


def result(confidence: float, right: bool, status: str = "answered") -> Result:
    question = Example("1", "سؤال؟", ("نعم",) if right else (), ("a.txt",) if right else (), "k", "standard")
    answer = Answer(question.question, status, "نعم [1].", "quote", confidence=confidence, done=True)  # type: ignore[arg-type]
    scores = {"evidence@3": 1.0} if right else {}
    return Result(question, (), answer, (), scores, {}, {"search_ms": 5.0, "total_ms": 10.0})


def test_bins_hold_the_answers_of_their_confidence_and_no_refusal() -> None:
    rows = [(0.91, True), (1.0, True), (0.95, False), (0.31, False)]
    results = [*(result(*row) for row in rows), result(0.0, True, "abstained")]
    assert calibration.bins(results) == [
        Bin(0.3, 1, pytest.approx(0.31), 0),
        Bin(0.9, 3, pytest.approx(0.953, abs=0.001), pytest.approx(2 / 3)),
    ]


def test_the_error_weighs_each_bin_by_its_answers() -> None:
    assert calibration.expected_error([Bin(0.3, 1, 0.3, 0.5), Bin(0.9, 3, 0.9, 1.0)]) == pytest.approx(0.125)


def test_figures_and_plot_tell_it_and_leave_it_out_where_nothing_was_answered() -> None:
    results = [result(0.9, True), result(0.4, False, "nearest"), result(0.0, False, "abstained")]
    figures = summary(results)
    assert figures["all"]["auc"] == 1
    assert figures["all"]["calibration_error"] == pytest.approx((0.1 + 0.4) / 2)
    assert any("Calibration" in plot and "from 0.9 (1)" in plot for plot in _plots(results, figures))
    refused = [result(0.0, False, "abstained")]
    assert not {"auc", "calibration_error"} & set(summary(refused)["all"])
    assert not any("Calibration" in plot for plot in _plots(refused, summary(refused)))
