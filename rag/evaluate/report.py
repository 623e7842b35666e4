"""The figures of a run, in total, by kind and by what is asked in; and what went wrong in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.evaluate.calibration import bins, expected_error
from rag.evaluate.metrics import area_under_curve, percentile
from rag.evaluate.run import Result
from rag.evaluate.testset import Example

Figures = Mapping[str, Mapping[str, float]]
"""Group → figure → value."""

SEARCH = ("recall@1", "recall@3", "recall@10", "mrr", "ndcg@10")
SCORES = (*SEARCH, "evidence@1", "evidence@3", "exact_match", "f1")
SHARES = ("supported", "coverage", "verbatim", "purity")
ERRORS = ("refused", "answered")
HEDGED = ("hedged", "hedged_unanswerable")
CONFIDENCE = ("auc", "calibration_error")
PARTS = {
    "Search and time": (*SEARCH, "p50_ms", "p95_ms"),
    "Answers": ("evidence@1", "evidence@3", "exact_match", "f1", *ERRORS, *HEDGED, *CONFIDENCE),
    "Citations and script": ("citations", *SHARES),
}
"""The figures in the tables that show them."""
MEANINGS = {
    "recall@1": "Answerable questions whose first passage holds an accepted answer; @3 and @10: one of the first 3 and 10.",
    "mrr": "Mean of 1 / the rank of the first passage that holds an accepted answer.",
    "ndcg@10": "Normalised discounted cumulative gain of the first ten passages.",
    "evidence@1": "Answerable questions whose first quote holds an accepted answer; @3: one of the first three. A refusal has none.",
    "exact_match": "Answers whose words are those of an accepted answer; nearly none where whole sentences are quoted. A refusal has none.",
    "f1": "Harmonic mean of precision and recall of an answer's words, for the nearest accepted answer. 0 for a refusal.",
    "refused": "Answerable questions that were refused; lower is better.",
    "answered": "Unanswerable questions that were answered; lower is better.",
    "hedged": "Answerable questions that were given the nearest sentences, said to be no more.",
    "hedged_unanswerable": "Unanswerable questions that were given them.",
    "auc": "How often an answerable question's confidence is above an unanswerable one's; 0.5 is chance. A refusal counts as 0.",
    "calibration_error": "How far confidence is from the share of answers whose first three quotes hold an accepted answer, on average.",
    "citations": "Citations in all answers.",
    "supported": "Citations that the check found supported.",
    "coverage": "Claims of the answers that carry at least one supported citation.",
    "verbatim": "Quotes that their article holds to the letter at their offsets; anything but 1 is a defect.",
    "purity": "Letters of the answers, outside whole quotations, of the question's script or of a word in the question or its passages.",
    "p50_ms": "Half the questions took at most this long, all in.",
    "p95_ms": "Nineteen of twenty did.",
}


def groups(question: Example) -> list[str]:
    """The groups a question counts in: "all", its kind, and what it is asked in: variety=standard, =dialect or =english."""
    return list(dict.fromkeys(("all", question.kind, f"variety={question.variety}")))


def summary(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """Each group → its figures.

    Means of the scores over answerable questions; of the SHARES, those of all citations, claims and letters together;
    `refused`: share of the answerable questions wrongly refused; `answered`: share of the unanswerable ones wrongly
    answered; `hedged`, `hedged_unanswerable`: shares of both that were given the nearest sentences; `auc`: of the confidence in
    both; p50 and p95 in milliseconds. A figure without anything to count is left out.
    """
    members: dict[str, list[Result]] = {"all": []}
    for result in results:
        for name in groups(result.example):
            members.setdefault(name, []).append(result)
    last = [name for name in members if name.startswith("variety=")]
    return {name: _figures(members[name]) for name in [*(n for n in members if n not in last), *last]}


def _figures(results: Sequence[Result]) -> dict[str, float]:
    figures: dict[str, float] = {"questions": len(results)}
    for name in SCORES:
        values = [r.scores[name] for r in results if name in r.scores]
        if values:
            figures[name] = sum(values) / len(values)
    for name in SHARES:
        shares = [r.shares[name] for r in results if name in r.shares]
        if shares:
            held, of = (sum(numbers) for numbers in zip(*shares, strict=True))
            figures |= ({"citations": of} if name == "supported" else {}) | {name: held / of}
    for name, answerable in zip(ERRORS, (True, False), strict=True):
        asked = [r for r in results if r.answer is not None and bool(r.example.answers) == answerable]
        if asked:
            wrong, hedged = ("abstained", "hedged") if answerable else ("answered", "hedged_unanswerable")
            figures[name] = sum(_status(r) == wrong for r in asked) / len(asked)
            figures[hedged] = sum(_status(r) == "nearest" for r in asked) / len(asked)
    confidence = {
        answerable: [r.answer.confidence for r in results if r.answer and bool(r.example.answers) == answerable]
        for answerable in (True, False)
    }
    if all(confidence.values()):
        figures["auc"] = area_under_curve(confidence[True], confidence[False])
    if found := bins(results):
        figures["calibration_error"] = expected_error(found)
    times = [milliseconds(r) for r in results]
    return figures | {"p50_ms": percentile(times, 0.5), "p95_ms": percentile(times, 0.95)}


def milliseconds(result: Result) -> float:
    """How long the question took, all in."""
    return result.timings.get("total_ms", result.timings["search_ms"])


def _status(result: Result) -> str:
    """That of its answer; "" where only the search was asked."""
    return result.answer.status if result.answer else ""


FAILURES = {
    "Wrong refusals": "An article holds the answer, and the program refused.",
    "Answered though unanswerable": "The archive does not hold it, and the program answered.",
    "Evidence missed": "Answered, but none of the first three quotes holds an accepted answer.",
    "Unsupported citations": "A claim that its passage does not bear out, or that cites nothing.",
    "Quotes that are not verbatim": "A quote that is not what its article holds at its offsets.",
    "Letters of another script": "Words of a script that neither the question nor its passages are written in.",
    "Search missed": "None of the first ten passages holds an accepted answer.",
}
"""What can go wrong, and what it means."""


def failures(results: Sequence[Result]) -> dict[str, list[Result]]:
    """What went wrong → the questions with which it did; a question may be in several, and an empty one is left out."""
    found: dict[str, list[Result]] = {}
    for result in results:
        for name in _failures(result):
            found.setdefault(name, []).append(result)
    return {name: found[name] for name in FAILURES if name in found}


def _failures(result: Result) -> list[str]:
    answerable, shares = bool(result.example.answers), result.shares
    wrong = {
        "Wrong refusals": answerable and _status(result) == "abstained",
        "Answered though unanswerable": not answerable and _status(result) == "answered",
        "Evidence missed": _status(result) != "abstained" and result.scores.get("evidence@3") == 0,
        "Search missed": result.scores.get("recall@10") == 0,
    }
    named = {"supported": "Unsupported citations", "verbatim": "Quotes that are not verbatim"}
    named |= {"purity": "Letters of another script"}
    wrong |= {name: share in shares and shares[share][0] < shares[share][1] for share, name in named.items()}
    return [name for name, is_so in wrong.items() if is_so]
