"""What a named speaker says, across the archive («ماذا قال تشوركين؟»): sentences in which the name says something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.answer.repeats import without_repetitions
from rag.arabic.rules.direct_speech import Statement, statement
from rag.arabic.rules.names import Name, is_definite
from rag.arabic.rules.reported_speech import goes_on, say, speaker, spoken_to
from rag.arabic.text.letters import marked
from rag.arabic.text.quoting import without_trail
from rag.arabic.text.sentences import sentences_each
from rag.query.question import Question, QuestionParser
from rag.search.coverage import TermCoverage
from rag.search.retriever import Retriever
from rag.types import Evidence, Hit, Scope

STATEMENTS = 12
"""Statements of one speaker, at most."""
_OF_ONE_ARTICLE = 4
"""Of them from one article."""
_PASSAGES = 50
"""Passages found for the name in which its statements are looked for."""
_TOUCHES = 0.3
"""Coverage of a subject in an article from which what is said there may be about it."""


class StatementFinder:
    """Looks a speaker up by name in the passages that the retriever finds for it."""

    def __init__(self, retriever: Retriever, parser: QuestionParser) -> None:
        self._retriever, self._parser = retriever, parser

    def find(self, question: Question, scope: Scope) -> list[Evidence]:
        """The statements of `question.speaker`, article by article, at most STATEMENTS.

        The newest articles come first; where the question names a subject, those that fit it best, and none of an article that
        does not touch it. The whole name is looked for; if it is nowhere, all but the one who is spoken to («بوتين لبوش»),
        then its last word (the family name behind a title). Articles that give the whole name may go on with the last word.
        """
        named = self._parser.parse(question.speaker)
        asked = self._parser.parse(" ".join(question.subject)) if question.subject else named
        coverage = TermCoverage(asked.words, self._retriever.engine.idf)
        hits = self._retriever.search(named, _PASSAGES, scope)
        found: list[Evidence] = []
        for spelling in self._spellings(named):
            found = found or self._reports(question, coverage, spelling, hits)
        wanted = named.content
        if not found and len(wanted) > 1 and spoken_to(wanted[-1]):
            found = self._reports(question, coverage, wanted[:-1], hits)
        if len(wanted) > 1 and not is_definite(wanted[-1]):
            if found:
                articles = {evidence.passage.article for evidence in found}
                going_on = [hit for hit in hits if hit.passage.article in articles]
                found = without_repetitions([*found, *self._reports(question, coverage, wanted[-1:], going_on)])
            else:
                others = self._retriever.search(self._parser.parse(wanted[-1]), _PASSAGES, scope)
                found = self._reports(question, coverage, wanted[-1:], others)
        return _by_article(found, newest_first=not question.has_subject)

    def _spellings(self, named: Question) -> Iterator[list[str]]:
        """The words of a name; of an English one its spellings in Arabic, likeliest first."""
        name = (
            self._parser.parse(named.text.title()) if named.is_translated else named
        )  # capitals tell names from words
        content = [word for word in name.words if word.is_content]
        spelled = [[translation.forms[0] for translation in word.translations] or [word.text] for word in content]
        for i in range(max(map(len, spelled), default=0)):
            yield [spellings[min(i, len(spellings) - 1)] for spellings in spelled]

    def _reports(
        self, question: Question, coverage: TermCoverage, wanted: Sequence[str], hits: Sequence[Hit]
    ) -> list[Evidence]:
        """The statements of the name with the wanted words in these passages, best first, none twice.

        coverage: that of the subject, which scores them where the question names one.
        """
        sought = Name(wanted)
        said: dict[tuple[str, int, int], tuple[Hit, str, str, str]] = {}
        spans = sentences_each([hit.passage.text for hit in hits])
        placed = [(hit, start, end) for hit, found in zip(hits, spans, strict=True) for start, end in found]
        texts = [hit.passage.text[start:end] for hit, start, end in placed]
        says = say(texts, sought)
        by = _speakers(placed, texts, says, sought)
        for (hit, start, end), text, is_said, said_by in zip(placed, texts, says, by, strict=True):
            if is_said or said_by:
                offset = hit.passage.start
                place = hit.passage.article, offset + start, offset + end
                said.setdefault(place, (hit, text, said_by, "" if is_said else said_by))
        scores = [hit.score for hit, *_ in said.values()]
        if question.subject:
            own = coverage.shares(marked([text for _, text, *_ in said.values()]))
            around = coverage.shares(marked([hit.passage.text for hit, *_ in said.values()]))
            scores = [a + b for a, b in zip(own, around, strict=True)]
        ranked = sorted(zip(said.items(), scores, strict=True), key=lambda one: (not one[0][1][2], -one[1]))
        statements = [
            _evidence(hit, start, statement(text, sought, before), text, score)
            for ((_, start, _), (hit, text, _, before)), score in ranked
        ]
        if question.has_subject:
            fitting = {article for article, _, _ in said if self._touches(coverage, article)}
            statements = [evidence for evidence in statements if evidence.passage.article in fitting]
        return without_repetitions(statements)

    def _touches(self, coverage: TermCoverage, article_id: str) -> bool:
        """Whether an article has to do with what was asked."""
        article = self._retriever.library.article(article_id)
        if article is None:
            return False
        (share,) = coverage.shares(marked([f"{article.title} {article.text}"]))
        return share >= _TOUCHES


def _speakers(
    placed: Sequence[tuple[Hit, int, int]], texts: Sequence[str], says: Sequence[bool], sought: Name
) -> list[str]:
    """Of each sentence the words for the named one, where it says who speaks, or goes on with the sentence before it; else empty."""
    found: list[str] = []
    for i, text in enumerate(texts):
        follows = i > 0 and placed[i - 1][0] is placed[i][0]
        if says[i]:
            found.append(speaker(text, sought))
        else:
            found.append(found[-1] if follows and found[-1] and goes_on(text, texts[i - 1]) else "")
    return found


def _evidence(hit: Hit, start: int, said: Statement, sentence: str, score: float) -> Evidence:
    """A statement in a sentence, which begins at an offset."""
    quote = without_trail(sentence[said.start : said.end])
    begin = start + said.start
    return Evidence(hit.passage, begin, begin + len(quote), quote, score, said.speaker, said.voice)


def _by_article(ordered: Sequence[Evidence], newest_first: bool) -> list[Evidence]:
    """The best statements of each article side by side, articles with a date first where the newest are wanted first."""
    articles: dict[str, list[Evidence]] = {}
    for evidence in ordered:
        articles.setdefault(evidence.passage.article, []).append(evidence)
    groups = list(articles.values())
    if newest_first:
        groups.sort(key=lambda group: group[0].passage.date or "", reverse=True)
    return [evidence for group in groups for evidence in group[:_OF_ONE_ARTICLE]][:STATEMENTS]
