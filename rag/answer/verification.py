"""Whether a sentence of a passage says what a claim says.

Each content word of the claim must stand in the sentence: to the letter, in another form or spelling, as a translation, or as
a word that the shipped embedder finds near; each number beside what it counts. Then nothing may be denied that is affirmed, no
quotation changed, no speaker, and no two words exchanged that a verb or a preposition tells apart.

Does not know: what follows without being said (a king rules, a collision is an accident); a verb more about the same deed
(«قرر رفع» for «رفع»); English words that the shipped table lacks, or names that are two words in Arabic ("Ramallah"). Such
claims are marked unsupported. A role swap of two statements far from each other, or with a masculine verb between its two
names, may pass.
"""

from __future__ import annotations

from itertools import pairwise

from rag.answer.clauses import Clause, clause, split
from rag.answer.lexicon import UNIT_NEAR, Lexicon, Likeness, Near
from rag.arabic import find, has_arabic, sentences
from rag.arabic.rules.forms import (
    CLAUSE,
    IN,
    LIGHT,
    PERSONS,
    TIMES,
    YEARS,
    begins_statement,
    compares,
    is_content,
    is_dual,
    is_object,
    is_verb,
    marker,
    refers_back,
)
from rag.arabic.rules.names import Name
from rag.arabic.rules.numerals import PERCENT, Amount, tokens
from rag.arabic.rules.polarity import VERBATIM, contradicts, denied_places, denies, quotations
from rag.arabic.rules.reported_speech import speaker
from rag.arabic.text.sentences import BETWEEN_CELLS
from rag.query.translation import Translator

_TOPIC = 7
"""Words at a passage's beginning that name what it is about."""
_GAP = 4
"""Words from one to another between which a third one is exchanged."""
_LEAST = 0.6
"""Share of the claim's words and amounts below which a sentence is not looked at closely."""


class ClaimVerifier:
    """Compares claims with passages; embedder and translator are the shipped ones, for which the bounds were measured."""

    def __init__(self, embedder: Likeness, translator: Translator) -> None:
        self._lexicon = Lexicon(embedder, translator)

    def best(self, claim: str, text: str, title: str = "") -> tuple[bool, float, int, int]:
        """Whether a passage's text supports the claim; the share of it that its evidence holds, and where that stands.

        The evidence is a sentence; of a claim of two statements, two that stand side by side.
        """
        spans, wholes, listed = split(text)
        said = clause(claim)
        compared = _Comparison(self._lexicon, self._lexicon.near(said, wholes))
        topic = (*tokens(title), *(listed[0][0].tokens[:_TOPIC] if listed else ()))
        named = compared.held(said, clause(" ".join(topic)))
        held = [compared.held(said, whole) | named for whole in wholes]
        parts = max(1, len(said.content) + len(said.amounts))
        best = (False, -1.0, 0), 0, 0
        for i, (start, _) in enumerate(spans):
            for j in range(i, min(i + 2, len(spans))):
                end = spans[j][1]
                share = round(len(held[i] | held[j]) / parts, 2)
                if best[0] >= (True, share, start - end):
                    continue
                clauses = [part_clause for part in listed[i : j + 1] for part_clause in part]
                whole = wholes[i] if i == j else clause(text[start:end])
                supported = share >= _LEAST and compared.says(said, whole, clauses, topic, text[:start])
                best = max(best, ((supported, share, start - end), start, end), key=lambda one: one[0])
        (supported, share, _), start, end = best
        return supported, share, start, end


class _Comparison:
    """Of a claim and a passage; near: what is like the claim's words in it."""

    def __init__(self, lexicon: Lexicon, near: Near) -> None:
        self._lexicon, self._near = lexicon, near

    def says(self, said: Clause, whole: Clause, clauses: list[Clause], topic: tuple[str, ...], before: str) -> bool:
        """Whether one clause says all of the claim, or one each of its two statements."""
        if not all(find(quoted, whole.raw) for quoted in quotations(said.raw)):
            return False
        said = clause(VERBATIM.sub("«»", said.raw))
        if not _same_speaker(said.raw, whole.raw, before):
            return False
        if _bare(said) == _bare(whole):
            return True
        told = _told_by(said.raw, before + whole.raw)
        if len(said.amounts) > 1 and BETWEEN_CELLS in whole.raw:  # a claim about several cells of a row
            clauses = [*clauses, whole]
        half = (len(said.content) + len(said.amounts) + 1) // 2
        if any(self._supports(said, quote, (*topic, *told), half) for quote in clauses):
            return True
        for cut in CLAUSE.finditer(said.raw):
            parts = [clause(said.raw[: cut.start()]), clause(said.raw[cut.end() :])]
            if min(len(part.content) + len(part.amounts) for part in parts) < 2:
                continue
            held = [
                {i for i, quote in enumerate(clauses) if self._supports(part, quote, (*topic, *told), 2)}
                for part in parts
            ]
            if all(held) and len(held[0] | held[1]) > 1:
                return True
        return False

    def _supports(self, said: Clause, quote: Clause, topic: tuple[str, ...], least: int) -> bool:
        """Whether a clause holds every word and amount of a statement, `least` of them itself, and nothing against it."""
        context = clause(" ".join(topic) if refers_back(quote.raw) else "")
        places: dict[int, int] = {}
        aligned = self._aligned(said, quote)
        for i in said.content:
            if found := aligned.get(i):
                places[i] = found[0] if len(found) == 1 else min(found, key=lambda j: abs(j - _expected(places, i, j)))
            elif said.tokens[i] not in PERSONS and not (
                self._lexicon.places(said, i, context) and not _acted_on(said, i, quote)
            ):
                return False
        return (
            len(places) + len({a.name for a in said.amounts} & {a.name for a in quote.amounts}) >= least
            and not _put_in(said, quote, places)
            and self._one_statement(said, quote, places)
            and all(self._counts(said, amount, quote) or _titled(said, amount, context) for amount in said.amounts)
            and _dated(said, quote)
            and not self._contradicts(said, quote, places)
            and not self._exchanged(said, quote, places)
        )

    def _aligned(self, said: Clause, quote: Clause) -> dict[int, list[int]]:
        """For each content word of the claim that a text holds, where it stands there.

        A word that only means about the same stands for a word that no other one of the claim is: what is near to a name is
        often the country or the prize beside it.
        """
        found = {i: places for i in said.content if (places := self._lexicon.places(said, i, quote))}
        taken = {j for places in found.values() for j in places}
        free = [j for j in quote.content if j not in taken]
        for i in said.content:
            word = said.tokens[i]
            near = self._near.get(word)
            if i in found or not near or not free or (word.isascii() and has_arabic(said.raw)):
                continue  # a Latin word in an Arabic claim is a name
            score, best = max((near.get(quote.tokens[j], 0.0), -j) for j in free)
            if score >= self._lexicon.least(word, word in said.names, quote.tokens[-best]):
                found[i] = [-best]
        return found

    def held(self, said: Clause, quote: Clause) -> set[int]:
        """The places in a claim of the content words and amounts that a text holds."""
        names = {amount.name for amount in quote.amounts}
        return set(self._aligned(said, quote)) | {amount.first for amount in said.amounts if amount.name in names}

    def _counts(self, said: Clause, amount: Amount, quote: Clause) -> bool:
        """Whether the text has an amount beside what it counts in the claim."""
        same = [quote.near(other) for other in quote.amounts if other.name == amount.name]
        following, before = said.near(amount)
        counted = next((t for t in following[:1] if t in YEARS or t == PERCENT or amount.after in said.content), "")
        if not same:
            if amount.name != "2" or not counted:
                return False
            return any(is_dual(quote.tokens[j]) for j in self._lexicon.places(said, amount.after, quote))
        if not amount.name[0].isdigit():
            return True
        led = said.tokens[amount.first - 1] if amount.first else ""
        leading = {quote.tokens[other.first - 1]: other.name == amount.name for other in quote.amounts if other.first}
        if not leading.get(led, True) and led not in LIGHT and led != IN:
            return False
        near = [word for after, words_before in same for word in (*after, *words_before)]
        if counted and counted not in PERSONS:
            return any(self._alike(counted, word) for word in near)
        others = [quote.near(other) for other in quote.amounts if other.name != amount.name]
        wrong = [word for after, words_before in others for word in (*after, *words_before[:2])]
        for word in before:  # the nearest one that tells the amount from others decides
            right, other = (any(self._alike(word, beside) for beside in words_beside) for words_beside in (near, wrong))
            if right != other:
                return right
        return True

    def _alike(self, word: str, other: str) -> bool:
        if PERCENT in (word, other) or not other:
            return word == other
        return (
            bool(self._lexicon.keys(word, False) & self._lexicon.keys(other, False))
            or self._near.get(word, {}).get(other, 0.0) >= UNIT_NEAR
        )

    def _contradicts(self, said: Clause, quote: Clause, places: dict[int, int]) -> bool:
        """Whether one of both denies what the other affirms, the words of the claim taken for those of the text."""
        across = has_arabic(said.raw) != has_arabic(quote.raw)
        if not across and contradicts(said.raw, quote.raw):
            return True
        denied = denied_places(quote.tokens)
        if not denies(said.raw) and any(
            j in denied and quote.tokens.count(quote.tokens[j]) == 1 for j in places.values()
        ):
            return True
        put = [quote.tokens[places[i]] if i in places else token for i, token in enumerate(said.tokens)]
        return contradicts(" ".join(put), quote.raw, across)

    def _one_statement(self, said: Clause, quote: Clause, places: dict[int, int]) -> bool:
        """Whether no verb that the claim leaves out parts what it takes from the text («ولد في …، وتوفي في روما»)."""
        names = [amount.name for amount in quote.amounts]
        taken = {*places.values()} | {
            amount.first
            for amount in quote.amounts
            for own in said.amounts
            if own.name == amount.name and names.count(own.name) == 1
        }
        return not any(
            begins_statement(token) and j not in taken and min(taken, default=j) < j < max(taken, default=j)
            for j, token in enumerate(quote.tokens)
        )

    def _exchanged(self, said: Clause, quote: Clause, places: dict[int, int]) -> bool:
        """Whether two words have changed places: about their verb, or under their prepositions."""
        order = sorted(places)
        for n, v in enumerate(order):
            if compares(said.tokens, v) and any(
                places[y] < places[v] < places[x] for x in order[:n] for y in order[n + 1 :]
            ):
                return True
        arabic, across = has_arabic(said.raw), has_arabic(said.raw) != has_arabic(quote.raw)
        for n, x in enumerate(order):
            for m, y in enumerate(order[n + 1 :], n + 1):
                at_x, at_y = places[x], places[y]
                claimed, written = _markers(said, x, y), _markers(quote, at_x, at_y)
                if all((*claimed, *written)) and claimed[0] != claimed[1] and claimed == written[::-1]:
                    return True
                follows = n > 0 and said.content.index(x) == said.content.index(order[n - 1]) + 1
                if follows and not across and not claimed[0] and written[0] and places[order[n - 1]] < at_y < at_x:
                    return True
                if n and m > n + 1 and at_x != at_y:
                    before_x, before_y = places[order[n - 1]], places[order[m - 1]]
                    if before_x != before_y and (quote.preceding(at_x), quote.preceding(at_y)) == (before_y, before_x):
                        return True
                if claimed[0] or any(written) or claimed[1] not in ("", "by") or said.tokens[y] in TIMES:
                    continue
                subject, other = (at_x, at_y) if claimed[1] == "by" else (at_y, at_x)
                verbs = [order[n - 1]] if n and arabic else []
                if m == n + 2 and (not arabic or (not across and is_verb(said.tokens[order[n + 1]]))):
                    verbs.append(order[n + 1])
                if any(_acts(places[v], subject, other, has_arabic(quote.raw), across) for v in verbs):
                    return True
        return False


def _bare(text: Clause) -> list[str]:
    """The words and numbers of a text, without the marks between them."""
    return [token for token in text.tokens if token[0].isalnum() or token == PERCENT]


def _acts(verb: int, subject: int, other: int, arabic: bool, across: bool) -> bool:
    """Whether these places in a text are a verb's, its subject's and its object's."""
    return (arabic and 0 < subject - verb < 2 and 0 < other - subject <= 2) or (
        not (arabic and across) and 0 < verb - subject <= 2 and 0 < other - verb <= 2
    )


def _acted_on(said: Clause, i: int, quote: Clause) -> bool:
    """Whether a word stands behind a verb as who acts, for which the text has but a pronoun as who is acted on («لقبه وليم»)."""
    verbs = {said.tokens[j] for j in range(max(0, i - 3), i)}
    return any(
        is_object(token, verb) and following in said.tokens[i:]
        for token, following in pairwise(quote.tokens)
        for verb in verbs
    )


def _put_in(said: Clause, quote: Clause, places: dict[int, int]) -> bool:
    """Whether a word from elsewhere stands in the claim where the text has another one between the same two words."""
    if has_arabic(said.raw) != has_arabic(quote.raw):  # whose words stand in another order
        return False
    taken = {*places.values()}
    for before, i, after in zip(said.content, said.content[1:], said.content[2:], strict=False):
        if before not in places or after not in places:
            continue
        first, last = places[before], places[after]
        replaced = any(first < j < last and j not in taken for j in quote.content)
        if replaced and last - first <= _GAP and not first < places.get(i, -1) < last:
            return True
    return False


def _markers(text: Clause, x: int, y: int) -> tuple[str, str]:
    tokens = text.tokens
    return marker(tokens[x - 1] if x else "", tokens[x]), marker(tokens[y - 1] if y else "", tokens[y])


def _expected(places: dict[int, int], i: int, otherwise: int) -> int:
    """The place behind that of the word before."""
    return max((j for k, j in places.items() if k < i), default=otherwise) + 1


def _titled(said: Clause, amount: Amount, context: Clause) -> bool:
    """Whether an amount stands in the context behind the same word: «كارلوس الرابع»."""
    named = {context.tokens[other.first - 1] for other in context.amounts if other.first and other.name == amount.name}
    return (
        bool(named)
        and amount.first > 0
        and (said.tokens[amount.first - 1] in named or said.tokens[amount.first - 1] in said.names)
    )


def _dated(said: Clause, quote: Clause) -> bool:
    """Whether no day, month or year follows another one in the claim than in the text."""
    followed = {(a.name, b.name) for a, b in pairwise(quote.amounts) if a.after == b.first}
    for a, b in pairwise(said.amounts):
        if a.after == b.first and (a.name, b.name) not in followed and any(a.name == first for first, _ in followed):
            return False
    return True


def _told_by(claim: str, before: str) -> frozenset[str]:
    """The words of the one who says it, if they stand in the text so far."""
    said_by = tokens(speaker(claim))
    return frozenset(said_by) if set(said_by) <= set(tokens(before)) else frozenset()


def _same_speaker(claim: str, quote: str, before: str) -> bool:
    """Whether the quote names whom the claim says to have said it; where it names nobody, the two sentences before may."""
    said_by = [word for word in tokens(speaker(claim)) if is_content(word)]
    if not said_by:
        return True
    if not speaker(quote):
        quote = before[min((start for start, _ in sentences(before)[-2:]), default=0) :] + quote
    return any(Name(said_by[-1:]).stands_in(tokens(quote)))
