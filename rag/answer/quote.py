"""The writer `quote`: the best sentences, to the letter, each with its source and date. Needs no model."""

from collections.abc import Generator, Sequence
from contextlib import suppress
from datetime import date
from itertools import groupby

from rag.answer import prompts
from rag.arabic.rules.day_words import days_meant, in_words
from rag.arabic.rules.polarity import MARKER
from rag.arabic.text.quoting import listed, quoted
from rag.query.question import Language, Question
from rag.types import Citation, Evidence, Passage

_LIKELY = 0.4
"""The probability of a short answer from which it is said first. Of 30 such answers over news (`benchmarks.news`) 24 were right, in
half of their words or more; of 18 from .5 on 16."""
_DAYS = 2
"""Days that a quote counts from its article's own which are told beside it, at most."""


class QuoteWriter:
    """Answers with the evidence itself, a line a sentence; statements from several articles under each one's title."""

    name = "quote"

    def write(
        self, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]
    ) -> Generator[str | Citation]:
        """The short answer, where it is likely; a lead line in the question's language; then for each evidence the quote, its citation,
        and where and when it was said.

        A speaker's own words stand behind the speaker's name, what the newspaper reports of them behind words that say so. Each
        quote has a number of its own.
        """
        asked_for = "statements" if question.type == "speech" else "found" if evidence[0].sure else "nearest"
        lead = prompts.text(f"quote_{asked_for}.{question.language}")
        if evidence[0].sure and evidence[0].short_confidence >= _LIKELY:
            yield f"{evidence[0].short} "
            yield _citation(1, evidence[0].short, evidence[0])
            lead = f"\n{lead}"
        articles = [list(said) for _, said in groupby(evidence, key=lambda found: found.passage.article)]
        n = 0
        for of_one in articles:
            title = _plain(of_one[0].passage.title)
            if title and len(articles) > 1 and asked_for == "statements":
                lead += f"\n{title}"
            for found in of_one:
                n += 1
                line = _line(found, asked_for == "statements", question.language)
                yield f"{lead}\n{line} "
                yield _citation(n, line, found)
                place = _place(found, question.language)
                lead = f" ({place})" if place else ""
        yield lead


def _citation(n: int, claim: str, found: Evidence) -> Citation:
    where = found.passage.article, found.passage.source, found.start, found.end
    return Citation(n, claim, *where, found.quote, "supported")


def _line(found: Evidence, is_statement: bool, language: Language) -> str:
    """The quote behind who says it, where that was asked for."""
    quote = quoted(found.quote)
    if not is_statement:
        return quote
    if not found.speaker:
        return prompts.text(f"quote_reported.{language}", quote=quote)
    template = f"quote_{found.voice}_said" if found.voice else "quote_reported_of"
    return prompts.text(f"{template}.{language}", speaker=_plain(found.speaker), quote=quote)


def _place(found: Evidence, language: Language) -> str:
    """The newspaper and the date of a quote, and the days that it counts from that date."""
    day = found.passage.date or ""
    parts = [_plain(found.passage.source)]
    if not day:
        return parts[0]
    parts.append(in_words(day, language))
    with suppress(ValueError):  # a year or a month alone counts no days
        meant = dict(days_meant(found.quote, date.fromisoformat(day)))
        parts += [f"{quoted(said)}: {in_words(on.isoformat(), language)}" for said, on in [*meant.items()][:_DAYS]]
    return listed(parts, language)


def _plain(name: str) -> str:
    """The name without what would look like a citation of ours."""
    return " ".join(MARKER.sub(" ", name).split())
