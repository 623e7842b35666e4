"""What holds of any text whatever: nothing in rag.arabic fails on it, and every offset is exact. The fuzzers look for the text
of which it does not hold."""

from __future__ import annotations

import math
import re
from datetime import date

from rag.arabic import morphology
from rag.arabic.rules import (
    attributes,
    columns,
    dates,
    day_words,
    direct_speech,
    follow_ups,
    forms,
    names,
    numerals,
    places,
    polarity,
    reported_speech,
    speakers,
    varieties,
    words,
)
from rag.arabic.text import encodings, filenames, folding, presentation, quoting, scripts
from rag.arabic.text.sentences import sentences
from rag.library.splitting import passages

_LONE = re.compile("[\ud800-\udfff]")


def _unturned(char: str) -> str:
    """A bracket for any, since those are turned with the text."""
    return "(" if ord(char) in presentation._MIRROR else char


def check_text(text: str, other: str) -> None:
    """Looks at a text through all of rag.arabic; other: a question asked of it, or a claim made of it."""
    _folding(text, other)
    _spans(text)
    _numbers(text)
    _speech(text, other)
    _questions(text, other)
    for word in folding.words(text):
        _word(word)
    presentation.order_votes(text)
    assert not any("\ufe70" <= char <= "\ufefc" for char in presentation.plain(text))
    for right in (True, False):
        ordered = presentation.in_reading_order(list(text), right)
        assert sorted(map(_unturned, ordered)) == sorted(map(_unturned, text))
    presentation.joined(text, other)
    columns.fields_of([text, other], {"text": other})


def check_bytes(data: bytes) -> None:
    """Looks at bytes as a file's content and as a file's name."""
    encoding, text = encodings.encoding_of(data), encodings.decoded(data)
    if text is not None:
        assert not _LONE.search(text)
        assert encoding
    assert isinstance(filenames.readable(data), str)


def _folding(text: str, other: str) -> None:
    folded, offsets = folding.fold_with_offsets(text)
    assert folded == folding.fold(text)
    assert len(offsets) == len(folded)
    assert offsets == sorted(offsets)
    assert all(0 <= offset < len(text) for offset in offsets)
    assert folding.words(text) == folding._WORD.findall(folded)
    folding.clean(text)
    folding.undirected(text)
    if (span := folding.find(other, text)) is not None:
        assert folding.words(text[slice(*span)]) == folding.words(other)
    assert folding.fold(folding.fold(text)) == folding.fold(text)


def _spans(text: str) -> None:
    spans = sentences(text)
    after = 0
    for start, end in spans:
        assert after <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert not folding.words(text[after:start])
        wanted = folding.words(text[start:end])
        if wanted:
            found = folding.find(text[start:end], text)
            assert found is not None
            assert folding.words(text[slice(*found)]) == wanted
        after = end
    assert not folding.words(text[after:])
    parts = passages(text)
    if folding.words(text):
        assert parts
        assert {start for start, _ in parts} <= {start for start, _ in spans}
        assert {end for _, end in parts} <= {end for _, end in spans}
        assert set().union(*(range(*part) for part in parts)) >= set().union(*(range(*span) for span in spans))


def _numbers(text: str) -> None:
    tokens = numerals.tokens(text)
    after = 0
    for amount in numerals.amounts(tokens):
        assert after <= amount.first < amount.after <= len(tokens)
        after = amount.after
        if amount.name[0].isdigit():
            assert math.isfinite(float(amount.name)), amount.name
    if (iso := dates.iso_date(text)) is not None:
        assert date.fromisoformat((iso + "-01-01")[:10])


def _speech(text: str, other: str) -> None:
    name = names.Name(folding.words(other))
    said_by = reported_speech.speaker(text)
    assert said_by in text
    assert reported_speech.speaker(text, name) in text
    assert len(reported_speech.say([text, other], name)) == 2
    reported_speech.telling_verbs(text)
    speakers.short_name(said_by or text)
    speakers.is_feminine(text)
    speakers.has_feminine_head(text)
    assert all(word in text for topic in speakers.topics(text) for word in topic.split() if word in topic)
    speakers.unmarked(text)
    speakers.countries(text)
    speakers.event(text)
    polarity.quotations(text)
    polarity.denies(text)
    polarity.denied_places(folding.words(text))
    for across in (True, False):
        polarity.contradicts(other, text, across)
    assert "".join(text.split()) in "".join(quoting.quoted(text).split())
    assert text.startswith(quoting.without_trail(text))
    assert all(said in text for said, _ in day_words.days_meant(text, date(2015, 8, 11)))
    for given in (names.Name(folding.words(other)[:2]), names.Name([])):
        said = direct_speech.statement(text, given)
        assert 0 <= said.start <= said.end <= len(text)
    assert all(run in text for _, run in scripts.runs(text))
    scripts.given([text, other])


def _questions(text: str, question: str) -> None:
    folded, content = folding.fold(question), words.content_words(question)
    assert set(content) <= set(folding.words(question))
    attribute = attributes.attribute_of(content, folding.has_arabic(question), is_counted=True)
    assert attributes.speak_of(attribute, [text])[0] in (True, False, None)
    assert isinstance(words.type_of(folded), str)
    words.bare_words(text)
    reported_speech.asked_speaker(folded)
    reported_speech.names_subject(folded)
    place = reported_speech.lacks_speaker(question)
    assert place is None or 0 < place <= len(question)
    follow_ups.leans(question, folding.words(question), content)
    follow_ups.topic(question)
    follow_ups.without_and(question)
    follow_ups.standalone(question, text, question)
    varieties.variety(question)
    forms.refers_back(text)
    scripts.own(question)


def _word(word: str) -> None:
    places.country(word)
    places.country_named(word)
    names.is_definite(word)
    reported_speech.spoken_to(word)
    for looked in (forms.is_content, forms.begins_anew, forms.keys, forms.is_dual, forms.is_verb):
        looked(word)
    assert word in morphology.stems(word)
    assert morphology.readings(word)[0] == word
    assert all(word.endswith(reading) for reading in morphology.readings(word))
    for stemmed in (morphology.without_article, morphology.without_conjunction):
        assert word.endswith(stemmed(word))
    assert len(morphology.stem(word)) <= len(word)
    for looked in (morphology.skeletons, morphology.sounds):
        looked(word)
    morphology.consonants([word])
    forms.begins_statement(word)
    forms.is_object(word, word)
    forms.holds_glued(word, word)
    forms.marker(word, word)
    forms.compares([word, word], 0)
