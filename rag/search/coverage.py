"""How much of a question's content words texts hold, each word weighed by how rare its grams are in the library."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain

from rag.arabic.morphology import all_readings, consonants, skeletons
from rag.arabic.rules.places import country
from rag.arabic.text.grams import GRAM, word_grams
from rag.arabic.text.letters import EDGE, mark, unmarked
from rag.query.question import Word

_SAME_ROOT = 0.8
"""How much of a word another form of its root holds, at least; 0.6 and 0.95 ranked worse (`python -m training.evidence`)."""

Idf = Callable[[Iterable[str]], Mapping[str, float]]


class TermCoverage:
    """Measures how much of some words' content texts hold.

    A word that has translations is compared in each of their forms, too, and the form that a text holds most of counts.
    words: those of a question; only its content words count. idf: the inverse document frequency of grams in the library.
    """

    def __init__(self, words: Iterable[Word], idf: Idf) -> None:
        content = [word for word in words if word.is_content]
        spelled = [list(chain((word.text,), *(forms for _, forms in word.translations))) for word in content]
        self._countries = [frozenset[str]().union(*map(country, forms)) for forms in spelled]
        self._skeletons = [frozenset[str]().union(*map(skeletons, forms)) for forms in spelled]
        grams = [[frozenset(word_grams(form)) for form in forms] for forms in spelled]
        every = frozenset(gram for forms in grams for form in forms for gram in form)
        self._spelled = [(gram, gram if len(gram) == GRAM else mark([gram])) for gram in every]
        self._idf = idf(every)
        self._forms = [[(form, self._weight(form)) for form in forms] for forms in grams]
        self._weights = [max(weight for _, weight in forms[1:] or forms) for forms in self._forms]
        self._total = sum(self._weights)
        self.log_size = math.log(1 + len(self._forms))
        """The logarithm of one more than the number of content words."""

    def shares(self, texts: Sequence[str]) -> list[float]:
        """For each `marked` text the share in [0, 1], by weight, of the words' grams that it holds anywhere.

        Of a word of which the text has another form, such as a broken plural, and of a country that it names by its people or
        capital, _SAME_ROOT counts as held.
        """
        if not self._total:
            return [0.0] * len(texts)
        held = [{gram for gram, spelled in self._spelled if spelled in text} for text in texts]
        parts = [i for i, grams in enumerate(held) if len(grams) < len(self._spelled)]
        some = [texts[i] for i in parts]
        named = all_readings(unmarked(some)) if any(self._countries) else [frozenset[str]()] * len(some)
        found = [1.0] * len(texts)
        for i, text, names, bones in zip(parts, some, named, consonants(some), strict=True):
            found[i] = self._share(held[i], text, names, bones)
        return found

    def _share(self, held: set[str], text: str, named: frozenset[str], bones: str) -> float:
        """The share that one text holds: its grams, itself, its words without article and prefix, and its consonants."""
        covered = 0.0
        for forms, own, names, weight in zip(self._forms, self._skeletons, self._countries, self._weights, strict=True):
            share = 0.0
            for grams, whole in forms:
                if grams <= held:
                    share = 1.0
                    break
                share = max(share, self._weight(grams & held) / whole)
            if share < _SAME_ROOT and (not names.isdisjoint(named) or any(_holds(root, bones, text) for root in own)):
                share = _SAME_ROOT
            covered += weight * share
        return covered / self._total

    def _weight(self, grams: Iterable[str]) -> float:
        return sum(self._idf[gram] for gram in grams)


def _holds(root: str, bones: str, text: str) -> bool:
    """Whether one of a marked text's words has a skeleton; bones: the text's consonants. Most words need no taking apart."""
    at = bones.find(root)
    while at >= 0:
        (words,) = unmarked([text])
        if root in skeletons(words[bones.count(EDGE, 0, at) - 1]):
            return True
        at = bones.find(root, at + 1)
    return False
