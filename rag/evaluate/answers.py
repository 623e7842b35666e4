"""What one answer is worth: against the accepted answers, the articles it cites, and the script of the question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from rag.arabic import fold
from rag.arabic.rules.polarity import MARKER
from rag.arabic.rules.words import bare_words
from rag.arabic.text import scripts
from rag.arabic.text.quoting import quoted
from rag.types import Answer, Article

Share = tuple[int, int]
"""How many, of how many."""


def answer_text(answer: Answer) -> str:
    """What the answer says: its first short answer, else its first quoted line, else its text without markers.

    Empty for a refusal.
    """
    if answer.status == "abstained":
        return ""
    if short := next((citation.short for citation in answer.citations if citation.short), ""):
        return short
    if answer.citations and answer.citations[0].claim.endswith(quoted(answer.citations[0].quote)):
        return answer.citations[0].quote
    return MARKER.sub(" ", answer.text).strip()


def exact_match(said: str, accepted: Sequence[str]) -> float:
    """1 if the words of `said` are those of an accepted answer, else 0, as in SQuAD (Rajpurkar et al. 2016).

    Words are folded and lose a leading «ال», as SQuAD's lose case, punctuation, the, a and an; particles that are written
    with a word («و», «ب») stay.
    """
    words = bare_words(said)
    return float(bool(words) and any(words == bare_words(answer) for answer in accepted))


def token_f1(said: str, accepted: Sequence[str]) -> float:
    """The harmonic mean of precision and recall of the words of `said`, for the accepted answer with which it is highest.

    Words as in `exact_match`; 0 where nothing was said.
    """
    return max((_f1(bare_words(said), bare_words(answer)) for answer in accepted), default=0.0)


def _f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    shared = (Counter(said) & Counter(wanted)).total()
    return 2 * shared / (len(said) + len(wanted)) if shared else 0.0


def supported(answer: Answer) -> Share:
    """The citations that the check found supported; a claim that cites nothing counts as one that is not."""
    return sum(c.verdict == "supported" for c in answer.citations), len(answer.citations)


def coverage(answer: Answer) -> Share:
    """The claims that at least one supported citation follows."""
    claims = [list(cited) for _, cited in groupby(answer.citations, key=lambda c: c.claim)]
    return sum(any(c.verdict == "supported" for c in cited) for cited in claims), len(claims)


def verbatim(answer: Answer, articles: Mapping[str, Article]) -> Share:
    """The citations whose quote is what their article holds at their offsets, of those that cite something."""
    cited = [c for c in answer.citations if c.n]
    held = [c.article in articles and articles[c.article].text[c.start : c.end] == c.quote for c in cited]
    return sum(held), len(cited)


def purity(answer: Answer, material: Iterable[str]) -> Share:
    """The letters of an answer, outside what it quotes whole, that are of the question's script or of a word it was given.

    The question's script is Arabic where it has an Arabic letter, else Latin. A word of another script is fine where it
    stands, folded, in the question or the material (titles, sources and texts of the passages found and the articles cited).
    """
    text = answer.text
    for citation in answer.citations:
        text = text.replace(quoted(citation.quote), " ")
    own, written = scripts.own(answer.question), scripts.runs(text)
    foreign = any(script != own for script, _ in written)
    given = scripts.given((answer.question, *material)) if foreign else set()
    sizes = [(sum(map(str.isalpha, run)), script == own or fold(run) in given) for script, run in written]
    return sum(letters for letters, pure in sizes if pure), sum(letters for letters, _ in sizes)
