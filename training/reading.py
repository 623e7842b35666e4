"""What the reader is trained on: questions with passages that answer them and, more of them, passages that do not.

ARCD train and XQuAD, each in Arabic and as far as it is there in English, and questions made by rule from Wikipedia
(`training.cloze`). A passage that does not answer is one that the program's own search finds: the rest of the article, and others;
never one that holds the answer's words.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from random import Random

from datasets.reading import Asked, arcd, contexts, in_english, questions_of
from datasets.rows import rows
from rag import wiring
from rag.arabic import find, sentences
from rag.arabic.lexicon import spelled, words_of
from rag.arabic.text.folding import fold
from rag.search.rankers import Language
from rag.settings import load_settings
from rag.types import Article, Passage
from training.alike import Alike, another_number
from training.cloze import Gazetteer, made_of

FOUND = 16
"""Passages that search gives for a question, from which those are taken that do not answer."""
PASSAGES, WRONG = 6, 8
"""Of these, the first that hold no answer; and sentences of them and of the right passage that are kept as wrong ones."""
_SHORT = 8
"""Words that are added to a sentence's, lest a short one seem to share much."""
EXCHANGED = 3
"""Words of a question that are exchanged, each in a form of its own."""
MADE = 2400
"""Questions that are made of Wikipedia, each of another article."""
_HELD_OUT = 5
"""Every fifth title of a set is kept from training."""
_SLIPS = (("ة", "ه"), ("ى", "ي"), ("أ", "ا"), ("إ", "ا"), ("ؤ", "و"), ("ئ", "ي"), ("ذ", "د"), ("ظ", "ض"))
"""What people write instead of a letter."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence as it is read, what stands before it (its article's title, the sentence before), and where it answers; None where it
    does not."""

    before: str
    sentence: str
    answer: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A question with a sentence that answers it and others, which do not, the likeliest first. kind: "arcd", "xquad" or "wiki".

    altered: the question with a word, a name or a number exchanged for another of its kind, so that nothing answers it. alike: the
    right sentence with a word exchanged that the question asks for, so that it tells of something else.
    """

    kind: str
    title: str
    question: str
    altered: tuple[str, ...]
    right: Candidate
    alike: tuple[Candidate, ...]
    wrong: tuple[Candidate, ...]
    held_out: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question of an article; place: where the answer stands, for a question that was made of it."""

    kind: str
    title: str
    question: str
    article: Article
    answers: tuple[str, ...]
    place: tuple[int, int] | None = None


def asked_by_people(data: Path) -> dict[Language, list[tuple[str, Asked]]]:
    """The questions of ARCD train and XQuAD, in Arabic and as far as they are there in English, each with its set."""
    train = arcd(data, "train")
    return {
        "arabic": [("arcd", one) for one in train] + [("xquad", one) for one in _xquad(data, "question")],
        "translated": [("arcd", one) for one in in_english(train)]
        + [("xquad", one) for one in _xquad(data, "question_en")],
    }


def held_out(asked: Iterable[tuple[str, Asked]]) -> set[tuple[str, str]]:
    """The titles, each with its set, that are kept from training: every fifth."""
    titles = dict.fromkeys((kind, one.title) for kind, one in asked)
    return set(list(titles)[::_HELD_OUT])


def examples(data: Path, seed: int) -> Iterator[Example]:
    """All examples, from the folder of the data, always the same for one seed."""
    people = asked_by_people(data)
    article_of = contexts([one for _, one in people["arabic"]])
    asked = [
        _Asked(kind, one.title, one.question, article_of[one.context], one.answers)
        for listed in people.values()
        for kind, one in listed
    ]
    random = Random(seed)
    wiki = [Article(row["id"], row["text"], row["title"]) for row in rows(data / "arwiki.jsonl.zst")]
    gazetteer = Gazetteer(wiki)
    for article in random.sample(wiki, len(wiki)):
        if made := made_of(article, gazetteer, random):
            kind = random.choice(sorted({one.kind for one in made}))
            one = random.choice([one for one in made if one.kind == kind])
            answer = article.text[one.start : one.end]
            asked.append(_Asked("wiki", article.title, one.question, article, (answer,), (one.start, one.end)))
            if len(asked) == MADE + sum(map(len, people.values())):
                break
    kept = held_out(people["arabic"])
    alike = Alike((article.text for article in wiki), seed)
    for example in _with_passages([*article_of.values(), *wiki], asked, gazetteer, alike, random):
        yield replace(example, held_out=(example.kind, example.title) in kept)


def _xquad(data: Path, question: str) -> Iterator[Asked]:
    path = data / "xquad_ar.jsonl"
    for one, row in zip(questions_of(path), rows(path), strict=True):
        yield replace(one, question=row[question])


def _with_passages(
    articles: Sequence[Article], asked: Sequence[_Asked], gazetteer: Gazetteer, alike: Alike, random: Random
) -> Iterator[Example]:
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(home=home, embedder="", reranker="")
        with wiring.open_library(settings) as library:
            library.add(articles)
            retriever = wiring.open_retriever(settings, library, wiring.shipped_embedder())
            parser = wiring.shipped_parser()
            for one in asked:
                right = _right(library.passages_of(one.article.id), one)
                if right is None:
                    continue
                answers = [fold(answer) for answer in one.answers]
                found = [hit.passage for hit in retriever.search(parser.parse(one.question), FOUND)]
                passage, answer = right
                own = candidates(passage.title, passage.text, answer)
                others = [p for p in found if p.id != passage.id and not any(a in fold(p.text) for a in answers)]
                listed = [*own, *(c for p in others[:PASSAGES] for c in candidates(p.title, p.text))]
                (held,) = [c for c in listed if c.answer]
                wrong = wrong_ones(one.question, listed, answers)
                exchanged = [*islice(alike.exchanged(one.question, held.sentence, random), EXCHANGED)]
                altered = *_altered(one.question, gazetteer, random), *(question for question, _ in exchanged)
                others_alike = (Candidate(held.before, sentence) for _, sentence in exchanged)
                yield Example(one.kind, one.title, one.question, altered, held, tuple(others_alike), wrong)


def _right(own: Sequence[Passage], one: _Asked) -> tuple[Passage, tuple[int, int]] | None:
    """The first passage of an article that holds an answer, and where; None where none does."""
    for passage in own:
        if one.place:
            start, end = (place - passage.start for place in one.place)
            if start >= 0 and end <= len(passage.text):
                return passage, (start, end)
        elif span := next(filter(None, (find(answer, passage.text) for answer in one.answers)), None):
            return passage, span
    return None


def candidates(title: str, text: str, answer: tuple[int, int] | None = None) -> list[Candidate]:
    """The sentences of a passage; answer: where in its text it answers."""
    found, before = [], title
    for start, end in sentences(text):
        held = answer is not None and start <= answer[0] < end
        found.append(
            Candidate(
                before, text[start:end], (answer[0] - start, min(answer[1], end) - start) if answer and held else None
            )
        )
        before = f"{title}\n{text[start:end]}" if title else text[start:end]
    return found


def wrong_ones(question: str, found: Iterable[Candidate], answers: Sequence[str]) -> tuple[Candidate, ...]:
    """Those that share most words with the question, of all that hold no answer."""
    asked = _stems(question)

    def shared(one: Candidate) -> float:
        said = _stems(one.sentence)
        return len(asked & said) / math.sqrt(len(said) + _SHORT)

    wrong = [one for one in found if one.answer is None and not any(answer in fold(one.sentence) for answer in answers)]
    return tuple(sorted({one.sentence: one for one in wrong}.values(), key=shared, reverse=True)[:WRONG])


def _stems(text: str) -> set[str]:
    return {word.removeprefix("و").removeprefix("ال")[:4] for word in fold(text).split() if len(word) > 2}


def _altered(question: str, gazetteer: Gazetteer, random: Random) -> Iterator[str]:
    """The question with another title in the place of one that it mentions, or with another number, if it has any."""
    if found := list(gazetteer.mentions(question)):
        start, end, kind = random.choice(found)
        yield question[:start] + gazetteer.another(kind, random) + question[end:]
    elif numbers := list(re.finditer(r"\d+", question)):
        number = random.choice(numbers)
        yield f"{question[: number.start()]}{another_number(int(number[0]), random)}{question[number.end() :]}"


def respelt(question: str, random: Random) -> str:
    """The question as somebody may type it: in dialect, with letters confused, without its mark, or with one letter left out."""
    words = question.rstrip("؟?").split()
    for asks in ("where", "when", "many", "why", "who"):
        standard = words_of("question_words", asks=asks, variety="standard")
        if words and fold(words[0]) in standard and random.random() < 0.5:
            words[0] = random.choice(spelled("question_words", asks=asks, variety="dialect"))
    text = " ".join(words)
    for written, slip in _SLIPS:
        if random.random() < 0.5:
            text = text.replace(written, slip)
    if random.random() < 0.3:
        place = random.randrange(max(1, len(text)))
        text = text[:place] + text[place + 1 :]
    return text
