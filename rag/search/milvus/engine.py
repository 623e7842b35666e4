"""The engine on a Milvus server: passages with their vectors and grams in one collection a library.

Each leg is asked by itself and the rankings are fused here, not by a ranker of the server: the second look weighs the scores
of both legs, which a fused ranking does not tell, and `rag search --json` names the rank in each. It costs one call more.

What is counted after writing is counted with the consistency `Strong`, which waits until every write so far is seen; questions
are asked with `Bounded`, so that they need not wait: catching up has waited for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import log
from typing import Any

import numpy as np
from filelock import FileLock

from rag.arabic.text.grams import word_grams
from rag.errors import EngineError
from rag.query.question import Question
from rag.search import bm25
from rag.search.catch_up import Progress, catch_up, is_current, usable_state
from rag.search.engine import Rankings
from rag.search.fusion import Ranking
from rag.search.milvus import rows as milvus_rows
from rag.search.milvus.collection import MilvusCollection
from rag.search.milvus.rows import DENSE, EF, ID, LEXICAL, token
from rag.types import Scope

_MORE = 4
"""Times as many candidates as wanted are taken for a translated question; the server weighs translations only roughly."""
_AT_ONCE = 64
"""Grams that are asked for in one call."""


class MilvusEngine:
    """One library's passages on a server."""

    def __init__(self, collection: MilvusCollection) -> None:
        self.collection = collection
        self.library, self.embedder, self.server = collection.library, collection.embedder, collection.server
        self._idf: dict[str, float] = {}

    def is_current(self) -> bool:
        self._idf = {}
        return is_current(self.collection, self.library) and self.collection.is_shown()

    def is_usable(self) -> bool:
        return usable_state(self.collection, self.library) is not None and self.collection.is_shown()

    def catch_up(self, progress: Progress | None) -> list[str]:
        """What is built beside the collection that is searched takes its place at the end."""
        notice = catch_up(self.collection, self.library, progress)
        if lacking := self.collection.lacks():
            self.collection.disown()
            catch_up(self.collection, self.library, progress)
            notice = f"{lacking}; it has been rebuilt"
            if lacking := self.collection.lacks():
                raise EngineError(
                    f"{lacking}, though it has just been built; look into the server's log, and try again"
                )
        self.collection.show()
        self._idf = {}
        return [notice]

    @contextmanager
    def following(self, lock: FileLock) -> Iterator[Callable[[], None]]:
        """Nothing is done meanwhile: passages are sent when all that was read is in the library."""
        yield lambda: None

    def discard(self) -> None:
        self.collection.discard()

    def search(self, question: Question, k: int, scope: Scope) -> Rankings:
        where = milvus_rows.expression(scope)
        return Rankings(self._lexical(question, k, where), self._dense(question, k, where))

    def _lexical(self, question: Question, k: int, where: str) -> Ranking:
        if not any(word.translations for word in question.words):
            return self._ranked([gram for word in question.words for gram in word_grams(word.text)], k, where)
        # The server adds up what grams say; that of several translations the best one counts is worked out here.
        forms = {form for word in question.words for _, forms in word.translations for form in forms}
        idf = self.idf(gram for form in (*forms, *(word.text for word in question.words)) for gram in word_grams(form))
        asked = {gram for word in question.words for _, grams in bm25.alternatives(word, idf) for gram in grams}
        found = self.library.passages(id_ for id_, _ in self._ranked(sorted(asked), _MORE * k, where))
        held = zip(found, milvus_rows.counted(found.values()), strict=True)
        scores = [(id_, bm25.score(question, grams, idf, self._mean)) for id_, grams in held]
        return sorted(((id_, score) for id_, score in scores if score > 0), key=lambda hit: (-hit[1], hit[0]))[:k]

    def _ranked(self, grams: Sequence[str], k: int, where: str) -> Ranking:
        return self._asked(LEXICAL, [" ".join(map(token, grams))], k, where)[0] if grams else ()

    def _dense(self, question: Question, k: int, where: str) -> Ranking:
        vector = self.embedder.questions([question.text])[0]
        return self._asked(DENSE, [vector.tolist()], k, where)[0] if vector.any() else ()

    def _asked(self, field: str, data: list[Any], k: int, where: str = "") -> list[Ranking]:
        """The ranking of each of several queries of one field; milvus-lite gives BM25 a minus sign."""
        parameters = (
            {"metric_type": "BM25", "params": {"drop_ratio_search": 0.0}}
            if field == LEXICAL
            else {"metric_type": "IP", "params": {"ef": max(EF, 2 * k)}}
        )
        found = self.server.ask(
            "search",
            self.collection.alias,
            data=data,
            anns_field=field,
            limit=k,
            filter=where,
            search_params=parameters,
            output_fields=[ID],
            consistency_level="Bounded",
        )
        sign = abs if field == LEXICAL else float
        return [
            sorted(((int(hit[ID]), sign(hit["distance"])) for hit in hits), key=lambda hit: (-hit[1], hit[0]))
            for hits in found
        ]

    def cosines(self, question: Question, ids: Sequence[int]) -> list[float]:
        if not ids:
            return []
        vector = self.embedder.questions([question.text])[0]
        rows = self.server.ask("get", self.collection.alias, ids=list(ids), output_fields=[ID, DENSE])
        found = {int(row[ID]): float(vector @ np.array(row[DENSE], np.float32)) for row in rows}
        return [found.get(id_, 0.0) for id_ in ids]

    @property
    def _mean(self) -> float:
        """The grams of a passage, on average."""
        kept = self.collection.kept
        return max(1.0, kept.grams / kept.added) if kept and kept.added else 1.0

    def idf(self, grams: Iterable[str]) -> Mapping[str, float]:
        """As the server weighs each gram: from the score of the best passage for it alone, and that passage's grams.

        The server does not tell in how many passages a gram is. What was asked for is remembered until the index changes.
        """
        wanted, known = set(grams), self._idf
        unknown = sorted(wanted.difference(known))
        for start in range(0, len(unknown), _AT_ONCE):
            asked = unknown[start : start + _AT_ONCE]
            found = [ranking[0] if ranking else None for ranking in self._asked(LEXICAL, list(map(token, asked)), 1)]
            passages = self.library.passages(hit[0] for hit in found if hit)
            held = dict(zip(passages, milvus_rows.counted(passages.values()), strict=True))
            for gram, hit in zip(asked, found, strict=True):
                known[gram] = self._weight(gram, held.get(hit[0]), hit[1]) if hit else self._weight_of_none()
        return {gram: known[gram] for gram in wanted}

    def _weight(self, gram: str, held: Counter[str] | None, score: float) -> float:
        return score / bm25.share(held[gram], held.total(), self._mean) if held and held[gram] else score

    def _weight_of_none(self) -> float:
        kept = self.collection.kept
        return log(1 + ((kept.rows or 0 if kept else 0) + 0.5) / 0.5)
