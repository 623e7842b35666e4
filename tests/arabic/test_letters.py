"""Words as arrays and as numbers are the words that folding gives, of any texts together."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.text.folding import fold, words
from rag.arabic.text.grams import Grams, word_grams
from rag.arabic.text.letters import Letters, mark, marked, unmarked
from rag.arabic.text.vocabulary import Vocabulary

LETTERS = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from("ألأمةـَ ,.#\ue000\ue001\x00\x01\x02İﻻﷺ😀𐤀\ud83d"))
)
TEXTS = st.lists(LETTERS, max_size=6)


def test_every_letter_is_folded_as_alone() -> None:
    codes = *range(0x10000), *range(0x10000, sys.maxunicode, 19)
    every = [f"ك{chr(code)}{chr(code)}ت" for code in codes]
    for start in range(0, len(every), 5000):
        texts = every[start : start + 5000]
        assert unmarked(marked(texts)) == list(map(words, texts))


@given(TEXTS)
def test_words_stand_where_folding_finds_them(texts: list[str]) -> None:
    letters = Letters(texts)
    found = [letters.spelled(np.arange(*letters.first[i : i + 2])) for i in range(len(texts))]
    assert found == list(map(words, texts))
    assert words(fold(" ".join(texts))) == words(" ".join(texts))


@given(TEXTS)
def test_texts_are_marked_together_as_alone(texts: list[str]) -> None:
    assert unmarked(marked(texts)) == list(map(words, texts))


def test_the_edges_of_words_are_marked() -> None:
    assert marked(["«القِمّة» 2015-07", "", "...", "قال"]) == ["#القمه#2015#07#", "#", "#", "#قال#"]
    assert mark(["قال", "في"]) == "#قال#في#"
    assert unmarked([mark([])]) == [[]]


def test_a_hash_is_of_the_letters_alone() -> None:
    letters = Letters(["قال الوزير إن", "لا", f"{'كلمة ' * 60_000} وقَال الوَزير"])  # beyond the powers that are kept
    last = len(letters.begins) - 1
    first = np.array([0, 1, last])
    assert len(set(letters.hashes(first, first).tolist())) == 2
    runs = letters.hashes(np.array([0, last - 1]), np.array([1, last]))
    assert runs[0] != runs[1]  # «وقال» is another word than «قال»
    assert letters.hashes(first[1:2], first[1:2]) == letters.hashes(first[2:], first[2:])


@given(st.lists(TEXTS, max_size=4))
def test_numbers_stand_for_words(calls: list[list[str]]) -> None:
    vocabulary, known = Vocabulary(), list[str]()
    for texts in calls:
        found = vocabulary.numbered(texts, len(known))
        assert found.known == len(known)
        known += found.new
        assert [known[number] for number in found.numbers] == words(" ".join(texts))
        assert found.counts.tolist() == [len(words(text)) for text in texts]
    assert len(known) == len(set(known))


def test_many_words_are_told_apart_and_forgotten_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.arabic.text.vocabulary.REMEMBERED", 1_000_000)
    vocabulary, known, forgotten = Vocabulary(), list[str](), 0
    for start in range(0, 300_000, 20_000):
        texts = [f"كلمة{start + i} ومنها{i}" for i in range(20_000)]
        found = vocabulary.numbered(texts, len(known))
        forgotten += found.known == 0
        known[found.known :] = found.new
        assert [known[number] for number in found.numbers] == " ".join(map(fold, texts)).split()
    assert 1 < forgotten < 10


@given(st.lists(TEXTS, max_size=3))
def test_grams_of_texts_together_are_those_of_their_words(calls: list[list[str]]) -> None:
    made = Grams()
    for texts in calls:
        expected = [" ".join(gram for word in words(text) for gram in word_grams(word)) for text in texts]
        assert made.spaced(texts) == expected


def test_who_was_interrupted_while_making_grams_makes_them_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made, texts = Grams(), ["قال الوزير", "إن الوزير"]
    expected = Grams().spaced(texts)
    made.spaced(["كلمة"])
    with monkeypatch.context() as patched:
        patched.setattr("rag.arabic.text.grams._grams_of", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            made.spaced(texts)
    assert made.spaced(texts) == expected


def _interrupted(_: str) -> tuple[str, ...]:
    raise KeyboardInterrupt
