"""What a sentence gives of a speaker's statement: the speaker's own words between quotation marks, or the newspaper's report."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.arabic.lexicon import pattern_of, words_of
from rag.arabic.rules.cutting import is_whole
from rag.arabic.rules.names import Name
from rag.arabic.rules.polarity import quotation_spans
from rag.arabic.rules.reported_speech import say, speaker, telling_verbs
from rag.arabic.text.folding import fold, fold_with_offsets

Voice = Literal["he", "she", ""]
_THAT = pattern_of("speech", use="that")
_HIS_WORDS = re.compile(rf"(?<!\w){pattern_of('speech', use='his_words stating')}(?:\s+{_THAT})?$")
_REPORTS = re.compile(rf"(?<!\w){_THAT}\s+[^\W_]|[.؛;]")
_SHE = words_of("saying_verbs", use="telling", subject="she")
_BEHIND_NAMES = (
    words_of("stop_words", use="preposition")
    | words_of("speech", use="after")
    | words_of("weekdays", text="yes")
    | words_of("times", use="day part")
)
_HERS = re.compile(rf"{fold('ها')}\b")
_WORD = re.compile(r"[^\W_]+")
_CLAUSE = re.compile(r"[،؛,;]\s+(?=[^\W_])")
_MARKS = " \n\t:،,«“\"'"
"""What stands between those words and a quotation, its own mark among it."""
_LEAST, _BESIDE, _BETWEEN = 3, 6, 10
"""Words of a statement, at least; words of a sentence that may follow the quotation which gives it, at most; and words that may stand
between the words for the speaker and the quotation, as those for the time and the place."""
_ONLY_VERB = 2
"""Words before a quotation that goes on with a statement, at most: «وأضاف أن»."""
_LEFT_OUT = 8
"""Words before the clause with the statement from which on they are left out."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Where a statement stands in a sentence, as offsets.

    speaker: who says it, in the article's words, where the quote does not name them. voice: "he" or "she", by the verb, where the
    words are the speaker's own; empty where the newspaper reports them.
    """

    start: int
    end: int
    speaker: str = ""
    voice: Voice = ""


def statement(sentence: str, sought: Name, before: str = "") -> Statement:
    """The statement of the named one in a sentence that has one (`reported_speech.say`), or goes on with one: before: whose.

    «قال تشوركين: «تلك مرحلة والآن مرحلة أخرى»» gives what stands between the marks, and who says it. Where the quotation is but a
    part of what is told, the statement is the newspaper's report, from the clause on in which the name stands first.
    """
    for start, end in quotation_spans(sentence):
        lead = sentence[:start].rstrip(_MARKS)
        enough = len(sentence[start:end].split()) >= _LEAST
        if enough and len(_WORD.findall(sentence[end:])) <= _BESIDE and (said_by := _leading(lead, sought, before)):
            return Statement(start, end, *said_by)
    return Statement(0 if before else _beginning(sentence, sought), len(sentence), before)


def _leading(lead: str, sought: Name, before: str) -> tuple[str, Voice] | None:
    """The words for the named one, and the gender of their verb, where what stands before a quotation says that it is theirs."""
    folded, offsets = fold_with_offsets(lead)
    words = [*_WORD.finditer(folded)]
    places = [*sought.stands_in([word.group() for word in words])]
    if before and len(words) <= _ONLY_VERB:
        return before, _voice(telling_verbs(lead))
    if not places:
        return None
    first, last = places[-1]
    if his := _HIS_WORDS.search(folded):
        return lead[offsets[words[first].start()] : offsets[words[last].end() - 1] + 1], "she" if _HERS.search(
            his.group()
        ) else "he"
    said_by = speaker(f"{lead}:", sought)
    at = lead.rfind(said_by)
    behind = fold(lead[at + len(said_by) :])
    if not said_by or len(_WORD.findall(behind)) > _BETWEEN or _REPORTS.search(behind):
        return None
    verbs = telling_verbs(behind)[:1] or telling_verbs(lead[:at])[-1:]
    return _name_alone(said_by, sought), _voice(verbs)


def _name_alone(said_by: str, sought: Name) -> str:
    """The words for a speaker without what follows the name: when, where and to whom it was said."""
    words = said_by.split()
    folded = [fold(word) for word in words]
    last = max((last for _, last in sought.stands_in(folded)), default=len(words))
    end = next((i for i in range(last + 1, len(words)) if folded[i] in _BEHIND_NAMES), len(words))
    return " ".join(words[:end])


def _voice(verbs: Sequence[str]) -> Voice:
    return "he" if _SHE.isdisjoint(verbs) else "she"


def _beginning(sentence: str, sought: Name) -> int:
    """Where the clause begins in which the name stands first, if enough stands before it, and what is left says by itself who says
    it; else 0."""
    for comma in reversed([*_CLAUSE.finditer(sentence)]):
        before, after = sentence[: comma.start()], sentence[comma.end() :]
        if len(before.split()) < _LEFT_OUT:
            break
        named = any(sought.stands_in(_WORD.findall(fold(before))))
        if not named and is_whole(before) and say([after], sought)[0]:
            return comma.end()
    return 0
