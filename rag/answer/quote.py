"""The writer `quote`: the best sentences, verbatim, each with its speaker where the sentence names one. Needs no model."""

from collections.abc import Generator, Sequence

from rag.types import Citation, Evidence, Passage


class QuoteWriter:
    """Answers with the evidence itself, a line a sentence."""

    name = "quote"

    def write(
        self, question: str, passages: Sequence[Passage], evidence: Sequence[Evidence]
    ) -> Generator[str | Citation]:
        """For each evidence `speaker: “the sentence”` and its citation."""
        for i, found in enumerate(evidence):
            said_by = f"{found.speaker}: " if found.speaker else ""
            line = f"{said_by}“{found.quote}”"
            yield ("\n" if i else "") + line + " "
            n = 1 + passages.index(found.passage)
            where = found.passage.article, found.passage.source, found.start, found.end
            yield Citation(n, line, *where, found.quote, "supported")
