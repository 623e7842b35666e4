"""Short names of people and bodies out of the words for a speaker, and topics out of what is said: for asking about them.

Knows offices, titles and some hundred given names. Where it is not plain what the name is, there is none: a wrong one is
worse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.arabic.lexicon import any_of, spelled, words_of
from rag.arabic.morphology import affixes, any_affix, readings
from rag.arabic.rules.names import is_definite
from rag.arabic.rules.places import country, country_named
from rag.arabic.rules.reported_speech import telling_verbs
from rag.arabic.text.folding import fold, words

_HONORIFICS = words_of("titles", use="honorific")
_OFFICES = words_of("titles", use="office")
_NO_NAMES = words_of("name_words", use="not_name")
_PLACES = words_of("name_words", use="place")
_NAMED_AFTER = words_of("name_words", use="named_after")
"""Things that bear a person's name: «مستشفى الملك فهد»."""
_JOINED = re.compile(
    rf"^(?:{any_affix('is_joined', 'conjunction', 'before_article')}{any_affix('is_joined', 'article')}"
    rf"|{any_affix('is_joined', 'conjunction')}?{any_affix('is_joined', 'contracted')})"
)
_OF_GOD = words_of("name_words", use="second_half")
"""Second halves of names such as «محيي الدين»."""
_SONS = words_of("name_words", use="son")
_GIVEN = words_of("given_names")
_BODIES = words_of("name_words", use="body")
_UNITED = words_of("name_words", use="united")
_SERVANT = fold("عبد")
_TOKEN = re.compile(r"[^\W\d_]+")
_LETTERS = 3
"""Of a word of a name, at least."""
_FEMININE_ENDINGS = tuple(affixes("has_feminine_head", "feminine"))
_FEMININE = words_of("saying_verbs", use="telling", subject="she")
_ABOUT = re.compile(rf"(?<!\w)و?{any_of(spelled('speech', use='topic'))}\s+")
_AND = re.compile(r"\s+و")
_PHRASE = re.compile(r"[^\W\d_]+(?:\s+[^\W\d_]+)?")
_EVENTS = words_of("name_words", use="event")
_EVENT_WORDS = range(3, 6)


def short_name(speaker: str) -> str:
    """The name of a person in two words, or of a body, within the words for a speaker; empty where that is not plain.

    «وزير الخارجية الروسي سيرغي لافروف» → «سيرغي لافروف»; «المتحدث باسم شرطة العاصمة» → "".
    """
    found = _TOKEN.findall(speaker)
    folded = [fold(word) for word in found]
    if len(found) == 2 and folded[0] in _BODIES and is_definite(folded[1]):
        return " ".join(found)
    for first in range(len(found) - 1):
        if not _begins(folded, first):
            continue
        end = first
        while end < len(found) and _may_name(folded[end], end > first):
            end += 2 if folded[end] == _SERVANT else 1
        if end > len(found) or (end < len(found) and not _ends(folded[end])):
            continue
        length = end - first - (folded[first] == _SERVANT)
        if end < len(found) and folded[end] in _OF_GOD:
            continue
        if length == 3 and folded[end - 1] in _SONS:
            return " ".join(found[end - 2 : end])
        if length == 2:
            return " ".join(found[first:end])
        if length == 3 and folded[first] != _SERVANT and not is_definite(folded[end - 1]):
            return f"{found[first]} {found[end - 1]}"
    return ""


def _begins(folded: list[str], i: int) -> bool:
    """Whether a name may begin here: behind a title or a nationality, or with a given name."""
    before = folded[i - 1] if i else ""
    if not _may_name(folded[i], False):
        return False
    if any(word in _NAMED_AFTER for word in folded[max(0, i - 2) : i]):
        return False
    if before in _HONORIFICS:
        return True
    of_country = is_definite(before) and bool(country(before))
    if (of_country or before in _UNITED) and (folded[0] in _OFFICES or folded[0] in _HONORIFICS):
        return True
    given = folded[i] in _GIVEN or (folded[i] == _SERVANT and is_definite(folded[i + 1]))
    return given and (not before or is_definite(before))


def _may_name(word: str, later: bool) -> bool:
    """Whether a folded word may be one of a name; a definite one only as a later word, a family's («الوادعي»)."""
    if (
        len(word) < _LETTERS
        or _JOINED.match(word)
        or not _PLACES.isdisjoint(readings(word))
        or word in _NO_NAMES
        or word in _OFFICES
        or word[1:] in _OFFICES  # «لرئيس»
        or word in _HONORIFICS
    ):
        return False
    if word in _GIVEN or word == _SERVANT:
        return True
    return (later and word.endswith(fold("ي"))) if is_definite(word) else not country(word)


def _ends(word: str) -> bool:
    """Whether a folded word behind a name is plainly none of it."""
    return word in _OFFICES or word in _HONORIFICS or is_definite(word)


def is_feminine(sentence: str) -> bool | None:
    """Whether the verbs of saying in a sentence have a feminine subject; None where they differ, or there are none."""
    genders = {verb in _FEMININE for verb in telling_verbs(sentence)}
    return genders.pop() if len(genders) == 1 else None


def has_feminine_head(phrase: str) -> bool:
    """Whether the first word of a phrase ends as feminine ones do: «وزارة الداخلية»."""
    first = (phrase.split() or [""])[0]
    return first.endswith(_FEMININE_ENDINGS)


def topics(sentence: str) -> Iterator[str]:
    """What a sentence speaks of, for a question «عن …»: what stands behind «حول» and «بشأن», as far as it is plain."""
    for match in _ABOUT.finditer(sentence):
        if phrase := _PHRASE.match(sentence, match.end()):
            said = phrase.group().split()
            if _AND.match(sentence, phrase.end()) or (len(said) == 2 and said[1].startswith("و")):
                continue
            definite = [is_definite(fold(word)) for word in said]
            if len(said) == 2 and definite[1] and fold(said[0]) not in _NO_NAMES:
                yield " ".join(said)
            elif definite[0]:
                yield said[0]
            elif named := country_named(fold(said[0])):
                yield named


def unmarked(question: str) -> str:
    """The question without the mark at its end, for more words behind it."""
    return question.rstrip(" ؟?.!،")


def countries(sentence: str) -> set[str]:
    """The countries that a sentence names."""
    return {name for word in words(sentence) if (name := country_named(word))}


def event(title: str) -> str:
    """The title where it is the name of an event that a question «متى كان …» can be put of; else empty."""
    said = title.split()
    plain = all(_TOKEN.fullmatch(word) for word in said)
    return title.strip() if said and plain and len(said) in _EVENT_WORDS and fold(said[0]) in _EVENTS else ""
