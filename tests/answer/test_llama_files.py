"""What the writer `llama` says of files that are no model it can run."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.answer.llama import LlamaWriter
from rag.errors import ModelError
from tests.answer.conftest import ANSWER, Open
from tests.tiny_gguf import build


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be read"),
        (b"", r"begins with b''; expected b'GGUF'"),
        (b"<html><body>", r"begins with b'<htm'; expected b'GGUF'"),
        (b"GGUF", "version 0; expected 2 or 3"),
        (b"GGUF\x00\x00\x00\x03" + bytes(16), "little-endian"),
        (b"GGUF\x03\x00\x00\x00", "cannot be loaded"),
    ],
)
def test_a_file_that_is_no_model_is_named(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    path = tmp_path / "x.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=complaint) as caught:
        LlamaWriter(path, 512, 16, 1, 0)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "RAG_MODEL" in str(caught.value)


@pytest.mark.parametrize("part", [0.05, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_model_is_an_error_that_says_why(tmp_path: Path, part: float) -> None:
    path = build(tmp_path / "x.gguf", ANSWER)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(ModelError, match=r"x\.gguf cannot be loaded \(.+\); expected a whole model"):
        LlamaWriter(path, 512, 16, 1, 0)


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        ({"architecture": "nosuch"}, "nosuch"),
        ({"template": "{% if %}"}, "Expected an expression"),
        ({"template": "{{ raise_exception('never') }}"}, "never"),
    ],
)
def test_a_model_that_cannot_be_used_says_why(opened: Open, model: dict[str, str], complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        opened(**model)


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        LlamaWriter(tmp_path, 512, 16, 1, 0)
