"""The writer `quote`: the best sentences, verbatim, each with its speaker where the sentence names one. Needs no model."""

from collections.abc import Generator, Sequence
from itertools import groupby

from rag.answer import prompts
from rag.arabic.rules.polarity import MARKER
from rag.arabic.text.quoting import readable
from rag.query.question import Question
from rag.types import Citation, Evidence, Passage


class QuoteWriter:
    """Answers with the evidence itself, a line a sentence; statements from several articles under each one's title and date."""

    name = "quote"

    def write(
        self, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]
    ) -> Generator[str | Citation]:
        """A lead line in the question's language; then for each evidence `speaker: “the sentence”` and its citation.

        Quotation marks within a sentence are made pairs, for reading; the citation holds it as it stands in the article.
        """
        asked_for = "statements" if question.type == "speech" else "found" if evidence[0].sure else "nearest"
        yield prompts.text(f"quote_{asked_for}.{question.language}")
        articles = [list(said) for _, said in groupby(evidence, key=lambda found: found.passage.article)]
        for of_one in articles:
            heading = _heading(of_one[0].passage)
            if heading and len(articles) > 1 and asked_for == "statements":
                yield f"\n{heading}"
            for found in of_one:
                said_by = f"{_plain(found.speaker)}: " if found.speaker else ""
                line = f"{said_by}“{readable(found.quote)}”"
                yield f"\n{line} "
                n = 1 + passages.index(found.passage)
                where = found.passage.article, found.passage.source, found.start, found.end
                yield Citation(n, line, *where, found.quote, "supported")


def _heading(passage: Passage) -> str:
    date = f"({passage.date})" if passage.date else ""
    return " ".join(filter(None, (_plain(passage.title), date)))


def _plain(name: str) -> str:
    """The name without what would look like a citation of ours."""
    return " ".join(MARKER.sub(" ", name).split())
