"""What the log says, and what it never says unless it is asked to."""

import json
import logging
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag import logs
from tests.conftest import ROOT, Rag

MARKED = ("زمرداوي", "ياقوتستان", "QUARTZWORD", "TOPAZWORD")
"""Words of the article, of its title, of the question, and of what cannot be read."""
ARTICLE, TITLE, QUESTION, BROKEN = MARKED


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    row = {"id": "1", "title": f"أخبار {TITLE}", "text": f"قال الوزير {ARTICLE} إن ميزانية السنة أكبر من السابقة."}
    odd = {"id": "2", "text": "نص", "date": BROKEN}
    rows = [json.dumps(row, ensure_ascii=False), json.dumps(odd), f"{BROKEN} {{"]
    (tmp_path / "dump.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "table.csv").write_text(f"{BROKEN},b\n1,2\n", encoding="utf-8")
    return tmp_path


def events(stderr: str) -> list[dict[str, Any]]:
    """The rows of the log; the notes beside them are for people."""
    rows = [json.loads(line) for line in stderr.splitlines() if not line.startswith("rag: ")]
    assert all(list(row)[:3] == ["time", "level", "event"] and row["time"].endswith("+00:00") for row in rows)
    return rows


def logged(stderr: str) -> str:
    return "\n".join(line for line in stderr.splitlines() if not line.startswith("rag: "))


def commands(dump: Path) -> Iterator[tuple[list[str | Path], int]]:
    yield ["index", dump / "dump.jsonl", dump / "table.csv"], 2
    yield ["search", f"ماذا قال {ARTICLE} عن {QUESTION}؟"], 0
    yield ["ask", f"ماذا قال الوزير {ARTICLE}؟", "--writer", "quote", "--json"], 0
    yield ["ask", f"{QUESTION} " * 1000], 2
    yield ["search", QUESTION, "--source", QUESTION], 2


def test_it_is_quiet_unless_it_is_wanted(rag: Rag, dump: Path) -> None:
    for arguments, code in commands(dump):
        assert logged(rag(*arguments, code=code).stderr).strip() in ("", f"(quote: {ARTICLE})")


def test_no_text_is_in_it_at_any_level(rag: Rag, dump: Path) -> None:
    said = "".join(
        logged(rag("--log", "debug", *arguments, code=code).stderr) + "\n" for arguments, code in commands(dump)
    )
    assert [word for word in MARKED if word in said] == []
    rows = events(said)
    assert {"started", "articles added", "left out", "index caught up", "searched", "answered", "failed"} <= {
        row["event"] for row in rows
    }
    (added,) = [row for row in rows if row["event"] == "articles added"]
    assert (added["new"], added["replaced"], added["unchanged"]) == (2, 0, 0)
    left_out = [(Path(row["where"]).name, row["why"]) for row in rows if row["event"] == "left out"]
    assert left_out[0] == ("dump.jsonl: row 3", "is not JSON")
    assert left_out[1] == ("table.csv", "has no column of text in its first line,")
    (answered,) = [row for row in rows if row["event"] == "answered"]
    assert (answered["status"], answered["writer"], answered["citations"]) == ("answered", "quote", 1)
    assert [row["exit_code"] for row in rows if row["event"] == "failed"] == [2, 2]


def test_texts_are_in_it_where_they_are_wanted(rag: Rag, dump: Path) -> None:
    env = {"RAG_LOG": "info", "RAG_LOG_TEXTS": "1"}
    said = "".join(logged(rag(*arguments, code=code, **env).stderr) + "\n" for arguments, code in commands(dump))
    assert [word for word in (ARTICLE, QUESTION, BROKEN) if word not in said] == []
    assert [row["question"] for row in events(said) if row["event"] == "answered"] == [f"ماذا قال الوزير {ARTICLE}؟"]


def test_a_level_that_is_none_is_named(rag: Rag) -> None:
    assert "setting 'log' cannot be taken" in rag("list", code=2, RAG_LOG="loud").stderr
    assert "'off', 'info', 'debug'" in rag("--log", "loud", "list", code=2).stderr


def test_the_requests_of_the_chat(rag: Rag, dump: Path, tmp_path: Path) -> None:
    rag("index", dump / "dump.jsonl", code=2)
    environment = {**os.environ, "RAG_HOME": str(tmp_path / "home"), "RAG_LOG": "debug", "RAG_WRITER": "quote"}
    command = [sys.executable, "-m", "rag", "chat", "--port", "0", "--no-token"]
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as chat:
        try:
            assert chat.stdout
            url = chat.stdout.readline().split(" is at ")[1].split(";")[0]
            question = json.dumps({"question": f"ماذا قال الوزير {ARTICLE}؟ {QUESTION}"}).encode()
            asked = urllib.request.Request(f"{url}ui/ask", question, {"content-type": "application/json"})
            assert ARTICLE in urllib.request.urlopen(asked, timeout=120).read().decode()
            for path in (
                f"ui/library/list?search={QUESTION}",
                QUESTION,
                f"ui/turns/{urllib.parse.quote(ARTICLE)}/stop",
            ):
                try:
                    urllib.request.urlopen(url + path, timeout=120).read()
                except urllib.error.HTTPError as e:
                    e.close()
            rows = []
            assert chat.stderr
            while sum('"event": "request"' in row for row in rows) < 4:
                rows.append(chat.stderr.readline())
        finally:
            chat.terminate()
        rows += [row for row in chat.stderr if row.startswith("{")]
    assert [word for word in MARKED if word in "".join(rows)] == []
    requests = [row for row in map(json.loads, rows) if row["event"] == "request"]
    assert [(row["method"], row["route"], row["status"]) for row in requests] == [
        ("POST", "/ui/ask", 200),
        ("GET", "/ui/library/list", 200),
        ("GET", "none", 404),
        ("GET", "/ui/turns/…/stop", 404),
    ]


def test_an_exception_is_told_by_its_type_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    for texts in (False, True):
        logs.configure("info", texts)
        try:
            try:
                raise ValueError(QUESTION)
            except ValueError:
                logging.getLogger("rag.somewhere").exception("a question could not be answered: %s", QUESTION)
        finally:
            logs.configure("off", False)
        said = capsys.readouterr().err
        (row,) = events(said)
        assert (row["level"], row["error"], len(row["at"])) == ("error", "ValueError", 1)
        assert row["at"][0].startswith("test_logs.py:")
        assert (QUESTION in said) == texts
    logging.getLogger("rag.somewhere").info("quiet again")
    assert capsys.readouterr().err == ""
