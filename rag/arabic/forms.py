"""When two words of two sentences say the same, as far as their letters and a list show it; and which say nothing by themselves.

Knows Arabic affixes, spellings of foreign names, and some hundred everyday words with their English ones. It knows no roots:
«قتل» and «مقتل» are the same only by the list, or by the vectors of whoever asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from rag.arabic.folding import fold, words
from rag.arabic.lexicon import any_of, pattern_of, spelled, table, words_of
from rag.arabic.words import content_words

_PREFIX = re.compile("^(?:[وف]?(?:[بكل]?ال|لل)|[وف][بكلس]?|[بلكس])(?=[^\\W_]{3})")
_ARTICLE = re.compile("^(?:[وف]?(?:[بكل]?ال|لل))(?=[^\\W_]{2})")
_CONJUNCTION = re.compile("^[وف](?=[^\\W_]{3})")
_PERSON = re.compile("^(?:سي|ست|[يتنا])(?=[^\\W_]{3})")
_SUFFIXES = fold("هما تهما تهم تها تنا هم ها نا وا يا ون ين ان ات يه ته تا تي تين تان يين ية ت ه ي ا").split()
_SHORTEST = 3
"""Letters of a stem."""
_VOWELS = re.compile("[اويه]")
_SOUNDS = str.maketrans({"ج": "غ", "ق": "غ", "ث": "ت", "ط": "ت", "ذ": "د", "ض": "د", "ص": "س", "ظ": "ز"})
"""Letters that foreign names are written with by turns: هوجو, هوغو."""
_SHORT = 4
"""Letters; a foreign name of fewer has one spelling; consonants that agree in two of different vowels."""

_SAID_ALIKE: dict[str, set[str]] = {}
for _i, _row in enumerate(table("synonyms")):
    for _form in words(f"{_row['arabic']} {_row['english']}"):
        _SAID_ALIKE.setdefault(_form, set()).add(f"={_i}")

LIGHT = words_of("stop_words", use="light")
"""Words without which a claim says the same, beside those that content_words leaves out."""
AND = re.compile("و(?=[^\\W_]{2})")
_UNITS_WITH_AND = words_of("waw_words", use="word")
PREPOSITIONS = words_of("prepositions", use="marker")
_ATTACHED = re.compile("^[وف]?(لل|[بلك]ال|[بل](?=[^\\W_]{3}))")
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
    rf"(?<!\w)(?=(?:و|ف)?{any_of(spelled('clauses', use='contrast'))}(?!\w))"
    rf"|(?<!\w)(?={pattern_of('clauses', use='contrast_english')}(?!\w))"
)
"""Where a sentence sets two statements against each other."""
_REFERS = re.compile(
    rf"[^\W_]{{2,}}(?:ها|هم|هما|ه)(?![^\W_])|(?<!\w)[وف]?{pattern_of('clauses', use='pronoun')}(?!\w)"
    rf"|(?<!\w){pattern_of('clauses', use='pronoun_english')}(?!\w)",
    re.IGNORECASE,
)


def refers_back(sentence: str) -> bool:
    """Whether a sentence speaks of what was named before it: by a pronoun, or by a verb that a preposition follows at once."""
    first = fold(sentence).split()[:2]
    return _REFERS.search(sentence) is not None or (len(first) == 2 and first[1] in PREPOSITIONS)


def is_content(word: str) -> bool:
    """Whether a folded word says something by itself."""
    bare = _CONJUNCTION.sub("", word)
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
    bare = {word, _ARTICLE.sub("", word), _CONJUNCTION.sub("", word), _PREFIX.sub("", word)}
    stems = bare | {cut for form in bare for cut in _without_suffix(form)}
    stems |= {form[:-1] + "ه" for form in stems if form[-1] == "ت" and len(form) >= _SHORTEST}
    stems |= {_PERSON.sub("", form) for form in stems if len(form) > _SHORT}
    groups = set().union(*(_SAID_ALIKE.get(form, set()) for form in stems))
    return frozenset(form for form in stems if len(form) >= _SHORTEST or form == word) | groups


def _without_suffix(form: str) -> list[str]:
    return [form[: -len(end)] for end in _SUFFIXES if form.endswith(end) and len(form) - len(end) >= _SHORTEST]


@lru_cache(maxsize=1 << 16)
def sounds(word: str) -> frozenset[str]:
    """What the spellings of a foreign name agree in: «هوجو» and «هوغو» share one, but «محمد» and «محمود» do, too."""
    bare = _ARTICLE.sub("", _CONJUNCTION.sub("", word))
    spoken = bare.replace("تش", "ش").translate(_SOUNDS)
    if len(spoken) < _SHORT:
        return frozenset()
    consonants = _VOWELS.sub("", spoken)
    found = {f"~{spoken}", f"~{spoken.rstrip('اهي') if len(spoken) > _SHORT else spoken}"}
    return frozenset(found | {f"~~{consonants}"} if len(consonants) >= _SHORT else found)


def compares(tokens: Sequence[str], i: int) -> bool:
    """Whether the folded token at a place sets what is before it above what is behind it: «أكبر من», "larger than"."""
    return tokens[i + 1 : i + 2] in (["من"], ["than"]) and (
        tokens[i].isascii() or (tokens[i][0] == "ا" and len(tokens[i]) == 4)
    )


def is_dual(word: str) -> bool:
    """Whether a folded word may be two of something: «المنطقتين»."""
    return len(word) > _SHORT and word.endswith(("ين", "ان"))


def is_object(token: str, verb: str) -> bool:
    """Whether a folded token is a verb with a pronoun for its object: «ولقبه» of «لقب»."""
    return any(_CONJUNCTION.sub("", token) == verb + pronoun for pronoun in ("ه", "ها", "هم"))


def is_verb(token: str) -> bool:
    """Whether a folded word has the ending or beginning of a verb's person: «قصفت», «يقصف», «قصفوا»."""
    return len(token) > _SHORTEST and (token.endswith(("ت", "وا")) or token[0] in "يت")


def begins_statement(token: str) -> bool:
    """Whether a folded token joins another verb to the sentence: «وتوفي»."""
    return begins_anew(token) and is_verb(token[1:])


def holds_glued(token: str, word: str) -> bool:
    """Whether a folded token is a word and another one with no space between, as typing errors make them: «الأممالمتحدة»."""
    return (
        len(token) > len(word) + _SHORT > 2 * _SHORT - 1
        and token.startswith(word)
        and token[len(word) :].startswith("ال")
    ) or (len(token) > len(word) + _SHORTEST and word.startswith("ال") and token.endswith(word))
