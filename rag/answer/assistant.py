"""A question to its answer: search, evidence, writing, checking; each step a snapshot of one `Answer`."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace

from rag.answer import prompts
from rag.answer.citations import cite
from rag.answer.conversation import understood
from rag.answer.evidence import EvidenceFinder
from rag.answer.repeats import not_told_before
from rag.answer.verification import ClaimVerifier
from rag.answer.writers import Choice, Closable, Notice, Writer
from rag.arabic import find
from rag.errors import InputError, ModelError
from rag.library import Library
from rag.query.question import Question, QuestionParser
from rag.search.reranking import Reranker
from rag.search.retriever import Retriever
from rag.types import EVERYTHING, Answer, Citation, Evidence, Hit, Passage, Scope

log = logging.getLogger(__name__)
STEPS = ("search_ms", "write_ms", "total_ms")
"""What `Answer.timings` tells: milliseconds."""
SHOWN = 10
"""Hits in an answer."""
_FOUND = 2 * SHOWN
"""Passages out of which they are taken, those left out that repeat others."""
_MATERIAL = 6
"""Passages given to a writer, at least where there are as many."""


class Assistant:
    """Answers questions from one library with one writer at a time.

    quoting: what writes in its place when it fails. choice: why the writer was taken. notices: what was repaired on opening.
    """

    def __init__(
        self,
        library: Library,
        parser: QuestionParser,
        retriever: Retriever,
        finder: EvidenceFinder,
        verifier: ClaimVerifier,
        writer: Writer,
        quoting: Writer,
        choice: Choice,
        notices: Sequence[str],
    ) -> None:
        self.library, self.parser, self.retriever, self.finder = library, parser, retriever, finder
        self.writer, self.verifier, self.quoting = writer, verifier, quoting
        self.choice, self.notices = choice, list(notices)
        self._door = threading.RLock()  # a stream that is dropped may end in a thread that stands in it
        self._writing: list[Writer] = []

    def switch(self, writer: Writer, choice: Choice) -> None:
        """Has another writer answer from the next question on; the one before is closed when its last answer is done."""
        with self._door:
            self.dismiss_notice(str(self.choice))
            before, self.writer, self.choice = self.writer, writer, choice
            self._close_if_left(before)

    def use_reranker(self, reranker: Reranker) -> None:
        """Has another reranker order what is found from the next question on."""
        self.retriever.reranker = reranker

    def dismiss_notice(self, notice: str) -> None:
        """Shows a notice no more with the answers."""
        with self._door:
            self.notices = [kept for kept in self.notices if kept != notice]

    @contextmanager
    def _taken(self) -> Iterator[Writer]:
        """The writer of now, kept open for one question."""
        with self._door:
            writer = self.writer
            self._writing.append(writer)
        try:
            yield writer
        finally:
            with self._door:
                self._writing.remove(writer)
                self._close_if_left(writer)

    def _close_if_left(self, writer: Writer) -> None:
        if writer is not self.writer and writer not in self._writing and isinstance(writer, Closable):
            writer.close()

    def parse(self, text: str) -> Question:
        """The question that a person typed, as everything here takes it; errors as in `QuestionParser.parse`."""
        return self.parser.parse(text)

    def search(self, question: Question, k: int, scope: Scope = EVERYTHING) -> list[Hit]:
        """The k best passages, best first; errors as in `Retriever.search`."""
        return self.retriever.search(question, k, scope)

    def recall(self, questions: Sequence[str], scope: Scope = EVERYTHING) -> list[Answer]:
        """The answers of a conversation's earlier questions, quoted anew, for `ask` to understand the next one by.

        For programs that keep their own conversations. One that cannot be asked is left out.
        """
        answers: list[Answer] = []
        for text in questions:
            with suppress(InputError):
                *_, answer = self.ask(self.parse(text), scope, answers, quoted=True)
                answers.append(answer)
        return answers

    def ask(
        self, question: Question, scope: Scope = EVERYTHING, history: Sequence[Answer] = (), quoted: bool = False
    ) -> Generator[Answer]:
        """Snapshots of the answer from the articles of a scope; the last one is `done` and carries the checked citations.

        history: the conversation's answers so far, in order, out of which a question such as «ومتى كان ذلك؟» is understood.
        quoted: whether to quote, whatever the writer is; then rules alone understand the question.

        Closing the iterator stops the writer. The text begins anew, with a notice, where a writer asks its model again, and
        where one that fails hands over.
        Raises InputError for a scope that cannot be asked, and BusyError from the writer.
        """
        with self._taken() as writer:
            yield from self._answers(question, scope, history, self.quoting if quoted else writer)

    def _answers(self, asked: Question, scope: Scope, history: Sequence[Answer], writer: Writer) -> Generator[Answer]:
        """Snapshots as `ask` gives them, with one writer; its model completes the question."""
        began = time.perf_counter()
        if asked.type == "greeting":
            text, none = prompts.text(f"greeting.{asked.language}"), dict.fromkeys(STEPS, 0.0)
            notice = _joined(*self.notices)
            yield _logged(Answer(asked.text, "abstained", text, writer.name, notice=notice, timings=none, done=True))
            return
        question = asked
        if history:
            text = yield from self._working(asked, understood(asked, history, writer), writer.name)
            question = asked if text == asked.text else self.parse(text)
        hits, evidence = self._found(question, scope)
        hits = _read_first(hits, evidence)
        searched = time.perf_counter()
        answer = Answer(
            asked.text,
            "answered",
            "",
            writer.name,
            hits=hits,
            notice=_joined(*self.notices, self.retriever.lag),
            standalone=question.text if question is not asked else "",
            confidence=evidence[0].confidence if evidence else 0.0,
        )
        written = searched
        if evidence:
            passages = _material(evidence, hits)
            answer = yield from self._written(answer, question, passages, evidence, writer)
            written = time.perf_counter()
            answer = self._verified(answer, question, passages, evidence)
        else:
            answer = replace(answer, status="abstained", text=_nothing_found(question))
        ended = time.perf_counter() if evidence else searched
        timings = [1000 * seconds for seconds in (searched - began, written - searched, ended - began)]
        yield _logged(replace(answer, timings=dict(zip(STEPS, timings, strict=True)), done=True))

    def _written(
        self,
        answer: Answer,
        question: Question,
        passages: Sequence[Passage],
        evidence: Sequence[Evidence],
        writer: Writer,
    ) -> Generator[Answer, None, Answer]:
        """Snapshots while the writer writes, or the quoting one in its place; returns the whole answer, not verified yet.

        It has citations only where the writer gave them itself. Raises ModelError where quoting fails, too.
        """
        citations: tuple[Citation, ...] = ()
        try:
            with closing(writer.write(question, passages, evidence)) as pieces:
                for piece in pieces:
                    if isinstance(piece, Notice):
                        answer = replace(answer, notice=_joined(answer.notice, piece.text))
                        if piece.anew:
                            answer, citations = replace(answer, text=""), ()
                        piece = ""
                    elif isinstance(piece, Citation):
                        citations = (*citations, replace(piece, at=len(answer.text)))
                        piece = f"[{piece.n}]"
                    answer = replace(answer, text=answer.text + piece)
                    yield answer
            return replace(answer, citations=citations)
        except ModelError as e:
            if writer is self.quoting:
                raise
            texts = {"message": str(e)}
            log.info("writer failed", extra={"writer": writer.name, "error": type(e).__name__, "texts": texts})
            notice = _joined(answer.notice, f"{writer.name} failed ({e}); the answer is quoted")
        answer = replace(answer, text="", writer=self.quoting.name, notice=notice)
        return (yield from self._written(answer, question, passages, evidence, self.quoting))

    def _verified(
        self, answer: Answer, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]
    ) -> Answer:
        """The answer with the citations of what it says, short answers, pages and near-duplicates marked in them.

        Abstained where the text refuses to answer; nearest where evidence that is not sure is quoted.
        """
        nothing, text, citations = _nothing_found(question), answer.text, answer.citations
        if not citations:
            if not text.strip() or find(nothing, text) is not None:
                return replace(answer, status="abstained", text=nothing)
            text, citations = cite(text, passages, self.verifier)
        short = {(found.passage.article, found.start, found.end): found.short for found in evidence}
        citations = tuple(replace(c, short=short.get((c.article, c.start, c.end), "")) for c in citations)
        if not evidence[0].sure and answer.writer == self.quoting.name:
            answer = replace(answer, status="nearest")
        return replace(answer, text=text, citations=self._placed(citations))

    def _found(self, question: Question, scope: Scope) -> tuple[tuple[Hit, ...], list[Evidence]]:
        """What is found for a question; first in the articles of the time that it names, which need not repeat it."""
        if question.period and question.period.rest and not (scope.since or scope.until):
            of_time = replace(scope, since=question.period.since, until=question.period.until)
            with suppress(InputError):  # no article of that time, or no question without it
                asked = self.parse(question.period.rest)
                hits = self._hits(asked, of_time)
                evidence = self._evidence(asked, hits, of_time)
                if evidence and evidence[0].sure:
                    return hits, evidence
        hits = self._hits(question, scope)
        return hits, self._evidence(question, hits, scope)

    def _hits(self, question: Question, scope: Scope) -> tuple[Hit, ...]:
        """The best passages, best first, without those in which near-duplicate articles repeat one another."""
        found = self.search(question, _FOUND, scope)
        near = self.library.near_pairs({hit.passage.article for hit in found})
        kept = not_told_before([(hit.passage.article, hit.passage.text) for hit in found], near)
        return tuple(replace(found[i], rank=rank) for rank, i in enumerate(kept[:SHOWN], 1))

    def _evidence(self, question: Question, hits: Sequence[Hit], scope: Scope) -> list[Evidence]:
        """The sentences that answer the question, none that a near-duplicate article has given already."""
        found = self.finder.find(question, hits, scope)
        near = self.library.near_pairs({evidence.passage.article for evidence in found})
        kept = not_told_before([(evidence.passage.article, evidence.quote) for evidence in found], near)
        return [found[i] for i in kept]

    def _placed(self, citations: Sequence[Citation]) -> tuple[Citation, ...]:
        """The citations with the page on which each one's evidence begins, and its article's near-duplicates."""
        cited = [(c.article, c.start) for c in citations if c.n]
        pages = dict(zip(cited, self.library.pages(cited), strict=True))
        near = self.library.near_duplicates(article for article, _ in cited)
        return tuple(
            replace(c, page=pages[c.article, c.start], near_duplicates=tuple(near[c.article])) if c.n else c
            for c in citations
        )

    def _working(self, asked: Question, work: Generator[None, None, str], by: str) -> Generator[Answer, None, str]:
        """What some work returns; an empty snapshot whenever it yields."""
        while True:
            try:
                next(work)
            except StopIteration as done:
                return str(done.value)
            yield Answer(asked.text, "answered", "", by, notice=_joined(*self.notices))


def _nothing_found(question: Question) -> str:
    """What is said, in the question's language, where the archive does not hold the answer."""
    return prompts.text(f"nothing_found.{question.language}")


def _logged(answer: Answer) -> Answer:
    """The answer, once the log has its figures."""
    figures = {"status": answer.status, "writer": answer.writer, "citations": len(answer.citations)}
    took = {name: round(ms, 1) for name, ms in answer.timings.items()}
    texts = {"question": answer.question, "standalone": answer.standalone, "answer": answer.text}
    log.info("answered", extra={**figures, **took, "texts": texts})
    return answer


def _joined(*notices: str) -> str:
    return "; ".join(filter(None, notices))


def _read_first(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> tuple[Hit, ...]:
    """The hits, those first whose sentences are the evidence, in its order."""
    places = {passage: place for place, passage in enumerate(dict.fromkeys(found.passage.id for found in evidence))}
    ordered = sorted(hits, key=lambda hit: places.get(hit.passage.id, len(places)))
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(ordered, 1))


def _material(evidence: Sequence[Evidence], hits: Sequence[Hit]) -> list[Passage]:
    """The passages of the evidence in its order, then further hits."""
    passages = list(dict.fromkeys(found.passage for found in evidence))
    for hit in hits:
        if len(passages) >= _MATERIAL:
            break
        if hit.passage not in passages:
            passages.append(hit.passage)
    return passages
