"""A question that leans on the one before it, made to stand alone by rules: «ومتى كان ذلك؟», «وماذا قال عن حلب؟», "And Kerry?".

Knows question words, pronouns and the ways to say "and what about". What it cannot complete in one of a few sure ways it leaves
as it is, since a wrong completion is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.arabic.lexicon import pattern_of, spelled, words_of
from rag.arabic.morphology import CONJUNCTIONS, any_affix
from rag.arabic.rules.forms import PREPOSITIONS, begins_anew, is_verb
from rag.arabic.rules.names import is_definite
from rag.arabic.rules.places import country
from rag.arabic.rules.reported_speech import asked_speaker, lacks_speaker
from rag.arabic.rules.words import content_words
from rag.arabic.text.folding import find, fold, has_arabic, words

_ASKING = words_of("question_words", opens="yes")
_CIRCUMSTANCE = words_of("question_words", again="yes")
"""Question words that can be asked of what was just asked about."""
_COPULAS = words_of("followups", use="copula")
_EMPTY = words_of("followups", use="empty")
"""Words that say of the event only that it was."""
_THESE = words_of("followups", use="these")
_WELLS = pattern_of("followups", use="well")
_ABOUT = pattern_of("followups", use="what_about").replace(r"\ ", r"\s+")
_ABOUT_ENGLISH = pattern_of("followups", use="what_about_english").replace(r"\ ", r"\s+")
_WHAT_ABOUT = re.compile(
    rf"^\W*(?:{_WELLS}\s+)?[{CONJUNCTIONS}]?{_ABOUT}\s+|^\W*(?:and\s+)?{_ABOUT_ENGLISH}\s+", re.IGNORECASE
)
_WELL = re.compile(rf"^\W*{_WELLS}\s+(?=و)")
_AND_ENGLISH = re.compile(r"^\W*and\s+(?=\w)", re.IGNORECASE)
_OF_HIM = re.compile(rf"^({pattern_of('prepositions', use='with_pronoun')}|[بل]){any_affix('of_him', 'pronoun')}$")
_FULL = {fold(word): word for word in spelled("prepositions", use="with_pronoun")}
_POSSESSIVE = re.compile(rf"^([^\W_]{{2,}}?){any_affix('of_his', 'pronoun')}$")
_OF_HERS = re.compile(rf"[^\W_]{{3,}}{any_affix('of_hers', 'pronoun')}$")
_HE = words_of("followups", use="he")
_HIS = words_of("followups", use="his")
_NO_TOPIC = _HE | _EMPTY | PREPOSITIONS | words_of("followups", use="no_topic") | _COPULAS
_LONGEST_NAME = 3
"""Words of a name with «و» before it that asks for the same of another."""
_FEW = 2
"""Content words of a question in which a pronoun's antecedent can hardly stand itself."""
_WITH_WAW = words_of("waw_words", use="name")


def leans(question: str, found: Sequence[str], content: Sequence[str]) -> bool:
    """Whether a question may need the one before it to be understood.

    found: its folded words. content: those of them that say what it is about.
    """
    pronouns = _THESE | _HE | _HIS | _COPULAS
    refers = any(word in pronouns or _OF_HIM.match(word) for word in found)
    joined = without_and(question) != question or bool(_WELL.match(question))
    return joined or refers or len(content) < _FEW or lacks_speaker(question) is not None


def standalone(question: str, before: str, about: str) -> str:
    """The question completed by the one before it, which stands alone, and what that is about; itself where it needs neither.

    about: a name or phrase, such as the speaker asked for or the name that was answered.
    """
    about = about if about and has_arabic(about) == has_arabic(question) else ""
    if match := _WHAT_ABOUT.match(question):
        return _exchanged(before, about, _bare(question[match.end() :])) or question
    asked = without_and(_WELL.sub("", question))
    joined = asked != question
    if joined and not _ASKING & set(words(asked)) and len(words(asked)) <= _LONGEST_NAME:
        return _exchanged(before, about, _bare(asked)) or question
    if (place := lacks_speaker(asked)) is not None:
        return _tidy(f"{asked[:place]} {about} {asked[place:]}") if about else asked
    content = content_words(asked)
    if asked_speaker(fold(asked)) and len(content) > _FEW:
        return asked
    named = _named(asked, about)
    if not [word for word in content if word not in _EMPTY | _HE]:
        return named if named != asked else _asked_again(asked, before)
    if named == asked and joined and about:
        circumstance = words(asked)[0] in _CIRCUMSTANCE
        if len(content) == 1 and circumstance and not is_definite(content[0]) and not country(content[0]):
            return f"{_bare(asked)} {about}{_mark(asked)}"
        if any(map(_OF_HERS.match, content)):
            return f"{_bare(asked)} ({about}){_mark(asked)}"
    return named


def topic(question: str) -> str:
    """What a question is about: whose statement it asks for, else its last words that say something, behind a verb.

    In English its last words with a capital.
    """
    speaker = asked_speaker(fold(question))
    if speaker and (place := find(speaker.partition(f" {fold('من')} ")[0], question)):
        return question[slice(*place)]
    content = set(content_words(question))
    run: list[str] = []
    for word in reversed(_bare(question).split()):
        said = words(word)
        if not content & set(said) or (not has_arabic(question) and not word[0].isupper()):
            if run or has_arabic(question):
                break
            continue
        if has_arabic(question) and run and is_verb(said[0].removeprefix("س")):
            break
        run.insert(0, word)
    return " ".join(run)


def without_and(question: str) -> str:
    """The question without «و» before its first word, where that joins it to the one before."""
    bare = question.lstrip(" ؟?،,.-")
    if match := _AND_ENGLISH.match(bare):
        return bare[match.end() :]
    found = words(bare)
    if not found or not begins_anew(found[0]) or found[0] in _ASKING | _WITH_WAW or country(found[0]):
        return question
    is_name = len(found) <= _LONGEST_NAME and not _ASKING & set(found)
    return bare[1:] if found[0][1:] in _ASKING or is_name else question


def _bare(question: str) -> str:
    return question.strip(" ؟?!.،,")


def _tidy(question: str) -> str:
    return re.sub(r"\s+(?=[؟?])", "", " ".join(question.split()))


def _mark(question: str) -> str:
    return "؟" if has_arabic(question) else "?"


def _exchanged(before: str, about: str, other: str) -> str:
    """The question before, asked of another; empty where it does not name what it is about, or the other is nothing."""
    first = words(other)[:1]
    place = find(about, before)
    if not place or not first or first[0] in _NO_TOPIC or has_arabic(other) != has_arabic(before):
        return ""
    return before[: place[0]] + other + before[place[1] :]


def _asked_again(asked: str, before: str) -> str:
    """What was asked before, by another question word: «متى» and «أين سيجتمع المندوبون؟» → «متى سيجتمع المندوبون؟»."""
    asking = " ".join(word for word in _bare(asked).split() if set(words(word)) & _CIRCUMSTANCE)
    rest = _bare(before).split()
    while rest and set(words(rest[0])) & (_ASKING | _COPULAS):
        rest.pop(0)
    same = has_arabic(asked) == has_arabic(before)
    return f"{asking} {' '.join(rest)}{_mark(asked)}" if asking and rest and same else asked


def _named(asked: str, about: str) -> str:
    """The question with what it is about in the place of pronouns, where it names nothing else that they could mean."""
    content = content_words(asked)
    if not about or len([word for word in content if word not in _HE]) > _FEW:
        return asked
    out: list[str] = []
    for stretch in _bare(asked).split():
        word = "".join(words(stretch))
        if word in _HE | _HIS and any(run[0].isupper() for run in out[1:]):
            return asked
        if match := _OF_HIM.match(word):
            preposition = match.group(1)
            out.append(
                f"{preposition}{about}" if len(preposition) == 1 else f"{_FULL.get(preposition, preposition)} {about}"
            )
        elif word in _HE or (word in _COPULAS and not content):
            out.append(about)
        elif word in _HIS:
            out.append(f"{about}'s")
        elif content == [word] and not is_definite(word) and (own := _POSSESSIVE.match(stretch)) and not is_verb(word):
            out.append(f"{own.group(1)} {about}")
        else:
            out.append(stretch)
    named = " ".join(out)
    return f"{named}{_mark(asked)}" if named != _bare(asked) else asked
