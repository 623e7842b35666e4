"""Reported speech: whom a question asks about, who says something in a sentence, and whether a given name does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.arabic.lexicon import pattern_of, words_of
from rag.arabic.morphology import CONJUNCTIONS, any_affix, without_conjunction
from rag.arabic.rules.names import Name
from rag.arabic.text.folding import fold, fold_each, fold_with_offsets

_TELLING_VERBS = pattern_of("saying_verbs", use="telling")
"""Verbs whose subject is plainly the speaker."""
_VERB = rf"(?:و|ف|س|كما )?{pattern_of('saying_verbs', use='telling other')}"
_DIALECT = pattern_of("saying_verbs", use="dialect")
_ASK = pattern_of("question_words", saying="verb both")
_ASK_NOUN = pattern_of("question_words", saying="noun both")
_ABOUT = pattern_of("speech", use="about")
_SUBJECT = re.compile(rf"\s{pattern_of('speech', use='subject')}\s(?!ماذا)|\sabout\s")
_STATEMENT = pattern_of("speech", use="statement")

_SPEAKER = rf"(?P<speaker>.+?)(?=\s+{_ABOUT}\s|[؟?!.،,]|$)"
_QUESTION = re.compile(
    rf"(?:^|\s){_ASK}\s+(?:{_VERB}|{_DIALECT})\s+(?:{pattern_of('speech', use='object')}\s+)?{_SPEAKER}"
)
_SAID_WHAT = re.compile(
    rf"^\W*{_ASK}\s+(?:{_VERB}|{_DIALECT})(?<!{fold('وا')})"
    rf"(?=\s+{pattern_of('speech', use='said_about')}\s|\s*[؟?!.،,]?\s*$)"
)
_NO_NAME = re.compile(rf"{_ABOUT}\s")
_QUESTION_NOUN = re.compile(rf"{_ASK_NOUN}\s+{_STATEMENT}\s+{_SPEAKER}")
_QUESTION_ENGLISH = re.compile(
    rf"what {pattern_of('speech', use='auxiliary')} (?P<speaker>.+?) "
    rf"{pattern_of('saying_verbs', use='english')}(?=\W|$)"
)

_TELLING = re.compile(rf"(?<!\w)[{CONJUNCTIONS}]?{_TELLING_VERBS}(?!\w)")
_THAT = re.compile(rf"(?<!\w){pattern_of('speech', use='that')}(?!\w)|[:«“\"]|''")
_GOES_ON = re.compile(rf"\W*(?P<verb>[{CONJUNCTIONS}]{_TELLING_VERBS})\s*(?:{_THAT.pattern})")
_SHE = words_of("saying_verbs", use="telling", subject="she")
_STOP = re.compile(rf"(?<!\w){pattern_of('speech', use='after')}(?!\w)|[،,.؛()]|{_THAT.pattern}")
_LEAD = re.compile(rf"^\W*(?:[{CONJUNCTIONS}]?{pattern_of('speech', use='lead')}\s+)+")
_NO_SPEAKER = re.compile(rf"^(?:{pattern_of('speech', use='not_speaker')}(?!\w)|{fold('بأن')})")
_LONGEST_SPEAKER = 12
_BEGINNING = 30
"""Characters within which the words for the speaker begin, where it is the sentence's own."""

_SPEECH_TOKEN = re.compile(r"[^\W_]+|[،,.;؛:«»“”\"()]|''")
_SAYING_WORD = re.compile(_VERB)
_TELLING_WORD = re.compile(rf"[{CONJUNCTIONS}]?{_TELLING_VERBS}|{pattern_of('saying_verbs', use='asked')}")
_BREAK = re.compile(rf"{_THAT.pattern}|[.;؛]")
_SOURCES = words_of("speech", use="source")
_TONGUE = fold("لسان")
_AWAY = words_of("speech", use="away")
"""Words that, right before a name or its title, make it an object."""
_AT = fold("لدى")
"""Stands in titles, too: «مندوب موسكو لدى الأممالمتحدة فيتالي تشوركين»."""
_TO_OR_BY = re.compile(
    rf"(?:{any_affix('spoken_to', 'contracted', 'preposition')}"
    rf"|{any_affix('spoken_to', 'before_article')}{any_affix('spoken_to', 'article')})(?=[^\W_]{{3}})"
)
_STATING = words_of("speech", use="stating")
_HIS_WORDS = words_of("speech", use="his_words")
_TITLE = 5
"""Words of a title that may stand between a verb and a name; some more behind a verb that plainly tells."""
_APPOSITION = 8
"""Words that may stand between a name and its verb."""


def asked_speaker(folded: str) -> str | None:
    """The words of whose statement a folded question asks for («ماذا قال تشوركين؟» → "تشوركين"), None if it asks for none."""
    for pattern in (_QUESTION, _QUESTION_NOUN, _QUESTION_ENGLISH):
        if match := pattern.search(folded):
            speaker = match["speaker"].strip()
            if 0 < len(speaker.split()) <= _LONGEST_SPEAKER and not _NO_NAME.match(speaker):
                return speaker
    return None


def lacks_speaker(question: str) -> int | None:
    """Where the name belongs in a question for a statement that names nobody («ماذا قال عن حلب؟»), as an offset; else None."""
    folded, offsets = fold_with_offsets(question)
    match = _SAID_WHAT.search(folded)
    return offsets[match.end() - 1] + 1 if match else None


def names_subject(folded: str) -> bool:
    """Whether a folded question names what the statement is to be about («عن حلب»), not only its time or place."""
    return _SUBJECT.search(folded) is not None


def spoken_to(word: str) -> bool:
    """Whether a folded word may name whom something is said to, «لبوش»."""
    return _TO_OR_BY.match(word) is not None


def say(sentences: Sequence[str], name: Name) -> list[bool]:
    """Whether each sentence reports what the named one says, as far as the order of its words shows.

    The name stands behind a verb of saying («أعلن الرئيس شافيز»), «سئل», «على لسان» or «وفقا ل», or before one («تشوركين أكد أن»)
    or before «قوله», «مؤكدا», «بالإعلان» and the like, with nothing between them that begins another clause.
    """
    listed = [_SPEECH_TOKEN.findall(folded) for folded in fold_each(sentences)]
    return [
        any(_said_before(tokens, first) or _said_after(tokens, first, last + 1) for first, last in places)
        for tokens, places in zip(listed, name.places_in(listed), strict=True)
    ]


def _said_before(tokens: list[str], first: int) -> bool:
    """Whether the words before a name make it the one who says."""
    for i in range(first - 1, max(-1, first - 2 - _TITLE), -1):
        token = tokens[i]
        near = first - i <= _TITLE
        if _TELLING_WORD.fullmatch(token) or (near and _SAYING_WORD.fullmatch(token)):
            return True
        if near and (token in _SOURCES or token == _TONGUE):
            return True
        if _BREAK.fullmatch(token) or (token in _AWAY and first - i <= (1 if token == _AT else 2)):
            return False
    return False


def _said_after(tokens: list[str], first: int, after: int) -> bool:
    """Whether the words behind a name tell what it says."""
    if any(token in _HIS_WORDS for token in tokens[after : after + 3]):
        return True
    if _AWAY & set(tokens[max(0, first - 2) : first]) or _TO_OR_BY.match(tokens[first]):
        return False
    comma = False
    for i in range(after, min(len(tokens), after + _APPOSITION)):
        token = tokens[i]
        if _SAYING_WORD.fullmatch(token):
            return not comma or any(_THAT.fullmatch(word) for word in tokens[i + 1 : i + 3])
        if token in _STATING or (token == ":" and i == after):
            return True
        if _BREAK.fullmatch(token):
            return False
        comma = comma or token in "،,"
    return False


def speaker(sentence: str, sought: Name | None = None) -> str:
    """Who says a sentence, as the sentence puts it, or an empty string where that is not plain.

    The words between a verb of saying and what is said («وأفاد مندوب موسكو فيتالي تشوركين بأن …»), else those before a verb
    that what is said follows at once («لكن السفير الروسي فيتالي تشوركين أكد أن …»). With `sought`, the speaker of that name,
    wherever in the sentence; without, the one whom the sentence begins with.
    """
    folded, offsets = fold_with_offsets(sentence)
    for match in _TELLING.finditer(folded):
        if not _THAT.search(folded, match.end()):
            break
        for start, end in (_after(folded, match.end()), _before(folded, match.start(), match.end())):
            said_by = folded[start:end].split()
            if not 0 < len(said_by) <= _LONGEST_SPEAKER or _NO_SPEAKER.match(" ".join(said_by)):
                continue
            if any(sought.stands_in(said_by)) if sought else start <= _BEGINNING:
                return _original(sentence, offsets, start, end)
    return ""


def goes_on(sentence: str, said_before: str) -> bool:
    """Whether a sentence goes on with what the speaker of the one before it says: «وأضاف أن …», in the same gender."""
    if not (match := _GOES_ON.match(fold(sentence))):
        return False
    verbs = [without_conjunction(match["verb"]), *telling_verbs(said_before)[-1:]]
    return len({verb in _SHE for verb in verbs}) == 1


def telling_verbs(sentence: str) -> list[str]:
    """The folded verbs of a sentence whose subject is plainly the speaker, without «و» and «ف» before them."""
    return [without_conjunction(match.group()) for match in _TELLING.finditer(fold(sentence))]


def _after(folded: str, verb_end: int) -> tuple[int, int]:
    """The words from the verb to what is said or to where and when it was said."""
    match = _STOP.search(folded, verb_end)
    return verb_end, match.start() if match else verb_end


def _before(folded: str, verb_start: int, verb_end: int) -> tuple[int, int]:
    """The words from the clause's beginning to the verb; none if anything stands between the verb and what is said."""
    that = _THAT.search(folded, verb_end)
    if that is None or folded[verb_end : that.start()].strip():
        return verb_start, verb_start
    start = max(folded.rfind(mark, 0, verb_start) for mark in "،,.»:؛") + 1
    lead = _LEAD.match(folded[start:verb_start])
    return start + (lead.end() if lead else 0), verb_start


def _original(sentence: str, offsets: list[int], start: int, end: int) -> str:
    """The original words of a folded span, without marks around them."""
    while sentence[offsets[end - 1]].isspace():
        end -= 1
    last = offsets[end - 1] + 1
    while last < len(sentence) and sentence[last].isalpha():  # a letter that folding dropped
        last += 1
    return sentence[offsets[start] : last].strip(' \t\n-–—()،,"')
