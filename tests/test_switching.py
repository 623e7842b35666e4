"""Another writer or reranker while the program runs: who is writing finishes, and the choice outlives the program."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag import wiring
from rag.answer.assistant import Assistant
from rag.answer.llama import LlamaWriter
from rag.errors import InputError, ModelError
from rag.models import pulled, selection
from rag.settings import Settings, load_settings
from rag.types import Answer, Article
from tests.conftest import SEEDS, parsed
from tests.tiny_gguf import build
from tests.tiny_transformer import build_cross_encoder

QUESTION = "ماذا قال تشوركين عن حلب؟"
SAID = {
    "first.gguf": "أكد تشوركين أن المشروع ليست لديه «أي فرصة في النجاح» [1].",
    "second.gguf": "قال تشوركين إن المشروع ليست لديه «أي فرصة في النجاح» [1].",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with the seeds and two language models."""
    found = load_settings(home=tmp_path / "home", answer_tokens=100, threads=1)
    with wiring.open_library(found) as library:
        library.add([Article(p.name, p.read_text(encoding="utf-8")) for p in sorted(SEEDS.glob("*.txt"))])
    found.models_dir.mkdir()
    for name, said in SAID.items():
        build(found.models_dir / name, said, n_ctx=8192)
    return found


@pytest.fixture
def assistant(settings: Settings) -> Iterator[Assistant]:
    opened = wiring.open_assistant(settings)
    opened.notices.clear()  # of the indexes, which are new
    yield opened
    opened.switch(opened.quoting, opened.choice)  # closes the last model


def asked(assistant: Assistant) -> Answer:
    *_, answer = assistant.ask(parsed(QUESTION))
    return answer


def written(assistant: Assistant) -> Iterator[Answer]:
    """An answer whose first words are written."""
    answers = assistant.ask(parsed(QUESTION))
    next(answer for answer in answers if answer.text)
    return answers


def is_closed(writer: object) -> bool:
    assert isinstance(writer, LlamaWriter)
    return writer._llama is None


def test_the_next_question_goes_to_the_new_writer_and_the_old_one_is_freed(
    assistant: Assistant, settings: Settings
) -> None:
    assert (assistant.choice.why, asked(assistant).text) == ("found", SAID["first.gguf"])
    old = assistant.writer
    wiring.switch_writer(assistant, settings, "second.gguf")
    assert is_closed(old)
    assert (asked(assistant).text, asked(assistant).notice) == (SAID["second.gguf"], "")
    assert str(assistant.choice) == "second.gguf chosen in the models panel"
    old = assistant.writer
    wiring.switch_writer(assistant, settings, "quote")
    assert is_closed(old)
    assert asked(assistant).writer == "quote"


def test_who_is_being_answered_or_waits_finishes_on_the_old_writer(assistant: Assistant, settings: Settings) -> None:
    old, waited = assistant.writer, []
    running = written(assistant)
    waiting = threading.Thread(target=lambda: waited.append(asked(assistant)))
    waiting.start()
    while old.askers < 2:
        assert waiting.is_alive()
    wiring.switch_writer(assistant, settings, "second.gguf")
    assert asked(assistant).text == SAID["second.gguf"]
    assert not is_closed(old)
    *_, answer = running
    waiting.join(timeout=30)
    assert [(a.text, a.writer, a.notice) for a in (answer, *waited)] == [(SAID["first.gguf"], "llama", "")] * 2
    assert is_closed(old)


def test_who_leaves_in_the_middle_frees_the_old_writer_too(assistant: Assistant, settings: Settings) -> None:
    old, running = assistant.writer, written(assistant)
    wiring.switch_writer(assistant, settings, "quote")
    assert not is_closed(old)
    running.close()
    assert is_closed(old)


def test_a_writer_that_does_not_open_leaves_the_old_one(assistant: Assistant, settings: Settings) -> None:
    (settings.models_dir / "broken.gguf").write_bytes(b"GGUF\x03\x00\x00\x00")
    before = assistant.writer, assistant.choice
    for name, error, why in [
        ("broken.gguf", ModelError, "cannot be loaded"),
        ("poet", InputError, "here are: broken.gguf, first.gguf, second.gguf"),
        ("../first.gguf", InputError, "no language model here has the name"),
        ("balanced", InputError, "no language model here has the name"),
        ("", InputError, "no language model here has the name ''"),
        ("remote", InputError, "RAG_REMOTE_URL"),
    ]:
        with pytest.raises(error, match=why):
            wiring.switch_writer(assistant, settings, name)
    assert (assistant.writer, assistant.choice) == before
    assert asked(assistant).text == SAID["first.gguf"]
    assert not (settings.models_dir / "chosen").exists()


def test_what_was_wrong_with_the_old_model_is_no_more_said(settings: Settings) -> None:
    (settings.models_dir / "first.gguf").write_bytes(b"GGUF\x03\x00\x00\x00")
    assistant = wiring.open_assistant(settings)
    assert "cannot be loaded" in asked(assistant).notice
    wiring.switch_writer(assistant, settings, "second.gguf")
    assert "cannot be loaded" not in asked(assistant).notice
    assistant.switch(assistant.quoting, assistant.choice)


@pytest.mark.parametrize("name", ["second.gguf", "quote", "remote"])
def test_the_choice_is_remembered(assistant: Assistant, settings: Settings, name: str) -> None:
    settings = settings.model_copy(update={"remote_url": "http://127.0.0.1:9/v1", "remote_model": "qwen"})
    wiring.switch_writer(assistant, settings, name)
    writer, choice = wiring.open_writer(settings)
    assert (writer.name, choice) == (assistant.writer.name, assistant.choice)
    assert choice.why == "chosen"
    placed = selection.with_places(settings)
    assert (placed.writer, placed.model and placed.model.name) == {
        "second.gguf": ("auto", "second.gguf"),
        "quote": ("quote", "first.gguf"),
        "remote": ("remote", "first.gguf"),
    }[name]
    if isinstance(writer, LlamaWriter):
        writer.close()


def test_a_setting_goes_before_what_is_remembered(assistant: Assistant, settings: Settings) -> None:
    wiring.switch_writer(assistant, settings, "second.gguf")
    first = settings.model_copy(update={"model": settings.models_dir / "first.gguf"})
    assert selection.find_model(first) == first.model
    assert wiring.open_writer(settings.model_copy(update={"writer": "quote"}))[1].why == "asked"
    for set_ in (first, settings.model_copy(update={"writer": "quote"})):
        wiring.switch_writer(assistant, set_, "quote")  # until the program ends
    assert (settings.models_dir / "chosen").read_text() == "second.gguf\n"
    wiring.switch_writer(assistant, first, str(first.model))
    assert asked(assistant).text == SAID["first.gguf"]


@pytest.mark.parametrize("said", [b"gone.gguf\n", b"remote\n", b"\xff\xfe", b"", b"../../x.gguf", b"balanced\n"])
def test_where_what_is_remembered_is_gone_the_usual_choice_is_made(settings: Settings, said: bytes) -> None:
    (settings.models_dir / "chosen").write_bytes(said)
    writer, choice = wiring.open_writer(settings)
    assert (choice.why, choice.detail) == ("found", "first.gguf")
    assert isinstance(writer, LlamaWriter)
    writer.close()


def test_removing_the_chosen_model_forgets_it(assistant: Assistant, settings: Settings) -> None:
    wiring.switch_writer(assistant, settings, "second.gguf")
    pulled.remove("first.gguf", settings.models_dir)
    assert selection.find_model(settings).name == "second.gguf"
    pulled.remove("second.gguf", settings.models_dir)
    assert not (settings.models_dir / "chosen").exists()


def test_a_choice_that_cannot_be_written_down_holds_until_the_end(assistant: Assistant, settings: Settings) -> None:
    (settings.models_dir / "chosen").mkdir()
    with pytest.raises(ModelError, match="quote is used until the program ends"):
        wiring.switch_writer(assistant, settings, "quote")
    assert asked(assistant).writer == "quote"


def test_another_reranker(assistant: Assistant, settings: Settings) -> None:
    place = settings.models_dir / "mmarco"
    build_cross_encoder(place)
    record = pulled.Pulled("mmarco", "reranker", "cross-encoder/x", "1", "mit", 1, {})
    shipped, before = assistant.retriever.reranker, assistant.search(parsed(QUESTION), 5)
    with pytest.raises(InputError, match="no reranker here has the name 'mmarco'"):
        wiring.switch_reranker(assistant, settings, "mmarco")
    pulled.write(record, place)
    pulled.write(replace(record, name="bge-reranker-v2-m3"), settings.models_dir / "bge-reranker-v2-m3")
    (settings.models_dir / "bge-reranker-v2-m3").mkdir()
    with pytest.raises(ModelError, match="is not on this machine"):
        wiring.switch_reranker(assistant, settings, "bge-reranker-v2-m3")
    assert assistant.retriever.reranker is shipped
    wiring.switch_reranker(assistant, settings, "mmarco")
    assert (shipped.name, assistant.retriever.reranker.name) == ("shipped", str(place))
    assert [hit.score for hit in assistant.search(parsed(QUESTION), 5)] != [hit.score for hit in before]
    wiring.switch_reranker(assistant, settings, "shipped")
    assert assistant.search(parsed(QUESTION), 5) == before
