"""The writer `quote`: the best sentences, verbatim, each with its speaker where the sentence names one. Needs no model."""

from collections.abc import Generator, Sequence

from rag.types import Evidence, Passage


class QuoteWriter:
    """Answers with the evidence itself, a line a sentence."""

    name = "quote"

    def write(self, question: str, passages: Sequence[Passage], evidence: Sequence[Evidence]) -> Generator[str]:
        """One piece for each evidence: `speaker: “the sentence” [n]`."""
        for i, found in enumerate(evidence):
            n = 1 + passages.index(found.passage)
            said_by = f"{found.speaker}: " if found.speaker else ""
            yield ("\n" if i else "") + f"{said_by}“{found.quote}” [{n}]"
