"""Words without what Arabic writes together with them: conjunctions, prepositions, the article, a verb's person, endings.

All affixes stand in lexicon/affixes.tsv, which says for each by which of the rules it is taken off; the rules bear the names of the
functions here, and of those in other modules that ask for `affixes`. Every function takes and gives folded words. They differ in
what they take off and in how much of the word must be left, since each was made for one purpose; their docstrings say how.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

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
_PARTICLE = re.compile(rf"^{any_affix('without_particle', 'particle')}{_THREE}")


def without_conjunction(word: str) -> str:
    """A word without «و» or «ف» before it, where three letters are left: «وقال» → «قال». It takes nothing else off."""
    return _CONJUNCTION.sub("", word)


def without_article(word: str) -> str:
    """A word without «ال», where three letters are left, so that «الله» stays. It leaves the article behind a preposition: «بالبيت»."""
    return _ARTICLE.sub("", word)


def without_particle(word: str) -> str:
    """A word without the preposition and the «و» written with it, where three letters are left, for names that have no article
    before them or keep it: «ولروسيا» → «روسيا». Beside `bare` it takes off «ك», too, and two particles, but no article."""
    return _PARTICLE.sub("", word)


_BARE = re.compile(
    rf"^(?:{any_affix('bare', 'conjunction')}?{any_affix('bare', 'before_article')}?{any_affix('bare', 'article')}"
    rf"|{any_affix('bare', 'contracted')}|{any_affix('bare', 'conjunction', 'preposition')}){_THREE}"
)


@lru_cache(maxsize=_REMEMBERED)
def bare(word: str) -> str:
    """A word without article and what is written with it, for names of countries and towns: «والروسي» → «روسي».

    Three letters must be left. Where no article stands there, one letter alone is taken off, and no «ك». Endings stay, since
    nationalities are listed with theirs.
    """
    return _BARE.sub("", word)


def bare_forms(texts: Iterable[Iterable[str]]) -> list[frozenset[str]]:
    """The `bare` forms of the words of each text."""
    return [frozenset(map(bare, found)) for found in texts]


_NUMBER = re.compile(
    rf"^{any_affix('number_forms', 'conjunction')}?{any_affix('number_forms', 'preposition')}?"
    rf"{any_affix('number_forms', 'article', 'contracted')}?(?=..)"
)
_DATE = re.compile(rf"^{any_affix('date_forms', 'conjunction')}?{any_affix('date_forms', 'preposition')}?")


def number_forms(words: Iterable[str]) -> list[str]:
    """Each word as number words are listed, without conjunction, preposition and article, where two letters are left: «والعشرين» →
    «عشرين». It asks for fewer letters than `bare`, since what it gives counts only where it is a number."""
    return [_NUMBER.sub("", word) for word in words]


def date_forms(words: Iterable[str]) -> list[str]:
    """Each word as names of months and days are listed, without conjunction and preposition: «بيناير» → «يناير». The article stays,
    which names of days have and names of months have not; nothing need be left."""
    return [_DATE.sub("", word) for word in words]


_NAME_PARTICLE = re.compile(rf"^(?:{any_article('name_forms')}|{any_affix('name_forms', 'preposition')}){_THREE}")
_NAME_ENDINGS = tuple(affixes("name_forms", "ending"))
_LONG_NAME = 5
"""Letters of a name from which its last one may be an ending."""


def name_forms(word: str) -> set[str]:
    """A word as it stands, and without what may be written with a name: «و», «ل», «ال», a last «ا» or «ه».

    All readings are given, since a name may begin with the letters of an affix («وليد», «لافروف»).
    """
    forms = {word, without_conjunction(word)}
    forms |= {_NAME_PARTICLE.sub("", form) for form in forms}
    return forms | {form[:-1] for form in forms if form.endswith(_NAME_ENDINGS) and len(form) >= _LONG_NAME}


_VERB_PREFIX = re.compile(
    rf"^{any_affix('verb_stem', 'conjunction')}?{any_affix('verb_stem', 'preposition', 'future')}?"
    rf"{any_affix('verb_stem', 'article', 'contracted')}?{_THREE}"
)
_VERB_PERSON = re.compile(rf"^{any_affix('verb_stem', 'person')}{_THREE}")
_VERB_ENDING = re.compile(rf"(?<=[^\W_]{{3}}){any_affix('verb_stem', 'ending')}$")


def verb_stem(word: str) -> str:
    """A word without prefixes, article, a verb's person and its ending: «تعترف», «اعترفت» → «عترف».

    For comparing what two sentences deny. It gives one stem, where `stems` gives all readings, so that stems can be counted and their
    order compared.
    """
    for pattern in (_VERB_PREFIX, _VERB_PERSON, _VERB_ENDING):
        word = pattern.sub("", word)
    return word


_JOINED, _ATTACHED = any_affix("stems", "conjunction"), any_affix("stems", "preposition", "future")
_STEM_ARTICLE = re.compile(rf"^{_JOINED}?{any_article('stems')}{_TWO}")
_STEM_PREFIX = re.compile(rf"^(?:{_JOINED}?{any_article('stems')}|{_JOINED}{_ATTACHED}?|{_ATTACHED}){_THREE}")
_STEM_PERSON = re.compile(rf"^{any_affix('stems', 'person')}{_THREE}")
_STEM_ENDINGS = affixes("stems", "ending")
_LONG_STEM = 4
"""Letters of a stem from which its first ones may be a verb's person."""


def stems(word: str) -> set[str]:
    """All that may be left of a word without prefixes, one ending and a verb's person, itself included: «قصف» of «قصفتها».

    For telling whether two sentences use the same word. It keeps long vowels, which `skeletons` drops, so that «كتاب» and «كاتب»
    stay apart, and gives short readings, too. A last «ت» is also read as the «ه» of a feminine noun: «حركه» of «حركتها».
    """
    begun = {word, _STEM_ARTICLE.sub("", word), without_conjunction(word), _STEM_PREFIX.sub("", word)}
    found = begun | {
        form[: -len(end)]
        for form in begun
        for end in _STEM_ENDINGS
        if form.endswith(end) and len(form) - len(end) >= SHORTEST
    }
    found |= {form[:-1] + "ه" for form in found if form.endswith("ت") and len(form) >= SHORTEST}
    return found | {_STEM_PERSON.sub("", form) for form in found if len(form) > _LONG_STEM}


_SKELETON_PREFIX = re.compile(
    rf"^{any_affix('skeletons', 'conjunction')}?"
    rf"(?:{any_article('skeletons')}|{any_affix('skeletons', 'preposition', 'future')})?(?=..)"
)
_SKELETON_PERSON = re.compile(rf"^{any_affix('skeletons', 'future')}?{any_affix('skeletons', 'person')}(?=..)")
_SKELETON_ENDING = re.compile(rf"{any_affix('skeletons', 'ending')}$")
_DERIVED = re.compile(rf"^{any_affix('skeletons', 'derivation')}")


@lru_cache(maxsize=_REMEMBERED)
def skeletons(word: str) -> frozenset[str]:
    """The consonants that may be left of a word: each way to read its first and last letters as affixes gives one.

    For finding forms of one root («سيجتمع» and «اجتماع»), which `stems` does not know; up to two endings are taken off. A word of
    other letters than Arabic is its own; none for one with fewer than three consonants. Two words with a skeleton in common are
    mostly forms of one root («رفضته», «رفض»), though not always («كتاب», «كاتب»).
    """
    if word.isascii():
        return frozenset((word,))
    plain = _SKELETON_PREFIX.sub("", word) if len(word) > 3 else word
    begun = {
        word,
        plain,
        _SKELETON_PERSON.sub("", plain) if len(plain) > 3 else plain,
        _SKELETON_PERSON.sub("", word) if len(word) > 4 else word,
    }
    found = set()
    for form in begun:
        once = _SKELETON_ENDING.sub("", form) if len(form) > 3 else form
        for ended in (form, once, _SKELETON_ENDING.sub("", once) if len(form) > 5 else once):
            left = _without_vowels(ended)
            found |= {left, _DERIVED.sub("", left)}
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
    spoken = _STEM_ARTICLE.sub("", without_conjunction(word))
    for letters, sound in _LETTER_GROUPS.items():
        spoken = spoken.replace(letters, sound)
    spoken = spoken.translate(_LETTERS)
    if len(spoken) < _SHORT_NAME:
        return frozenset()
    left = _without_vowels(spoken)
    found = {f"~{spoken}", f"~{spoken.rstrip(_FINAL_VOWELS) if len(spoken) > _SHORT_NAME else spoken}"}
    return frozenset(found | {f"~~{left}"} if len(left) >= _SHORT_NAME else found)
