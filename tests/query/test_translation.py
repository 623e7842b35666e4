"""English questions: their words in Arabic, and what the search makes of them."""

from pathlib import Path

import pytest

from rag import wiring
from rag.arabic.text.folding import fold
from rag.errors import ModelError
from rag.library import Library
from rag.query.translation import TABLE, Translator
from rag.search.embedding import SHIPPED
from rag.settings import load_settings
from rag.types import Article
from tests.conftest import parsed


def forms(word: str) -> set[str]:
    return {form for _, some in Translator(SHIPPED).translations(word, is_name=False) for form in some}


@pytest.mark.parametrize(
    ("word", "arabic"),
    [("wars", "حرب"), ("cities", "مدينة"), ("europe", "أوروبا"), ("population", "السكان"), ("moscow", "موسكو")],
)
def test_words_in_any_form_are_translated(word: str, arabic: str) -> None:
    assert fold(arabic) in forms(word)


def test_the_best_translation_counts_whole_and_others_less() -> None:
    weights = [weight for weight, _ in Translator(SHIPPED).translations("death", is_name=False)]
    assert weights[0] == 1
    assert weights == sorted(weights, reverse=True)


def test_only_content_words_of_an_english_question_count() -> None:
    found = parsed("Where did Churkin meet the French ambassador?")
    assert [word.text for word in found.words] == ["churkin", "meet", "french", "ambassador"]
    assert found.is_translated
    assert all(word.translations for word in found.words)


def test_names_and_unknown_words_are_spelled_too() -> None:
    paris, sea = parsed("Is Paris by the sea?").words
    assert len(paris.translations) > len(Translator(SHIPPED).translations("paris", is_name=False))
    assert len(sea.translations) == len(Translator(SHIPPED).translations("sea", is_name=False))
    assert Translator(SHIPPED).translations("kokoity", is_name=False)[0].weight == 1


@pytest.mark.parametrize(
    ("question", "content"),
    [
        ("What is Lavrov's plan?", ["lavrov", "plan"]),
        ("Why don't they agree?", ["agree"]),
        ("When did the U.S. leave?", ["leave"]),
    ],
)
def test_what_is_left_of_short_forms_is_no_content(question: str, content: list[str]) -> None:
    assert [word.text for word in parsed(question).words] == content


@pytest.mark.parametrize("name", ["Müller", "Škoda", "Łódź", "Øresund", "Straße"])
def test_names_of_letters_with_marks_are_spelled(name: str) -> None:
    (word,) = parsed(f"Who is {name}?").words
    assert word.translations


def test_a_long_word_and_capitals_are_taken() -> None:
    assert parsed("a" * 1999).words[0].translations == ()
    assert parsed("WHERE IS PARIS").words[-1].translations == parsed("where is paris").words[-1].translations


def test_an_arabic_question_is_itself_but_for_its_latin_words() -> None:
    plain = parsed("ماذا قال تشوركين؟")
    assert not plain.is_translated
    assert not any(word.translations for word in plain.words)
    mixed = parsed("ماذا قال Moscow؟").words[-1]
    assert mixed.text == "moscow"
    assert mixed.translations


def test_an_english_question_finds_names_and_words(tmp_path: Path, seeds: list[Article]) -> None:
    settings = load_settings(home=tmp_path)
    with Library(settings.index_dir / "library.sqlite") as library:
        library.add(seeds)
        retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
        for question, article in (
            ("When did the bishop Feofan visit Baghdad?", "003"),
            ("Which Caribbean country will receive a Russian fleet?", "000"),
        ):
            assert retriever.search(parsed(question), 1)[0].passage.article.startswith(article), question


@pytest.mark.parametrize("data", [None, b"", b"not gzip"])
def test_a_damaged_table_is_named(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / TABLE).write_bytes(data)
    with pytest.raises(ModelError, match="install the program again"):
        Translator(tmp_path).translations("war", is_name=False)
