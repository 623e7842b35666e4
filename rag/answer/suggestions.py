"""Questions to ask next, made from the archive's own articles; each was asked before it is shown, and is answered.

Knows no writer: what is suggested is checked by quoting.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from string import Template

from rag.answer import prompts
from rag.answer.assistant import Assistant
from rag.arabic import sentences
from rag.arabic.rules.places import country
from rag.arabic.rules.reported_speech import speaker
from rag.arabic.rules.speakers import countries, event, has_feminine_head, is_feminine, short_name, topics, unmarked
from rag.arabic.text.folding import fold, words
from rag.errors import InputError, RagError
from rag.library import Library
from rag.library.browsing import by_source, ids
from rag.query.question import Question
from rag.types import Answer, Article, Citation

_SAMPLE = 120
"""Articles that are looked at, at most: of 60 news articles some three name a speaker plainly; 3 ms each."""
_READ = 6000
"""Characters of each."""
_ASKED = 9
"""Questions that are tried for the beginning, at most, and after an answer; each takes 30 to 100 ms in a large archive."""
_ASKED_AFTER = 4
_CITED = 3
"""Articles of an answer that are looked at."""
_EVENTS = ("where", "why")
"""Types of questions about what happened, whose time can be asked for."""
_QUOTED = range(40, 500)
"""Characters of a statement that is worth asking for."""


def suggested(assistant: Assistant, count: int = 5) -> list[str]:
    """Questions that the archive answers, at most `count`; the same as long as it does not change.

    Of different articles before a second of one. Empty where nothing good is found in a sample spread over the sources.
    """
    chance = random.Random(f"{assistant.library.id} {assistant.library.generation}")
    found: list[str] = []
    tried: set[str] = set()
    asking = [_questions(article) for article in _sample(assistant.library, chance)]
    while asking:
        for questions in list(asking):
            question = next((q for q in questions if q not in tried), "")
            if not question:
                asking.remove(questions)
                continue
            if len(tried) == _ASKED or len(found) == count:
                return found
            tried.add(question)
            asked = assistant.parse(question)
            if _holds(asked, _asked(assistant, asked)):
                found.append(question)
    return found


def following(assistant: Assistant, answer: Answer, history: Sequence[Answer] = (), count: int = 3) -> list[str]:
    """Questions that go on from an answer, at most `count`: on its speaker's topics, others in its articles, the time.

    history: the answers before it. None is a question that was asked in the conversation; empty after a question without
    Arabic, or one that was not answered.
    """
    if answer.status == "abstained":
        return []
    question = assistant.parse(answer.standalone or answer.question)
    if question.is_translated:
        return []
    conversation = [*history, answer]
    known = {tuple(words(text)) for a in conversation for text in (a.question, a.standalone)}
    cited = {c.article for c in answer.citations if c.n}
    found: list[str] = []
    tries = 0
    for candidate in _after(assistant, question, answer):
        asked = assistant.parse(candidate)
        if asked.tokens in known:
            continue
        if tries == _ASKED_AFTER or len(found) == count:
            break
        known.add(asked.tokens)
        tries += 1
        then = _asked(assistant, asked, conversation)
        if candidate == _text("then"):
            good = then is not None and any(c.short and c.article in cited for c in then.citations)
        else:
            good = _holds(asked, then)
        if good:
            found.append(candidate)
    return found


def _sample(library: Library, chance: random.Random) -> Iterator[Article]:
    """Articles of as many sources as there are, one of each in turn."""
    sources = [source for source, _ in by_source(library)]
    chance.shuffle(sources)
    sources = sources[:_SAMPLE]
    share = -(-_SAMPLE // max(1, len(sources)))
    chosen = []
    for source in sources:
        held = ids(library, source)
        chosen.append(chance.sample(held, min(share, len(held))))
    for turn in range(share):
        for of_one in chosen:
            if turn < len(of_one) and (article := library.article(of_one[turn])):
                yield article


def _questions(article: Article) -> Iterator[str]:
    """What can be asked of an article, best first."""
    if named := event(article.title):
        yield _text("when_her" if has_feminine_head(named) else "when", event=named)
    yield from _of_speakers(article)


def _of_speakers(article: Article) -> Iterator[str]:
    """A question for what each person or body of the article says."""
    text = article.text[:_READ]
    seen: set[str] = set()
    for start, end in sentences(text):
        sentence = text[start:end]
        if end - start not in _QUOTED:
            continue
        name, feminine = short_name(speaker(sentence)), is_feminine(sentence)
        if name and name not in seen and feminine is not None:
            seen.add(name)
            yield _text("said_by_her" if feminine else "said", name=name)


def _after(assistant: Assistant, question: Question, answer: Answer) -> Iterator[str]:
    """What may be asked after an answer, a topic and a speaker in turn."""
    supported = [c for c in answer.citations if c.n and c.verdict == "supported"]
    articles = [assistant.library.article(id_) for id_ in list(dict.fromkeys(c.article for c in supported))[:_CITED]]
    others = [q for article in articles if article for q in _of_speakers(article)]
    about: list[str] = []
    if question.type == "speech":
        said = set(question.speaker.split())
        others = [q for q in others if not said & set(words(q))]
        if not question.has_subject:
            found = [*dict.fromkeys(topic for c in supported for topic in topics(c.quote)), *_countries(supported)]
            about = [
                _text("about", question=unmarked(question.text), topic=topic)
                for topic in found
                if not said & set(words(topic))
            ]
    elif question.type in _EVENTS:
        about = [_text("then")]
    for i in range(max(len(others), len(about))):
        yield from about[i : i + 1]
        yield from others[i : i + 1]


def _countries(citations: Sequence[Citation]) -> list[str]:
    """The countries that several statements name, the most named first, else one; none is the speaker's own."""
    own = frozenset[str]().union(*(country(word) for c in citations for word in words(speaker(c.quote))))
    named = Counter(name for c in citations for name in sorted(countries(c.quote)))
    foreign = [name for name, _ in named.most_common() if fold(name) not in own]
    return [name for name in foreign if named[name] > 1] or foreign[:1]


def _asked(assistant: Assistant, question: Question, history: Sequence[Answer] = ()) -> Answer | None:
    try:
        *_, answer = assistant.ask(question, history=history, quoted=True)
    except RagError:
        return None
    return answer


def _holds(question: Question, answer: Answer | None) -> bool:
    """Whether an answer is a plain one: its statements supported and of the whole name, its date found."""
    if answer is None or answer.status != "answered" or not answer.citations:
        return False
    if question.type == "when" and not answer.citations[0].short:
        return False
    name = set(question.speaker.split())
    if name and not any(name <= set(words(c.quote)) for c in answer.citations):
        return False
    return all(c.verdict == "supported" for c in answer.citations) and len(answer.citations[0].quote) in _QUOTED


def _text(template: str, **fields: str) -> str:
    return Template(_texts()[template]).substitute(fields)


@cache
def _texts() -> dict[str, str]:
    path = prompts.folder() / "suggestions.ar.json"
    try:
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise InputError(f"{path} cannot be read ({e}); expected JSON; restore the file") from e
    return found
