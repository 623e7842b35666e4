"""What a terminal is shown: nothing that steers it, whatever an article, a name or a model says."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from rag.cli.terminal import print_answer, visible
from rag.types import Answer, Article
from rag.ui.reading import details, name
from tests.conftest import ROOT, Rag

STEERING = "\x1b]0;owned\x07\x1b[2J\x9b31mقال\r\x08\x7f"


def test_control_characters_are_shown_as_symbols() -> None:
    assert visible(STEERING) == "␛]0;owned␇␛[2J\ufffd31mقال␍␈␡"
    assert visible("a\tb\nقال «نعم» 👍🏽\u200f") == "a\tb\nقال «نعم» 👍🏽\u200f"
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", visible("".join(map(chr, range(0x3000)))))


IDS = [
    "a.txt",
    "a\u200b.txt",
    "a\u00a0.txt",
    "a\u202etxt.\u202c",
    "\u2060a.txt",
    "مقال.txt",
    "مقال\u200c.txt",
]


def test_ids_that_look_the_same_are_told_apart(rag: Rag, tmp_path: Path) -> None:
    rows = [{"id": id_, "text": f"قال العقرب رقم {i} إن الواحة بعيدة."} for i, id_ in enumerate(IDS)]
    (tmp_path / "dump.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    rag("index", "dump.jsonl")
    listed = {line.split("\t")[0] for line in on_a_terminal(tmp_path / "home", "list").splitlines()}
    assert {"a.txt", "a⟨U+200B⟩.txt", "a⟨U+00A0⟩.txt", "⟨U+2060⟩a.txt", "مقال.txt", "مقال⟨U+200C⟩.txt"} <= listed
    assert {line.split("\t")[0] for line in rag("list").stdout.splitlines()} <= set(
        IDS
    )  # as they are, for other programs
    names = {name(id_, "") for id_ in IDS} | {details(Article(id_, "x", title="t")) for id_ in IDS}
    assert len(names) == 2 * len(IDS)
    assert not any(
        unicodedata.category(char) in ("Cf", "Cc", "Zs") and char != " " for shown in names for char in shown
    )


def on_a_terminal(home: Path, *arguments: str) -> str:
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "rag", *arguments]
    with subprocess.Popen(command, env={**os.environ, "RAG_HOME": str(home)}, cwd=ROOT, stdout=theirs, stderr=theirs):
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 65_536):
                said += part
        except OSError:  # the end of a terminal
            pass
    os.close(ours)
    return said.decode("utf-8", "replace").replace("\r\n", "\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty")
def test_commands_show_and_pipe_an_article_that_would_steer(rag: Rag, tmp_path: Path) -> None:
    text = f"قال العقرب الأزرق {STEERING} إن الواحة بعيدة."
    row = {"id": "x1", "title": "t\x1b[2Jitle", "source": "s\x9b2J", "text": text}
    (tmp_path / "dump.jsonl").write_text(json.dumps(row), "utf-8")
    rag("index", "dump.jsonl")
    home = tmp_path / "home"
    for command in (
        ["list"],
        ["show", "x1"],
        ["search", "العقرب الأزرق"],
        ["ask", "ماذا قال العقرب الأزرق؟"],
        ["list", "--json"],
    ):
        shown = on_a_terminal(home, *command)
        assert "x1" in shown or "العقرب" in shown, command
        others = re.sub(r"\x1b\[(\?25[hl]|2K)|\r", "", shown)  # without what the bar of progress does
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", others), command


def test_what_a_model_streams_is_shown_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    watched = Terminal()
    monkeypatch.setattr("sys.stdout", watched)
    parts = ["قال \x1b[2J", "قال \x1b[2Jنعم\x1b]0;x\x07"]
    answers = [Answer("؟", "answered", text, "llama", done=text == parts[-1]) for text in parts]
    print_answer(answers, "")
    assert "\x1b" not in watched.getvalue()
    assert "␛[2J" in watched.getvalue()
