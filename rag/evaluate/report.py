"""The figures of a run, in total and by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rag.evaluate.metrics import percentile
from rag.evaluate.run import Result

SCORES = ("recall@1", "recall@3", "recall@10", "mrr", "ndcg@10", "evidence@1", "evidence@3")


def summary(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """ "all" and each kind → its figures.

    Means of the scores over answerable questions; `supported`: share of the citations; `refused`: share of the answerable
    questions wrongly refused; `answered`: share of the unanswerable ones wrongly answered; p50 and p95 in milliseconds.
    A figure without anything to count is left out.
    """
    groups = {"all": list(results)}
    for result in results:
        groups.setdefault(result.question.kind, []).append(result)
    return {name: _figures(group) for name, group in groups.items()}


def _figures(results: Sequence[Result]) -> dict[str, float]:
    figures: dict[str, float] = {"questions": len(results)}
    for name in SCORES:
        values = [r.scores[name] for r in results if name in r.scores]
        if values:
            figures[name] = sum(values) / len(values)
    asked = [r for r in results if r.answer is not None]
    verdicts = Counter(c.verdict for r in asked if r.answer for c in r.answer.citations)
    if verdicts:
        figures["citations"] = verdicts.total()
        figures["supported"] = verdicts["supported"] / verdicts.total()
    for name, wrong, answerable in (("refused", "abstained", True), ("answered", "answered", False)):
        statuses = [r.answer.status for r in asked if r.answer and bool(r.question.answers) == answerable]
        if statuses:
            figures[name] = sum(status == wrong for status in statuses) / len(statuses)
    times = [r.timings.get("total_ms", r.timings["search_ms"]) for r in results]
    return figures | {"p50_ms": percentile(times, 0.5), "p95_ms": percentile(times, 0.95)}
