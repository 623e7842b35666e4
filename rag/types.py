"""The values that travel through the program: articles in, hits and answers out.

Offsets are code-point offsets into `Article.text`, end exclusive.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["answered", "nearest", "abstained"]
"""nearest: the sentences that come nearest are shown, and said to be no more."""
Verdict = Literal["supported", "unsupported"]


@dataclass(frozen=True, slots=True)
class Article:
    """One document of the archive; `text` is what people read and is never folded.

    pages: where each page begins in the text, for what was read from pages.
    """

    id: str
    text: str
    title: str = ""
    date: str | None = None
    source: str = ""
    url: str | None = None
    pages: tuple[int, ...] = ()


def page_of(pages: Sequence[int], offset: int) -> int:
    """The number, from 1, of the page on which a character of an article stands; `pages` is `Article.pages`."""
    return max(1, bisect_right(pages, offset))


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences: `text == article.text[start:end]`, always.

    page: the one on which it begins, from 1; 0 where the article has no pages.
    """

    id: int
    article: str
    start: int
    end: int
    text: str
    title: str = ""
    date: str | None = None
    source: str = ""
    page: int = 0

    @property
    def searched(self) -> str:
        """What search reads: the article's title, then the passage; the title once where it is the passage's first line."""
        is_told = not self.title or f"{self.text}\n".startswith(f"{self.title}\n")
        return self.text if is_told else f"{self.title}\n{self.text}"


def searched(passages: Iterable[Passage]) -> list[str]:
    """What search reads of each passage (`Passage.searched`)."""
    return [passage.searched for passage in passages]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles a question is asked of: of `sources` (none: any), and dated between `since` and `until`.

    Both are the beginning of an ISO date (YYYY, YYYY-MM or YYYY-MM-DD) and are included; an article without a date is
    outside wherever one of them is given.
    """

    since: str = ""
    until: str = ""
    sources: tuple[str, ...] = ()


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its score in [0, 1] and its rank (from 1) in each leg, None where a leg missed it."""

    passage: Passage
    rank: int
    score: float
    lexical: int | None
    dense: int | None

    def as_json(self) -> dict[str, object]:
        """The row of `rag search --json`; `page` only where there are pages."""
        p = self.passage
        return {
            "rank": self.rank,
            "score": round(self.score, 4),
            "ranks": {"lexical": self.lexical, "dense": self.dense},
            "article": p.article,
            "title": p.title,
            "source": p.source,
            "date": p.date,
            **({"page": p.page} if p.page else {}),
            "start": p.start,
            "end": p.end,
            "text": p.text,
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """A verbatim span of an article: `quote == article.text[start:end]`.

    `speaker` is who makes a statement, in the article's words, where the quote itself does not say so. `voice`: by its verb, where
    the quote is the speaker's own words; empty where the newspaper reports them, and of no statement. `sure`: whether it answers
    the question probably, and not only possibly. `confidence`: the probability that it does. `short`: the words of it that most
    probably answer, and `short_confidence` the probability that they do; empty where it was not read for them.
    """

    passage: Passage
    start: int
    end: int
    quote: str
    score: float
    speaker: str = ""
    voice: Literal["he", "she", ""] = ""
    sure: bool = True
    confidence: float = 1.0
    short: str = ""
    short_confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Citation:
    """The marker `[n]`, the claim before it, the evidence found for it, and the verdict of the check.

    n: the passage's number, of a quoted answer the quote's own; 0 for a claim that cites nothing. at: where its marker begins in
    `Answer.text`, or where the claim ends that has none. short: the words of the quote that most probably answer, or, of an answer
    that is `nearest`, that might. page: the one on which the evidence begins, from 1; 0 where the article has no pages.
    near_duplicates: of the article, their ids, the likest first.
    """

    n: int
    claim: str
    article: str
    source: str
    start: int
    end: int
    quote: str
    verdict: Verdict
    at: int = 0
    short: str = ""
    page: int = 0
    near_duplicates: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The row of `citations` in `rag ask --json`; `short`, `page` and `near_duplicates` only where there are some."""
        optional = ("short", "page", "near_duplicates")
        left_out = {"at", *(name for name in optional if not getattr(self, name))}
        return {name: getattr(self, name) for name in self.__slots__ if name not in left_out}


@dataclass(frozen=True, slots=True)
class Answer:
    """One snapshot of an answer; the last one of a stream carries the citations and `done`.

    standalone: the question as it was understood from the conversation, where that is another. confidence: the probability that
    the evidence answers; 1 for statements that were found by their speaker's name.
    """

    question: str
    status: Status
    text: str
    writer: str
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    notice: str = ""
    timings: dict[str, float] = field(default_factory=dict)
    done: bool = False
    standalone: str = ""
    confidence: float = 0.0

    def as_json(self) -> dict[str, object]:
        """The object of `rag ask --json`; timings in milliseconds; `standalone` only where there is one."""
        return {
            "question": self.question,
            **({"standalone": self.standalone} if self.standalone else {}),
            "status": self.status,
            "confidence": round(self.confidence, 3),
            "answer": self.text,
            "writer": self.writer,
            "citations": [c.as_json() for c in self.citations],
            "passages": [h.as_json() for h in self.hits],
            "notice": self.notice,
            "timings": {name: round(ms, 1) for name, ms in self.timings.items()},
        }
