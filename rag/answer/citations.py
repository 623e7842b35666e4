"""The check of an answer: each sentence against the passage it cites, to the letter.

A claim is supported by a run of one or two sentences of the passage that holds all its numbers and dates (in digits or words),
quotations and Latin words, the name of its speaker, and most of its words, and that neither denies what it affirms nor affirms
what it denies. Nothing here asks a model: a name or a verb that is put in another's place may pass if the rest agrees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag.arabic import find, sentences
from rag.arabic.claims import BEFORE_MARK, MARKER, STOPS, contradicts, quotations
from rag.arabic.folding import fold, words
from rag.arabic.names import Name
from rag.arabic.numerals import quantities
from rag.arabic.speech import speaker
from rag.arabic.words import content_words, grams
from rag.types import Citation, Passage

SUPPORTED_FROM = 0.75
"""Share of the claim's content words that its evidence must hold."""
_SAME_WORD = 0.5
"""Share of a word's 4-grams from which another form of it counts as the word."""
_LATIN = re.compile(r"[a-z]{2,}")
_DIGITS = re.compile(r"\d+")
_VERBATIM = re.compile(r"(“[^”]*”)")
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


def cite(answer: str, passages: Sequence[Passage]) -> tuple[str, tuple[Citation, ...]]:
    """The answer with its markers in one form, dangling ones dropped, and a citation for each claim and passage.

    A claim that cites nothing gets the first passage that supports it; failing that a citation with n 0, unsupported.
    """
    written = ""
    citations: list[Citation] = []
    for claim in claims(answer):
        cited = [n for n in dict.fromkeys(claim.cited) if 1 <= n <= len(passages)]
        checked = [_check(claim.text, n, passages[n - 1]) for n in cited]
        if not checked:
            tried = (_check(claim.text, n, passage) for n, passage in enumerate(passages, 1))
            checked = [next((c for c in tried if c.verdict == "supported"), _uncited(claim.text))]
        bare = claim.text.rstrip(STOPS) if checked[0].n else claim.text
        written += claim.lead + bare
        for i, citation in enumerate(checked):
            written += " " if citation.n and not i else ""
            citations.append(replace(citation, at=len(written)))
            written += f"[{citation.n}]" if citation.n else ""
        written += claim.text[len(bare) :]
    return written, tuple(citations)


def _check(claim: str, n: int, passage: Passage) -> Citation:
    """The citation of a claim by a passage: the run of sentences that supports it, else the one that covers it best."""
    spans = sentences(passage.text)
    best, found = (False, -1.0, 0), (0, 0)
    for i, (start, _) in enumerate(spans):
        for _, end in spans[i : i + 2]:
            quote = passage.text[start:end]
            overlap = _overlap(claim, quote)
            supported = overlap >= SUPPORTED_FROM and _supports(claim, quote, passage.text[:start])
            rank = supported, round(overlap, 2), start - end
            if rank > best:
                best, found = rank, (start, end)
    quote = passage.text[slice(*found)]
    where = passage.start + found[0], passage.start + found[1]
    return Citation(n, claim, passage.article, passage.source, *where, quote, "supported" if best[0] else "unsupported")


def _supports(claim: str, quote: str, before: str) -> bool:
    """Whether nothing in the claim goes beyond or against the quote; `before` is the passage's text up to it."""
    return (
        quantities(claim) <= quantities(quote)
        and all(find(said, quote) for said in quotations(claim))
        and set(_LATIN.findall(fold(claim))) <= set(_LATIN.findall(fold(quote)))
        and not contradicts(claim, quote)
        and _same_speaker(claim, quote, before)
    )


def _same_speaker(claim: str, quote: str, before: str) -> bool:
    """Whether the quote names whom the claim says to have said it; where it names nobody, the two sentences before may."""
    said_by = content_words(speaker(_outside_quotes(claim, str, lambda _: "«»")))
    if not said_by:
        return True
    if not speaker(quote):
        quote = before[min((start for start, _ in sentences(before)[-2:]), default=0) :] + quote
    return any(Name(said_by[-1:]).stands_in(words(quote)))


def _overlap(claim: str, quote: str) -> float:
    """The share of the claim's content words that the quote holds in some form, each number and quotation counting as a word."""
    present, amounts = set(grams(quote)), quantities(quote)
    parts = [set(grams(word)) for word in content_words(claim)]
    held = [len(part & present) >= _SAME_WORD * len(part) for part in parts]
    held += [amount in amounts for amount in quantities(claim)]
    held += [find(said, quote) is not None for said in quotations(claim)]
    return sum(held) / max(1, len(held))


def _without_markers(text: str) -> str:
    """The text without markers, nor the spaces that taking them out leaves behind or before a mark."""
    return BEFORE_MARK.sub("", re.sub(" {2,}", " ", MARKER.sub(" ", text)))


def _outside_quotes(text: str, outside: Callable[[str], str], inside: Callable[[str], str] = str) -> str:
    """The text with its parts outside and inside of “…” changed: a marker in a quotation is the article's, not ours."""
    return "".join(inside(part) if i % 2 else outside(part) for i, part in enumerate(_VERBATIM.split(text)))


def _uncited(claim: str) -> Citation:
    return Citation(0, claim, "", "", 0, 0, "", "unsupported")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(n) for group in MARKER.findall(text) for n in _DIGITS.findall(group))
