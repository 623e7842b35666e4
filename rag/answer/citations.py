"""The check of an answer: each of its sentences against the passages that it cites; `rag.answer.verification` compares the two.

Knows how answers are written: sentences, bullets, quotations, markers in their many forms. A claim gets the passage that
supports it where it cites none; a marker without a passage goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag.answer.verification import ClaimVerifier
from rag.arabic import sentences
from rag.arabic.rules.polarity import BEFORE_MARK, MARKER, RANGE, STOPS, VERBATIM
from rag.types import Citation, Passage, Verdict

LONGEST_RANGE = 20
"""Passages that one marker names, at most; `[1-99999999]` names the first of them."""
_VERBATIM = re.compile(f"({VERBATIM.pattern})")
_BULLET = re.compile(r"\s*(?:(?:[-*•–]|\d{1,2}[.)-])\s+)?")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer without its markers, the numbers its markers name, and the layout before it: space, line, bullet."""

    text: str
    cited: tuple[int, ...]
    lead: str = ""


def claims(answer: str) -> list[Claim]:
    """The sentences of an answer in order; a marker belongs to the sentence that it ends or follows."""
    found: list[Claim] = []
    lead = ""
    for line in answer.strip().split("\n"):
        bullet = _BULLET.match(line)
        begin = bullet.end() if bullet else 0
        lead += line[:begin].lstrip()
        for start, end in sentences(line[begin:]):
            text = line[begin + start : begin + end]
            leading = re.match(rf"(?:\s*{MARKER.pattern})+[\s{STOPS}]*", text)
            if leading and found:
                found[-1] = replace(found[-1], cited=found[-1].cited + _numbers(leading.group()))
                text = text[leading.end() :]
            bare = _outside_quotes(text, _without_markers).strip()
            if any(char.isalnum() for char in bare):
                found.append(Claim(bare, _numbers(_outside_quotes(text, str, lambda _: " ")), lead))
                lead = " "
        if lead == " " or not line.strip():  # else the line held but a marker
            lead = lead.rstrip(" ") + "\n"
    return found


def cite(answer: str, passages: Sequence[Passage], verifier: ClaimVerifier) -> tuple[str, tuple[Citation, ...]]:
    """The answer with its markers in one form, dangling ones dropped, and a citation for each claim and passage.

    A claim that cites nothing gets the first passage that supports it; failing that a citation with n 0, unsupported.
    """
    written = ""
    citations: list[Citation] = []
    for claim in claims(answer):
        cited = [n for n in dict.fromkeys(claim.cited) if 1 <= n <= len(passages)]
        checked = [_check(claim.text, n, passages[n - 1], verifier) for n in cited]
        if not checked:
            tried = (_check(claim.text, n, passage, verifier) for n, passage in enumerate(passages, 1))
            checked = [next((c for c in tried if c.verdict == "supported"), _uncited(claim.text))]
        bare = claim.text.rstrip(STOPS) if checked[0].n else claim.text
        written += claim.lead + bare
        for i, citation in enumerate(checked):
            written += " " if citation.n and not i else ""
            citations.append(replace(citation, at=len(written)))
            written += f"[{citation.n}]" if citation.n else ""
        written += claim.text[len(bare) :]
    return written, tuple(citations)


def _check(claim: str, n: int, passage: Passage, verifier: ClaimVerifier) -> Citation:
    """The citation of a claim by a passage: the run of sentences that supports it, else the one that covers it best."""
    supported, _, start, end = verifier.best(claim, passage.text, passage.title)
    where = passage.start + start, passage.start + end
    verdict: Verdict = "supported" if supported else "unsupported"
    return Citation(n, claim, passage.article, passage.source, *where, passage.text[start:end], verdict)


def _without_markers(text: str) -> str:
    """The text without markers, nor the spaces that taking them out leaves behind or before a mark."""
    return BEFORE_MARK.sub("", re.sub(" {2,}", " ", MARKER.sub(" ", text)))


def _outside_quotes(text: str, outside: Callable[[str], str], inside: Callable[[str], str] = str) -> str:
    """The text with its parts outside and inside of “…” changed: a marker in a quotation is the article's, not ours."""
    return "".join(inside(part) if i % 2 else outside(part) for i, part in enumerate(_VERBATIM.split(text)))


def _uncited(claim: str) -> Citation:
    return Citation(0, claim, "", "", 0, 0, "", "unsupported")


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers of a text's markers in order, of a range at most LONGEST_RANGE."""
    found: list[int] = []
    for group in MARKER.findall(text):
        for first, last in RANGE.findall(group):
            found += range(int(first), min(int(last or first), int(first) + LONGEST_RANGE - 1) + 1)
    return tuple(found)
