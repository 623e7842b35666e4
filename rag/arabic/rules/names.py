"""Names under their spellings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from rag.arabic.morphology import ARTICLE, affixes, readings, without_article

_SAME = 0.8
"""Similarity of two spellings of one name (difflib's ratio), as in تشركين and تشوركين."""
_SHORT = 5
"""Letters; a name of fewer, without its article, must stand there to the letter."""
_ENDINGS = tuple(affixes("name_forms", "ending"))
_LONG = 5
"""Letters of a name from which its last one may be an ending."""
_REACH = 5
"""Words that may stand between two words of a name, as its title's: «الوزير الروسي سيرغي لافروف» is "الوزير لافروف"."""


class Name:
    """The folded words of a name, to be found in whatever spelling.

    A definite word («الروسي») belongs to the word before it: it must follow at once, but for the third and later ones,
    which may stand anywhere, since «وزير الدفاع الروسي» is "وزير الدفاع" in Russian news.
    """

    def __init__(self, wanted: Sequence[str]) -> None:
        self._wanted = [_NameWord(word) for word in wanted]

    def stands_in(self, found: Sequence[str]) -> Iterator[tuple[int, int]]:
        """The places (first, last) of the name among folded words; none for a name without words."""
        places: list[list[int]] = []
        for wanted in self._wanted:
            places.append([i for i, word in enumerate(found) if wanted.is_in(word)])
            if not places[-1]:
                return
        for first in places[0] if places else ():
            last = first
            for n, following in enumerate(places[1:], 1):
                definite = is_definite(self._wanted[n].word)
                if definite and n > 1:
                    continue
                near = [i for i in following if 0 < i - last <= (1 if definite else _REACH + 1)]
                if not near:
                    break
                last = near[0]
            else:
                yield first, last

    def places_in(self, texts: Iterable[Sequence[str]]) -> list[list[tuple[int, int]]]:
        """The places of the name in each text of folded words."""
        return [list(self.stands_in(found)) for found in texts]


class _NameWord:
    """One word of a name; remembers the words that it was compared with, since a text repeats its own."""

    def __init__(self, word: str) -> None:
        self.word, self._bare = word, without_article(word)
        self._matcher = SequenceMatcher(None, "", self._bare)
        self._fewest = _SAME * len(self._bare) / (2 - _SAME)  # letters in common, by the definition of the ratio
        self._known: dict[str, bool] = {}

    def is_in(self, word: str) -> bool:
        """Whether a folded word is this one, with a prefix, glued to another word, or in another spelling."""
        if word not in self._known:
            self._known[word] = self._same(word)
        return self._known[word]

    def _same(self, word: str) -> bool:
        if sum(letter in word for letter in self._bare) < self._fewest:  # so it is with nearly every word
            return False
        forms = _forms(word)
        if word == self.word or self._bare in forms:
            return True
        if len(self._bare) < _SHORT:
            return False
        if self._bare in word:
            return True
        matcher = self._matcher
        matcher.set_seq1(
            min(forms, key=lambda form: (abs(len(form) - len(self._bare)), form))
        )  # the quick ratios are upper bounds
        return matcher.real_quick_ratio() >= _SAME and matcher.quick_ratio() >= _SAME and matcher.ratio() >= _SAME


def _forms(word: str) -> set[str]:
    """The readings of a word, and each without a last «ا» or «ه», which may be written with a name."""
    forms = readings(word)
    return {*forms, *(form[:-1] for form in forms if form.endswith(_ENDINGS) and len(form) >= _LONG)}


def is_definite(word: str) -> bool:
    """Whether a folded word begins with the article, as titles and nationalities do and family names seldom."""
    return len(word) > 3 and word.startswith(ARTICLE)
