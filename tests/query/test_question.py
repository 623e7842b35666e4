"""A question is read once, and every room takes it as it was read."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer.assistant import Assistant
from rag.arabic import clean
from rag.arabic.text import folding
from rag.errors import InputError
from rag.query.question import LONGEST_QUESTION
from rag.settings import load_settings
from rag.types import Article
from rag.wiring import open_assistant, open_library
from tests.conftest import ROOT, parsed

PACKAGE = str(ROOT / "rag")
READINGS = {
    "rag/arabic/text/folding.py has_arabic",
    "rag/arabic/rules/reported_speech.py asked_speaker",
    "rag/arabic/rules/reported_speech.py names_subject",
    "rag/arabic/rules/words.py type_of",
    "rag/arabic/rules/attributes.py attribute_of",
}
"""What a question is read by."""
MOST_MOVES = 200


def test_the_fields_of_a_question() -> None:
    asked = parsed("  ماذا قال\u200f وزير الخارجية  الروسي سيرغي لافروف عن حلب؟ ")
    assert asked.text == "ماذا قال وزير الخارجية الروسي سيرغي لافروف عن حلب؟"
    assert (asked.language, asked.is_translated, asked.type) == ("ar", False, "speech")
    assert asked.speaker == "وزير الخارجيه الروسي سيرغي لافروف"
    assert (asked.subject, asked.has_subject) == (("حلب",), True)
    assert asked.tokens == tuple(folding.words(asked.text))
    assert asked.content == ("وزير", "الخارجيه", "الروسي", "سيرغي", "لافروف", "حلب")
    assert [word.text for word in asked.words] == list(asked.tokens)
    assert [word.text for word in asked.words if word.is_content] == list(asked.content)


def test_a_question_without_arabic_is_searched_by_its_content_words() -> None:
    asked = parsed("Where was Sergei Lavrov born?")
    assert (asked.language, asked.is_translated, asked.type, asked.speaker) == ("en", True, "where", "")
    assert [word.text for word in asked.words] == list(asked.content) == ["sergei", "lavrov", "born"]
    assert asked.tokens[:2] == ("where", "was")
    assert asked.attribute is not None
    assert asked.attribute.of_life


@given(
    st.text(st.sampled_from("ماذاقلعنكتيهأةؤ ؟?!.،«»\"'abcXYZ éß١2\u200f\u064b\n\ud83d中"), max_size=60)
    | st.text(max_size=80)
)
def test_any_text_is_read_or_refused_in_a_line(text: str) -> None:
    if not any(char.isalnum() for char in clean(text)):
        with pytest.raises(InputError, match="the question is empty"):
            parsed(text)
        return
    asked = parsed(text)
    assert asked.text == clean(text)
    assert set(asked.content) <= set(asked.tokens)
    assert {word.text for word in asked.words} <= set(asked.tokens)
    assert (asked.type == "speech") == bool(asked.speaker)
    assert parsed(asked.text) == asked


@pytest.mark.parametrize("text", ["", " \n", "؟!", "\u200f\u0000", "ـ" * 3, "م" * (LONGEST_QUESTION + 1)])
def test_what_cannot_be_asked(text: str) -> None:
    if any(char.isalnum() for char in text) and len(text) <= LONGEST_QUESTION:
        assert parsed(text).tokens == ()
    else:
        with pytest.raises(InputError):
            parsed(text)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    settings = load_settings(home=tmp_path_factory.mktemp("counted"), writer="quote")
    files = sorted((ROOT / "seeds").glob("*.txt"))
    with open_library(settings) as library:
        library.add([Article(path.name, path.read_text(encoding="utf-8"), source="seeds") for path in files])
    return open_assistant(settings)


class Calls:
    """Notes the calls of the program's functions while it is entered.

    read: how often each of READINGS was given the text. moves: calls from one file of the program to another.
    """

    def __init__(self, text: str) -> None:
        self._texts = {text, folding.fold(text)}
        self.read: Counter[str] = Counter()
        self.moves: Counter[tuple[str, str]] = Counter()

    def __enter__(self) -> Self:
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call" or not (file := frame.f_code.co_filename).startswith(PACKAGE):
            return
        name = f"{Path(file).relative_to(ROOT).as_posix()} {frame.f_code.co_name}"
        given_texts = {value for value in frame.f_locals.values() if isinstance(value, str)}
        if name in READINGS and given_texts & self._texts:
            self.read[name] += 1
        before = frame.f_back
        while before is not None and not before.f_code.co_filename.startswith(PACKAGE):
            before = before.f_back
        if before is not None and before.f_code.co_filename != file:
            self.moves[Path(before.f_code.co_filename).name, Path(file).name] += 1


@pytest.mark.parametrize("text", ["كم عدد سكان أبخازيا؟", "ماذا قال تشوركين؟", "من هو رئيس جورجيا؟", "Who is Lavrov?"])
def test_one_answer_reads_its_question_once(assistant: Assistant, text: str) -> None:
    with Calls(text) as calls:
        list(assistant.ask(assistant.parse(text)))
    assert calls.read
    assert set(calls.read.values()) == {1}, calls.read


@pytest.mark.parametrize("text", ["ماذا قال تشوركين؟", "من هو رئيس جورجيا؟", "كم عدد القتلى في حلب؟"])
def test_one_quoted_answer_moves_seldom_from_file_to_file(assistant: Assistant, text: str) -> None:
    list(assistant.ask(assistant.parse(text)))  # what is remembered between questions is there
    with Calls(text) as calls:
        list(assistant.ask(assistant.parse(text)))
    print(f"{calls.moves.total()} moves from file to file, most of them {calls.moves.most_common(5)}")
    assert calls.moves.total() <= MOST_MOVES, calls.moves.most_common()
