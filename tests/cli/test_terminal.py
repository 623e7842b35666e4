"""What `rag ask` prints while an answer is written."""

import sys

import pytest

from rag.cli.terminal import print_answer
from rag.types import Answer


def answer(text: str, notice: str = "", done: bool = False) -> Answer:
    return Answer("سؤال", "answered", text, "quote", notice=notice, done=done)


def test_an_answer_that_begins_anew_is_printed_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    notice = "repaired; llama failed (no memory); the answer is quoted"
    print_answer(
        [answer("قال"), answer("قال الو"), answer("«نعم»", notice), answer("«نعم» [1]", notice, done=True)], "repaired"
    )
    out, err = capsys.readouterr()
    assert out.strip() == "قال الو\n\n«نعم»\n\n«نعم» [1]"
    assert err.strip() == "rag: llama failed (no memory); the answer is quoted"


def test_what_was_told_is_not_told_again(capsys: pytest.CaptureFixture[str]) -> None:
    print_answer([answer("«نعم»", "repaired", done=True)], "repaired")
    assert capsys.readouterr() == ("«نعم»\n\n", "")
