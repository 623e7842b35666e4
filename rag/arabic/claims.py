"""What makes one sentence say otherwise than another, as far as words show it; and the marks of citations."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.arabic.folding import fold, word_set

MARKER = re.compile(r"[\[【]\s*(\d+(?:\s*[,،;؛]\s*\d+)*)\s*[\]】]")
"""`[1]`, `[١]`, `[1، 2]`, `【1】`; the group holds the numbers."""
STOPS = ".،"
"""Marks that may follow a citation's marker."""
BEFORE_MARK = re.compile(r"\s+(?=[.!?،؛؟])")
"""Spaces that taking a marker out leaves before a mark."""
_QUOTED = re.compile(r"“([^“”]+)”|«([^«»]+)»|\"([^\"]+)\"|''(.+?)''")


_NEGATIONS = word_set("لم لن ليس ليست ليسوا لست لسنا لا غير عدم بعدم لعدم")
_NO_DENIALS = word_set("يزال تزال يزالون بد سيما شك ريب أدري")
"""What follows «لا» without being denied: «لا يزال» is "still"."""
_BUT = word_set("سوى إلا باستثناء")
_NOT_TO = re.compile("(?<!\\w)و?ألا(?!\\w)")  # before folding, which makes «إلا» of it
_REFUSALS = word_set(
    "فشل فشلت فشلوا يفشل تفشل فشله فشلها رفض رفضت رفضوا يرفض ترفض رفضه رفضها نفى نفت ينفي تنفي نفيه نفيها أنكر أنكرت ينكر تنكر "
    "عجز عجزت يعجز استبعد استبعدت يستبعد تستبعد امتنع امتنعت يمتنع تمتنع أخفق أخفقت إخفاق تعذر تعذرت عارض عارضت يعارض تعارض"
)
_CLAUSE_END = frozenset("،؛.!?؟…") | word_set("لكن لكنه لكنها بل")
_LONGEST_REFUSAL = 14
_TOKEN = re.compile(r"[^\W_]+|[،؛.!?؟…]")
_PREFIX = re.compile("^[وف]?[بكلس]?(?:ال|لل)?(?=[^\\W_]{3})")
_VERB_PREFIX = re.compile("^[يتنا](?=[^\\W_]{3})")
_SUFFIX = re.compile("(?<=[^\\W_]{3})(?:هما|هم|ها|نا|وا|ون|ين|ان|ات|ت|ه|ي)$")


def quotations(text: str) -> list[str]:
    """What stands between quotation marks; the outer quotation where one lies in another of its kind's own marks."""
    return [next(part for part in match if part) for match in _QUOTED.findall(text)]


def contradicts(claim: str, quote: str) -> bool:
    """Whether the claim denies or refuses what the quote does not, or leaves out a denial or refusal of the quote.

    «يدعو إلى تفعيل الفصل» contradicts «لا يدعو إلى تفعيل الفصل»; «اتفق المجلس» «فشل المجلس في الاتفاق».
    """
    said, held = _polarity(claim), _polarity(quote)
    denying = bool(said.denied or said.refused)
    if any(not set(words) & held.negative for words in said.denied) or (said.refused and not held.negative):
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


def _polarity(text: str) -> _Polarity:
    tokens = _TOKEN.findall(fold(_NOT_TO.sub(" أن لا ", text)))
    stems, denied, refused, reach = [], [], set(), 0
    for i, token in enumerate(tokens):
        if _is(token, _CLAUSE_END):
            reach = 0
        elif _is(token, _REFUSALS):
            reach = _LONGEST_REFUSAL
        if not token[0].isalnum():
            continue
        stem = _stem(token)
        stems.append(stem)
        if reach:
            refused.add(stem)
            reach -= 1
        if _is(token, _NEGATIONS):
            after = [word for word in tokens[i + 1 : i + 3] if word[0].isalnum()]
            if after and after[0] not in _NO_DENIALS and not _BUT & set(tokens[i:]):
                denied.append([_stem(word) for word in after])
    return _Polarity(stems, denied, frozenset(refused))


def _is(token: str, listed: frozenset[str]) -> bool:
    """Whether a token is in a list, as it stands or behind «و» or «ف»."""
    return token in listed or (token[0] in "وف" and token[1:] in listed)


def _affirms(said: _Polarity, held: _Polarity, denied: list[str]) -> bool:
    """Whether the claim says undenied what the quote denies; where the quote affirms its first word elsewhere, both words."""
    word = denied[0]
    if word not in said.stems or word in said.negative:
        return False
    if held.stems.count(word) == 1:
        return True
    return any(denied == said.stems[i : i + len(denied)] for i in range(len(said.stems))) and len(denied) > 1


def _stem(word: str) -> str:
    """A folded word without prefixes, article, a verb's person and ending: «تعترف», «اعترفت» → "عترف"."""
    for pattern in (_PREFIX, _VERB_PREFIX, _SUFFIX):
        word = pattern.sub("", word)
    return word
