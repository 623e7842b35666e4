"""Words without what Arabic writes together with them: conjunctions, prepositions, the article, a verb's person, endings.

All affixes stand in lexicon/affixes.tsv, which says for each by which of the rules it is taken off; the rules bear the names of the
functions here, and of those in other modules that ask for `affixes`. Every function takes and gives folded words. One stands upon
another: `readings` take off what stands before a word, `stems` an ending and a verb's person, too, `skeletons` the long vowels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

from rag.arabic.lexicon import any_of, table
from rag.errors import TableError

_REMEMBERED = 1 << 16
_TWO, _THREE = r"(?=[^\W_]{2})", r"(?=[^\W_]{3})"
"""Letters that must be left."""
SHORTEST = 3
"""Letters of a stem, consonants of a skeleton; fewer are shared by words that have nothing to do with one another."""
_LONG_VOWELS = "اويه"
"""What forms of one root and spellings of one name differ in."""


def affixes(rule: str, *kinds: str) -> list[str]:
    """The affixes of some kinds (conjunctions, endings) that a rule takes off, in the table's order; TableError where there are none."""
    found = [row["affix"] for row in table("affixes") if row["kind"] in kinds and rule in row["used_by"].split()]
    if not found:
        wanted = f"one of {' or '.join(kinds)} used by {rule}"
        raise TableError(f"lexicon/affixes.tsv: found no row for {rule}, expected {wanted}; install rag again")
    return found


def any_affix(rule: str, *kinds: str) -> str:
    """A pattern for any affix of some kinds that a rule takes off."""
    return any_of(affixes(rule, *kinds))


def any_article(rule: str) -> str:
    """A pattern for the article with the preposition before it, as far as a rule takes them off: «ال», «بال», «لل»."""
    return f"(?:{any_affix(rule, 'before_article')}?{any_affix(rule, 'article')}|{any_affix(rule, 'contracted')})"


ARTICLE = affixes("is_definite", "article")[0]
CONJUNCTIONS = "".join(affixes("without_conjunction", "conjunction"))
"""The letters that join a word to what stands before it."""
_CONJUNCTION = re.compile(rf"^{any_affix('without_conjunction', 'conjunction')}{_THREE}")
_ARTICLE = re.compile(rf"^{any_affix('without_article', 'article')}{_THREE}")


def without_conjunction(word: str) -> str:
    """A word without «و» or «ف» before it, where three letters are left: «وقال» → «قال». It takes nothing else off."""
    return _CONJUNCTION.sub("", word)


def without_article(word: str) -> str:
    """A word without «ال», where three letters are left, so that «الله» stays. It leaves the article behind a preposition: «بالبيت»."""
    return _ARTICLE.sub("", word)


_PROCLITICS = (
    re.compile(rf"^{any_affix('readings', 'conjunction')}?{any_article('readings')}{_TWO}"),
    re.compile(rf"^{any_affix('readings', 'conjunction')}{_TWO}"),
    re.compile(rf"^{any_affix('readings', 'conjunction')}?{any_affix('readings', 'preposition', 'future')}{_TWO}"),
)


@lru_cache(maxsize=_REMEMBERED)
def readings(word: str, shortest: int = SHORTEST) -> tuple[str, ...]:
    """A word as it stands, then without what may be written before it: conjunction, preposition or «س», article.

    «وبالأردن» gives «بالاردن», «اردن», «الاردن», too. Which reading is meant nobody knows («وليد», «ليد»), so they are looked up in
    a list, or compared, all of them. Behind the article two letters must be left, elsewhere `shortest`.
    """
    definite, *others = [pattern.sub("", word) for pattern in _PROCLITICS]
    return tuple(dict.fromkeys([word, *(left for left in others if len(left) >= shortest), definite]))


def all_readings(texts: Iterable[Iterable[str]]) -> list[frozenset[str]]:
    """The `readings` of all words of each text."""
    return [frozenset(chain.from_iterable(map(readings, found))) for found in texts]


def readings_each(words: Iterable[str], shortest: int = SHORTEST) -> list[tuple[str, ...]]:
    """The `readings` of each word."""
    return [readings(word, shortest) for word in words]


_STEM_PERSON = re.compile(rf"^{any_affix('stems', 'person')}{_THREE}")
_STEM_ENDINGS = affixes("stems", "ending")
_LONG_STEM = 4
"""Letters of a stem from which its first ones may be a verb's person."""


def stems(word: str) -> set[str]:
    """All that may be left of a word without prefixes, one ending and a verb's person, itself included: «قصف» of «قصفتها».

    For telling whether two sentences use the same word. It keeps long vowels, which `skeletons` drops, so that «كتاب» and «كاتب»
    stay apart, and gives short readings, too. A last «ت» is also read as the «ه» of a feminine noun: «حركه» of «حركتها».
    """
    begun = set(readings(word))
    found = begun | {
        form[: -len(end)]
        for form in begun
        for end in _STEM_ENDINGS
        if form.endswith(end) and len(form) - len(end) >= SHORTEST
    }
    found |= {form[:-1] + "ه" for form in found if form.endswith("ت") and len(form) >= SHORTEST}
    return found | {_STEM_PERSON.sub("", form) for form in found if len(form) > _LONG_STEM}


def stem(word: str) -> str:
    """The shortest of a word's `stems`, so that stems can be counted and their order compared: «تعترف», «اعترفت» → «عترف»."""
    return min(stems(word), key=lambda found: (len(found), found))


_DERIVED = re.compile(rf"^{any_affix('skeletons', 'derivation')}")


@lru_cache(maxsize=_REMEMBERED)
def skeletons(word: str) -> frozenset[str]:
    """The consonants that may be left of a word: those of its `stems`, also without a first «م» or «ت» that derives.

    For finding forms of one root («سيجتمع» and «اجتماع»), which `stems` does not know. A word of
    other letters than Arabic is its own; none for one with fewer than three consonants. Two words with a skeleton in common are
    mostly forms of one root («رفضته», «رفض»), though not always («كتاب», «كاتب»).
    """
    if word.isascii():
        return frozenset((word,)) if word else frozenset()
    found = {_without_vowels(form) for form in stems(word)}
    found |= {_DERIVED.sub("", left) for left in found}
    return frozenset(skeleton for skeleton in found if len(skeleton) >= SHORTEST)


def consonants(texts: Sequence[str]) -> list[str]:
    """Each text without long vowels. A skeleton of one of its words stands in it whole, since affixes are at the ends."""
    return [_without_vowels(text) for text in texts]


def _without_vowels(text: str) -> str:
    for vowel in _LONG_VOWELS:  # several times as quick as `translate`
        text = text.replace(vowel, "")
    return text


_SOUNDS = {row["letters"]: row["sound"] for row in table("sounds")}
"""Letters that foreign names are written with by turns, and one of them for all: هوجو, هوغو."""
_LETTERS = str.maketrans({letters: sound for letters, sound in _SOUNDS.items() if len(letters) == 1})
_LETTER_GROUPS = {letters: sound for letters, sound in _SOUNDS.items() if len(letters) > 1}
_FINAL_VOWELS = "اهي"
_SHORT_NAME = 4
"""Letters; a foreign name of fewer has one spelling; consonants that agree in two of different vowels."""


@lru_cache(maxsize=_REMEMBERED)
def sounds(word: str) -> frozenset[str]:
    """What the spellings of a foreign name agree in: «هوجو» and «هوغو» share one, but «محمد» and «محمود» do, too.

    It takes off a conjunction and the article as `stems` does, but no ending: what ends a foreign name is mostly its own.
    """
    spoken = _PROCLITICS[0].sub("", without_conjunction(word))
    for letters, sound in _LETTER_GROUPS.items():
        spoken = spoken.replace(letters, sound)
    spoken = spoken.translate(_LETTERS)
    if len(spoken) < _SHORT_NAME:
        return frozenset()
    left = _without_vowels(spoken)
    found = {f"~{spoken}", f"~{spoken.rstrip(_FINAL_VOWELS) if len(spoken) > _SHORT_NAME else spoken}"}
    return frozenset(found | {f"~~{left}"} if len(left) >= _SHORT_NAME else found)
