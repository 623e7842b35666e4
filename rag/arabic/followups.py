"""A question that leans on the one before it, made to stand alone by rules: «ومتى كان ذلك؟», «وماذا قال عن حلب؟», "And Kerry?".

Knows question words, pronouns and the ways to say "and what about". What it cannot complete it leaves as it is.
"""

from __future__ import annotations

import re

from rag.arabic.folding import find, fold, has_arabic, word_set, words
from rag.arabic.forms import begins_anew, is_verb
from rag.arabic.names import is_definite
from rag.arabic.speech import asked_speaker, lacks_speaker
from rag.arabic.words import content_words

_ASKING = word_set(
    "ما ماذا من هل أين كيف متى كم لماذا لم بم بماذا عم عما فيم علام مم أي أية شو ايش وش شنو مين منو فين وين ليش ليه امتى ايمتى قديش "
    "what who whom whose when where why how which"
)
_COPULAS = word_set("هو هي هم هما")
_EMPTY = word_set(
    "كان كانت حدث حدثت جرى جرت حصل حصلت تم تمت وقع صار ذلك هذا هذه تلك الأمر هناك happen happened that this it there then"
)
"""Words that say of the event only that it was."""
_THESE = word_set("ذلك هذا هذه تلك هؤلاء")
_WHAT_ABOUT = re.compile(r"^\W*(?:و|ف)?ماذا\s+عن\s+|^\W*(?:and\s+)?(?:what|how)\s+about\s+", re.IGNORECASE)
_AND = re.compile("^(?:و|ف)(?=[^\\W_]{2})")
_AND_ENGLISH = re.compile(r"^\W*and\s+(?=\w)", re.IGNORECASE)
_OF_HIM = re.compile("^(عن|من|في|إلي|إلى|علي|على|مع|لدي|عند|حول|بعد|قبل|ضد|ب|ل)(?:ه|ها|هم|هما)$")
_FULL = {"إلي": "إلى", "علي": "على", "لدي": "لدى"}
_POSSESSIVE = re.compile("^([^\\W_]{2,}?)(?:ه|ها|هم|هما)$")
_OF_HERS = re.compile("[^\\W_]{3,}(?:ها|هم)$")
_HE = word_set("he she they it him them")
_HIS = word_set("his her their its")
_LONGEST_NAME = 3
"""Words of a name with «و» before it that asks for the same of another."""


def leans(question: str) -> bool:
    """Whether a question may need the one before it to be understood."""
    found = words(question)
    begins_with_and = bool(_AND_ENGLISH.match(question)) or (bool(found) and _is_joined(found[0]))
    pronouns = _THESE | _HE | _HIS | {fold(word) for word in ("هو", "هي")}
    refers = any(word in pronouns or _OF_HIM.match(word) for word in found)
    return begins_with_and or refers or len(content_words(question)) < 2 or lacks_speaker(question) is not None


def standalone(question: str, before: str, about: str) -> str:
    """The question completed by the one before it, which stands alone, and what that is about; itself where it needs neither.

    about: a name or phrase, such as the speaker asked for or the name that was answered.
    """
    if match := _WHAT_ABOUT.match(question):
        return _exchanged(before, about, _bare(question[match.end() :])) or question
    asked = _without_and(question)
    joined = asked != question
    if joined and words(asked)[0] not in _ASKING and len(words(asked)) <= _LONGEST_NAME:
        return _exchanged(before, about, _bare(asked)) or question
    if (place := lacks_speaker(asked)) is not None and about:
        return _tidy(f"{asked[:place]} {about} {asked[place:]}")
    if not [word for word in content_words(asked) if word not in _EMPTY | _HE]:
        return _asked_again(asked, before)
    completed = _named(asked, about)
    if completed == asked and joined and len(content_words(asked)) == 1 and not is_definite(content_words(asked)[0]):
        completed = f"{_bare(asked)} {about}{_mark(asked)}"
    refers = _THESE & set(words(asked)) or (joined and any(map(_OF_HERS.match, words(asked))))
    if completed == asked and refers and about and not find(about, asked):
        completed = f"{_bare(asked)} ({about}){_mark(asked)}"
    return completed if completed != asked else question


def topic(question: str) -> str:
    """What a question is about: whose statement it asks for, else its last words that say something, a first verb left out."""
    speaker = asked_speaker(question)
    if speaker and (place := find(speaker, question)):
        return question[slice(*place)]
    content = set(content_words(question))
    run: list[str] = []
    for word in reversed(_bare(question).split()):
        if not content & set(words(word)):
            break
        run.insert(0, word)
    if len(run) > 1 and is_verb(words(run[0])[0]):
        run = run[1:]
    return " ".join(run)


def _is_joined(word: str) -> bool:
    """Whether a folded word is a question word behind «و» or «ف»."""
    return _AND.sub("", word) in _ASKING and word not in _ASKING


def _without_and(question: str) -> str:
    """The question without «و» before its first word, where that joins it to the one before."""
    bare = question.lstrip(" ؟?،,.-")
    if match := _AND_ENGLISH.match(bare):
        return bare[match.end() :]
    found = words(bare)
    if found and (
        _is_joined(found[0]) or (len(found) <= _LONGEST_NAME and begins_anew(found[0]) and not _ASKING & set(found))
    ):
        return bare[1:]
    return question


def _bare(question: str) -> str:
    return question.strip(" ؟?!.،,")


def _tidy(question: str) -> str:
    return re.sub(r"\s+(?=[؟?])", "", " ".join(question.split()))


def _mark(question: str) -> str:
    return "؟" if has_arabic(question) else "?"


def _exchanged(before: str, about: str, other: str) -> str:
    """The question before, asked of another; empty where it does not name what it is about."""
    place = find(about, before)
    return before[: place[0]] + other + before[place[1] :] if place and other else ""


def _asked_again(asked: str, before: str) -> str:
    """What was asked before, by another question word: «متى» and «أين سيجتمع المندوبون؟» → «متى سيجتمع المندوبون؟»."""
    asking = " ".join(word for word in _bare(asked).split() if set(words(word)) & _ASKING)
    rest = _bare(before).split()
    while rest and set(words(rest[0])) & (_ASKING | _COPULAS):
        rest.pop(0)
    return f"{asking} {' '.join(rest)}{_mark(asked)}" if asking and rest else asked


def _named(asked: str, about: str) -> str:
    """The question with what it is about in the place of pronouns."""
    if not about:
        return asked
    out = []
    content = content_words(asked)
    for stretch in _bare(asked).split():
        word = "".join(words(stretch))
        if match := _OF_HIM.match(word):
            preposition = match.group(1)
            out.append(
                f"{preposition}{about}" if len(preposition) == 1 else f"{_FULL.get(preposition, preposition)} {about}"
            )
        elif word in _HE:
            out.append(about)
        elif word in _HIS:
            out.append(f"{about}'s")
        elif (
            content[-1:] == [word]
            and len(content) == 1
            and not is_definite(word)
            and (own := _POSSESSIVE.match(stretch))
        ):
            out.append(f"{own.group(1)} {about}")
        else:
            out.append(stretch)
    return f"{' '.join(out)}{_mark(asked)}"
