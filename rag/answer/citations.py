"""The check of an answer: each sentence against the passage it cites, to the letter.

A claim is supported by a run of one or two sentences of the passage that holds all its numbers, quotations and Latin words,
most of its words, and no fewer or more denials where the claim has them. Nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.arabic import find, sentences
from rag.arabic.claims import BEFORE_MARK, MARKER, STOPS, negations, quotations
from rag.arabic.folding import fold
from rag.arabic.words import content_words, grams, numbers
from rag.types import Citation, Passage, Verdict

SUPPORTED_FROM = 0.6
"""Share of the claim's content words that its evidence must hold."""
_SAME_WORD = 0.5
"""Share of a word's 4-grams from which another form of it counts as the word."""
_LATIN = re.compile(r"[a-z]{2,}")
_DIGITS = re.compile(r"\d+")
_VERBATIM = re.compile(r"(“[^”]*”)")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer without its markers, and the numbers its markers name."""

    text: str
    cited: tuple[int, ...]


def claims(answer: str) -> list[Claim]:
    """The sentences of an answer in order; a marker belongs to the sentence that it ends or follows."""
    found: list[Claim] = []
    for line in answer.splitlines():
        for start, end in sentences(line):
            text = line[start:end]
            leading = re.match(rf"(?:\s*{MARKER.pattern})+[\s{STOPS}]*", text)
            if leading and found:
                found[-1] = Claim(found[-1].text, found[-1].cited + _numbers(leading.group()))
                text = text[leading.end() :]
            bare = _outside_quotes(text, _without_markers).strip()
            if any(char.isalnum() for char in bare):
                found.append(Claim(bare, _numbers(_outside_quotes(text, str, lambda _: " "))))
    return found


def cite(answer: str, passages: Sequence[Passage]) -> tuple[str, tuple[Citation, ...]]:
    """The answer with its markers in one form, dangling ones dropped, and a citation for each claim and passage.

    A claim that cites nothing gets the first passage that supports it; failing that a citation with n 0, unsupported.
    """
    lines: list[str] = []
    citations: list[Citation] = []
    for line in answer.splitlines():
        written = []
        for claim in claims(line):
            cited = [n for n in dict.fromkeys(claim.cited) if 1 <= n <= len(passages)]
            checked = [_check(claim.text, n, passages[n - 1]) for n in cited]
            if not checked:
                tried = (_check(claim.text, n, passage) for n, passage in enumerate(passages, 1))
                checked = [next((c for c in tried if c.verdict == "supported"), _uncited(claim.text))]
            citations.extend(checked)
            written.append(_with_markers(claim.text, [c.n for c in checked if c.n]))
        lines.append(" ".join(written))
    return "\n".join(lines).strip(), tuple(citations)


def _check(claim: str, n: int, passage: Passage) -> Citation:
    """The citation of a claim by a passage, with the run of sentences that covers it best."""
    spans = sentences(passage.text)
    runs = [(a, spans[j][1]) for i, (a, _) in enumerate(spans) for j in (i, i + 1) if j < len(spans)]
    start, end = max(runs, key=lambda run: (round(_overlap(claim, passage.text[slice(*run)]), 2), run[0] - run[1]))
    quote = passage.text[start:end]
    verdict: Verdict = "supported" if _supports(claim, quote) else "unsupported"
    where = passage.start + start, passage.start + end
    return Citation(n, claim, passage.article, passage.source, *where, quote, verdict)


def _supports(claim: str, quote: str) -> bool:
    return (
        numbers(claim) <= numbers(quote)
        and all(find(said, quote) for said in quotations(claim))
        and set(_LATIN.findall(fold(claim))) <= set(_LATIN.findall(fold(quote)))
        and bool(negations(claim)) <= bool(negations(quote))
        and _overlap(claim, quote) >= SUPPORTED_FROM
    )


def _overlap(claim: str, quote: str) -> float:
    """The share of the claim's content words that the quote holds in some form, each number and quotation counting as a word."""
    present = set(grams(quote))
    parts = [set(grams(word)) for word in content_words(claim)]
    held = sum(len(part & present) >= _SAME_WORD * len(part) for part in parts)
    exact = [number in numbers(quote) for number in numbers(claim)] + [
        find(q, quote) is not None for q in quotations(claim)
    ]
    return (held + sum(exact)) / max(1, len(parts) + len(exact))


def _without_markers(text: str) -> str:
    """The text without markers, nor the spaces that taking them out leaves behind or before a mark."""
    return BEFORE_MARK.sub("", re.sub(" {2,}", " ", MARKER.sub(" ", text)))


def _outside_quotes(text: str, outside: Callable[[str], str], inside: Callable[[str], str] = str) -> str:
    """The text with its parts outside and inside of “…” changed: a marker in a quotation is the article's, not ours."""
    return "".join(inside(part) if i % 2 else outside(part) for i, part in enumerate(_VERBATIM.split(text)))


def _uncited(claim: str) -> Citation:
    return Citation(0, claim, "", "", 0, 0, "", "unsupported")


def _with_markers(claim: str, cited: Sequence[int]) -> str:
    """The claim with its markers, before its full stop."""
    markers = "".join(f"[{n}]" for n in cited)
    if not markers:
        return claim
    bare = claim.rstrip(STOPS)
    return f"{bare} {markers}{claim[len(bare) :]}"


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(n) for group in MARKER.findall(text) for n in _DIGITS.findall(group))
