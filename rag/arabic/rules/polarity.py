"""What makes one sentence say otherwise than another, as far as words show it; and the marks of citations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.arabic.lexicon import pattern_of, words_of
from rag.arabic.morphology import CONJUNCTIONS, stem
from rag.arabic.text.folding import fold

MARKER = re.compile(r"[\[【]\s*(\d+(?:\s*[,،;؛–-]\s*\d+)*)\s*(?:†[^\]】]*)?[\]】]")
"""`[1]`, `[١]`, `[1، 2]`, `[1-3]`, `【1】`, `【1†source】`; the group holds the numbers. `(1)` is none: articles number with it."""
RANGE = re.compile(r"(\d+)(?:\s*[–-]\s*(\d+))?")
"""A number within a marker's group, or the first and last of a range."""
STOPS = ".،"
"""Marks that may follow a citation's marker."""
BEFORE_MARK = re.compile(r"\s+(?=[.!?،؛؟])")
"""Spaces that taking a marker out leaves before a mark."""
VERBATIM = re.compile(r"“[^”]*”")
"""A quotation that a writer took over as it stands: what is in it is the article's own."""
_QUOTED = re.compile(r"“([^“”]+)”|«([^«»]+)»|\"([^\"]+)\"|''(.+?)''")


_NEGATIONS = words_of("negations", use="negation")
_OF_NOUNS = words_of("negations", use="reach_one")
_RELATIVE = words_of("negations", use="relative")
_NO_DENIALS = words_of("negations", use="not_denied")
"""What follows «لا» without being denied: «لا يزال» is "still"."""
_BUT = words_of("negations", use="exception")
_OTHER_BUT = re.compile(rf"(?<!\w)({pattern_of('negations', use='other_than')}) {fold('غير')}(?!\w)")
_NOT_TO = re.compile("(?<!\\w)و?ألا(?!\\w)")  # before folding, which makes «إلا» of it
_REFUSALS = words_of("negations", use="refusal")
_CLAUSE_END = frozenset("،؛,;.!?؟…") | words_of("clauses", use="denial_ends")
_LONGEST_REFUSAL = 14
_DENIED, _DENIED_ACROSS = 2, 6
"""Words behind a denial that it denies; more where the other text, in another language, orders its words otherwise."""
_TOKEN = re.compile(r"[^\W_]+|[،؛,;.!?؟…]")


def quotations(text: str) -> list[str]:
    """What stands between quotation marks; the outer quotation where one lies in another of its kind's own marks."""
    return [text[start:end] for start, end in quotation_spans(text)]


def quotation_spans(text: str) -> list[tuple[int, int]]:
    """Where the `quotations` stand, without their marks."""
    return [match.span(match.lastindex or 0) for match in _QUOTED.finditer(text)]


def contradicts(claim: str, quote: str, across: bool = False) -> bool:
    """Whether the claim denies or refuses what the quote does not, or leaves out a denial or refusal of the quote.

    across: the claim is of another language, its words put by those of the quote in the claim's order.

    «يدعو إلى تفعيل الفصل» contradicts «لا يدعو إلى تفعيل الفصل»; «اتفق المجلس» «فشل المجلس في الاتفاق».
    """
    said, held = _polarity(claim, _DENIED_ACROSS if across else _DENIED), _polarity(quote)
    denying = bool(said.denied or said.refused)
    denied = _polarity(quote, _DENIED_ACROSS).negative if across else held.negative
    if any(not set(words) & denied for words in said.denied) or (said.refused and not held.negative):
        return True
    if any(_affirms(said, held, words) for words in held.denied):
        return True
    shared = set(said.stems) & set(held.stems)
    return not denying and len(shared & held.refused) > len(shared) / 2


@dataclass(frozen=True, slots=True)
class _Polarity:
    """The stems of a text; those after each denial, up to two; those within the reach of a refusal."""

    stems: list[str]
    denied: list[list[str]]
    refused: frozenset[str]

    @property
    def negative(self) -> frozenset[str]:
        """All stems that are denied or refused."""
        return self.refused.union(*self.denied)


def _polarity(text: str, reach_of_denial: int = _DENIED) -> _Polarity:
    tokens = _TOKEN.findall(_OTHER_BUT.sub(r"\1 سوي", fold(_NOT_TO.sub(" أن لا ", text))))
    stems, denied, refused, reach = [], [], set(), 0
    for i, token in enumerate(tokens):
        if _is(token, _CLAUSE_END):
            reach = 0
        elif _is(token, _REFUSALS):
            reach = _LONGEST_REFUSAL
        if not token[0].isalnum():
            continue
        stems.append(stem(token))
        if reach:
            refused.add(stems[-1])
            reach -= 1
        if _is(token, _NEGATIONS):
            after = [word for word in tokens[i + 1 : i + 1 + reach_of_denial] if word[0].isalnum()]
            if after and after[0] not in _NO_DENIALS and not _BUT & set(tokens[i:]):
                denied.append([stem(word) for word in after])
    return _Polarity(stems, denied, frozenset(refused))


def denies(text: str) -> bool:
    """Whether a text denies or refuses anything."""
    polarity = _polarity(text)
    return bool(polarity.denied or polarity.refused)


def denied_places(tokens: Sequence[str]) -> frozenset[int]:
    """The places among folded tokens that a denial reaches: up to six behind it (one behind «عدم»), to its clause's end."""
    found: set[int] = set()
    for i, token in enumerate(tokens):
        if not _is(token, _NEGATIONS) or _BUT & set(tokens[i:]) or (set(tokens[i + 1 : i + 2]) & _NO_DENIALS):
            continue
        reach = 1 if token in _OF_NOUNS else _DENIED_ACROSS
        for j in range(i + 1, min(len(tokens), i + 1 + reach)):
            if _is(tokens[j], _CLAUSE_END) or tokens[j] in _RELATIVE or (j > i + 2 and tokens[j].startswith("و")):
                break
            found.add(j)
    return frozenset(found)


def _is(token: str, listed: frozenset[str]) -> bool:
    """Whether a token is in a list, as it stands or behind «و» or «ف»."""
    return token in listed or (token[0] in CONJUNCTIONS and token[1:] in listed)


def _affirms(said: _Polarity, held: _Polarity, denied: list[str]) -> bool:
    """Whether the claim says undenied what the quote denies; where the quote affirms its first word elsewhere, both words."""
    word = denied[0]
    if word not in said.stems or word in said.negative:
        return False
    if held.stems.count(word) == 1:
        return True
    return any(denied == said.stems[i : i + len(denied)] for i in range(len(said.stems))) and len(denied) > 1
