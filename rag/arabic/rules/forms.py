"""When two words of two sentences say the same, as far as their stems and a list show it; and which say nothing by themselves.

Knows some hundred everyday words with their English ones. It knows no roots: «قتل» and «مقتل» are the same only by the list, or by
the vectors of whoever asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from rag.arabic.lexicon import any_of, pattern_of, spelled, table, words_of
from rag.arabic.morphology import ARTICLE, CONJUNCTIONS, SHORTEST, affixes, any_affix, stems, without_conjunction
from rag.arabic.rules.words import content_words
from rag.arabic.text.folding import fold, words

_SAID_ALIKE: dict[str, set[str]] = {}
for _i, _row in enumerate(table("synonyms")):
    for _form in words(f"{_row['arabic']} {_row['english']}"):
        _SAID_ALIKE.setdefault(_form, set()).add(f"={_i}")

LIGHT = words_of("stop_words", use="light")
"""Words without which a claim says the same, beside those that content_words leaves out."""
AND = re.compile(rf"{any_affix('begins_anew', 'conjunction')}(?=[^\W_]{{2}})")
_UNITS_WITH_AND = words_of("waw_words", use="word")
PREPOSITIONS = words_of("prepositions", use="marker")
_ATTACHED = re.compile(
    rf"^{any_affix('marker', 'conjunction')}?({any_affix('marker', 'contracted')}"
    rf"|{any_affix('marker', 'before_article')}{any_affix('marker', 'article')}|{any_affix('marker', 'preposition')}(?=[^\W_]{{3}}))"
)
_PREPOSITION = {row["word"]: row["means"].strip("-") for row in table("prepositions") if row["means"] != "="}
IN = fold("في")
YEARS = words_of("times", use="year")
DATE_JOINTS = YEARS | words_of("times", use="joint") | {"،", ","}
TIMES = words_of("times", use="day")
PERSONS = words_of("stop_words", use="person")
CLAUSE = re.compile(
    rf"[،؛;]\s*|,\s+|\s+(?=و[^\W_]{{3}})|\s+{pattern_of('clauses', use='clause_english')}\s+"
    rf"|(?<!\w){any_of(spelled('clauses', use='clause'))}(?!\w)"
)
"""Where one statement of a sentence may end and another begin."""
CONTRAST = re.compile(
    rf"(?<!\w)(?=[{CONJUNCTIONS}]?{any_of(spelled('clauses', use='contrast'))}(?!\w))"
    rf"|(?<!\w)(?={pattern_of('clauses', use='contrast_english')}(?!\w))"
)
"""Where a sentence sets two statements against each other."""
_REFERS = re.compile(
    rf"[^\W_]{{2,}}{any_affix('refers_back', 'pronoun')}(?![^\W_])"
    rf"|(?<!\w)[{CONJUNCTIONS}]?{pattern_of('clauses', use='pronoun')}(?!\w)"
    rf"|(?<!\w){pattern_of('clauses', use='pronoun_english')}(?!\w)",
    re.IGNORECASE,
)
_DUALS, _VERB_ENDINGS = tuple(affixes("is_dual", "ending")), tuple(affixes("is_verb", "ending"))
_VERB_PERSONS = tuple(affixes("is_verb", "person"))
_OBJECTS = affixes("is_object", "pronoun")
_LONG = 4
"""Letters of a word from which its last ones may be the dual's, and of the halves of two words that stand without a space."""


def refers_back(sentence: str) -> bool:
    """Whether a sentence speaks of what was named before it: by a pronoun, or by a verb that a preposition follows at once."""
    first = fold(sentence).split()[:2]
    return _REFERS.search(sentence) is not None or (len(first) == 2 and first[1] in PREPOSITIONS)


def is_content(word: str) -> bool:
    """Whether a folded word says something by itself."""
    bare = without_conjunction(word)
    return len(word) > 1 and bool(content_words(word)) and not {word, bare} & LIGHT and bool(content_words(bare))


def begins_anew(word: str) -> bool:
    """Whether a folded word is joined by «و» to what stands before it."""
    return AND.match(word) is not None and word not in _UNITS_WITH_AND


def marker(before: str, word: str) -> str:
    """The preposition that a word stands under, before it or written with it; "و" for a word that is joined by it."""
    if before in PREPOSITIONS:
        return fold(_PREPOSITION.get(before, before))
    attached = _ATTACHED.match(word)
    return attached.group(1)[0] if attached else "و" if begins_anew(word) else ""


@lru_cache(maxsize=1 << 16)
def keys(word: str) -> frozenset[str]:
    """What a folded word is looked up by: itself, its stems, and the groups that it belongs to. Two words that share one agree."""
    if word.isascii():
        return frozenset({word} | _SAID_ALIKE.get(word, set()))
    found = stems(word)
    groups = set().union(*(_SAID_ALIKE.get(form, set()) for form in found))
    return frozenset(form for form in found if len(form) >= SHORTEST or form == word) | groups


def compares(tokens: Sequence[str], i: int) -> bool:
    """Whether the folded token at a place sets what is before it above what is behind it: «أكبر من», "larger than"."""
    return tokens[i + 1 : i + 2] in (["من"], ["than"]) and (
        tokens[i].isascii() or (tokens[i][0] == "ا" and len(tokens[i]) == 4)
    )


def is_dual(word: str) -> bool:
    """Whether a folded word may be two of something: «المنطقتين»."""
    return len(word) > _LONG and word.endswith(_DUALS)


def is_object(token: str, verb: str) -> bool:
    """Whether a folded token is a verb with a pronoun for its object: «ولقبه» of «لقب»."""
    return any(without_conjunction(token) == verb + pronoun for pronoun in _OBJECTS)


def is_verb(token: str) -> bool:
    """Whether a folded word has the ending or beginning of a verb's person: «قصفت», «يقصف», «قصفوا»."""
    return len(token) > SHORTEST and (token.endswith(_VERB_ENDINGS) or token.startswith(_VERB_PERSONS))


def begins_statement(token: str) -> bool:
    """Whether a folded token joins another verb to the sentence: «وتوفي»."""
    return begins_anew(token) and is_verb(token[1:])


def holds_glued(token: str, word: str) -> bool:
    """Whether a folded token is a word and another one with no space between, as typing errors make them: «الأممالمتحدة»."""
    return (
        len(token) > len(word) + _LONG > 2 * _LONG - 1
        and token.startswith(word)
        and token[len(word) :].startswith(ARTICLE)
    ) or (len(token) > len(word) + SHORTEST and word.startswith(ARTICLE) and token.endswith(word))
