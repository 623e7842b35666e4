"""Asks every question of a test set and scores what comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag.answer.assistant import SHOWN, Assistant
from rag.arabic import find
from rag.errors import InputError
from rag.evaluate import answers
from rag.evaluate.metrics import ndcg_at, reciprocal_rank, success_at
from rag.evaluate.testset import Example
from rag.library import Library
from rag.types import Answer, Hit, Passage


@dataclass(slots=True)
class Result:
    """One question's outcome; `answer` is None when only the search was measured.

    relevant: whether each hit holds an accepted answer; scores: of an answerable question; shares: of what was answered.
    """

    example: Example
    hits: Sequence[Hit]
    answer: Answer | None
    relevant: Sequence[bool] = ()
    scores: dict[str, float] = field(default_factory=dict)
    shares: dict[str, answers.Share] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The row that `rag eval --out` writes."""
        scores = self.scores | {name: held / of for name, (held, of) in self.shares.items()}
        shown = [{"article": h.passage.article, "start": h.passage.start, "end": h.passage.end} for h in self.hits]
        return {
            "id": self.example.id,
            "kind": self.example.kind,
            "status": self.answer.status if self.answer else None,
            "confidence": round(self.answer.confidence, 3) if self.answer else None,
            "answer": self.answer.text if self.answer else None,
            "citations": [c.as_json() for c in self.answer.citations] if self.answer else [],
            "passages": shown,
            "scores": {name: round(score, 4) for name, score in scores.items()},
            "timings": {name: round(ms, 2) for name, ms in self.timings.items()},
        }


def run(examples: Sequence[Example], assistant: Assistant, only_search: bool) -> Iterator[Result]:
    """A result for each question, in order.

    Search scores are given to answerable examples: a passage is relevant if it lies in one of the row's articles
    and holds an accepted answer. Raises InputError if the library lacks an article that the set names.
    """
    relevant = _Relevant(assistant.library)
    for example in examples:
        history: list[Answer] = []
        for earlier in () if only_search else example.history:
            *_, before = assistant.ask(assistant.parse(earlier), history=history)
            history.append(before)
        began = time.perf_counter()
        if only_search:
            answer, hits = None, tuple(assistant.search(assistant.parse(example.question), SHOWN))
            timings = {"search_ms": 1000 * (time.perf_counter() - began)}
        else:
            *_, answer = assistant.ask(assistant.parse(example.question), history=history)
            hits, timings = answer.hits, dict(answer.timings)
        result = Result(example, hits, answer, timings=timings)
        if example.answers:
            truth = result.relevant = [relevant.is_relevant(hit.passage, example) for hit in hits]
            total = relevant.count(example)
            result.scores = {f"recall@{k}": success_at(k, truth) for k in (1, 3, 10)}
            result.scores |= {"mrr": reciprocal_rank(truth), "ndcg@10": ndcg_at(10, truth, total)}
            if answer is not None:
                result.scores |= _answer_scores(example, answer)
        if answer is not None and answer.status != "abstained":
            result.shares = _shares(answer, assistant.library)
        yield result


def _answer_scores(example: Example, answer: Answer) -> dict[str, float]:
    quotes = list(dict.fromkeys(c.quote for c in answer.citations if c.quote))
    held = [_holds(quote, example) for quote in quotes]
    said = answers.answer_text(answer)
    return {
        "evidence@1": success_at(1, held),
        "evidence@3": success_at(3, held),
        "exact_match": answers.exact_match(said, example.answers),
        "f1": answers.token_f1(said, example.answers),
    }


def _shares(answer: Answer, library: Library) -> dict[str, answers.Share]:
    """What of the answer is as it should be; a share of nothing is left out."""
    cited = [library.article(id_) for id_ in dict.fromkeys(c.article for c in answer.citations if c.n)]
    articles = {article.id: article for article in cited if article is not None}
    found = [hit.passage.searched for hit in answer.hits]
    shares = {
        "supported": answers.supported(answer),
        "coverage": answers.coverage(answer),
        "verbatim": answers.verbatim(answer, articles),
        "purity": answers.purity(answer, [*found, *(f"{a.title} {a.source} {a.text}" for a in articles.values())]),
    }
    return {name: share for name, share in shares.items() if share[1]}


def _holds(text: str, example: Example) -> bool:
    return any(find(answer, text) is not None or answer in text for answer in example.answers)


class _Relevant:
    """Which passages of the library answer a question."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._passages: dict[str, list[Passage]] = {}

    def is_relevant(self, passage: Passage, example: Example) -> bool:
        return passage.article in example.articles and _holds(passage.text, example)

    def count(self, example: Example) -> int:
        return sum(_holds(p.text, example) for article in example.articles for p in self._of(article, example))

    def _of(self, article: str, example: Example) -> list[Passage]:
        if article not in self._passages:
            self._passages[article] = self._library.passages_of(article)
            if not self._passages[article]:
                raise InputError(
                    f"question {example.id} names the article {article!r}, which the library lacks; index it first, "
                    "or use --index-contexts where the set brings its texts"
                )
        return self._passages[article]
