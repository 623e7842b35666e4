"""Files whose content would fill the memory, read by a process of its own whose memory is measured: it stays flat, and the
file behind them goes in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rag.readers.readers import Unreadable, read
from rag.types import Article
from tests.conftest import ROOT

MEGABYTES = 350
"""Of which Python and the readers take some 50; the parsed values of the files below would take thousands."""
_READ = """
import json, re, sys
from itertools import islice
from pathlib import Path
from rag.readers.readers import read
items = [getattr(item, "why", "") or item.id for item in islice(read([Path(sys.argv[1])]), 100)]
print(json.dumps([int(re.search("VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]), items]))
"""
MANY, ZEROS = 10_000_000, 2 << 30


FILES: dict[str, tuple[bytes, bytes, bytes, str]] = {
    "array.json": (b"[", b"{},", b"{}]", "no text"),
    "row.json": (b'[{"a":[', b"{},", b"{}]}]", "holds .* values"),
    "members.json": (b'{"text":"a",', b'"b":[],', b'"c":1}', "holds .* values"),
    "nested.json": (b'[{"a":', b"[", b"", "nested too deeply"),
    "a.jsonl": (b'{"id":"1","text":"a","b":[', b"{},", b"{}]}", "holds .* values"),
    "nested.jsonl": (b'{"a":', b"[", b"", "holds .* values"),
    "wide.csv": (b"", b"ab,", b"text\n1,2\n", "first line of over"),
    "row.csv": (b"id,text\n", b"ab,", b"\n", "500,000 fields"),
    "quoted.csv": (b"id,text\n", b'ab,"\n",', b"", "500,000 fields"),
    "zeros.txt": (b"", b"", b"", "expected at most"),
    "zeros.md": (b"", b"", b"", "expected at most"),
    "zeros.json": (b"", b"", b"", "is not JSON"),
    "zeros.csv": (b"", b"", b"", "first line of over"),
    "zeros.jsonl": (b"", b"", b"", "longer than"),
    "signs.md": (b"", "[*كلمة_ ".encode(), b"", "signs.md"),
}
"""How each begins, goes on for MANY bytes, and ends, and what is said of it; what has nothing is zeros without end."""


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_the_memory_of_reading_is_bounded(tmp_path: Path, name: str) -> None:
    begins, again, ends, why = FILES[name]
    with (tmp_path / name).open("wb") as file:
        file.write(begins + again * (MANY // max(1, len(again))) + ends) if again else file.truncate(ZEROS)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    asked = [sys.executable, "-c", _READ, tmp_path / name]
    done = subprocess.run(asked, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    kilobytes, said = json.loads(done.stdout)
    assert kilobytes < MEGABYTES << 10
    assert any(re.search(why, item) for item in said), said


def test_rows_of_a_json_file_come_one_by_one_whatever_is_around_them(tmp_path: Path) -> None:
    rows = [{"id": str(i), "text": f"نص رقم {i} " + "كلمة " * (i * 997 % 5000), "n": i} for i in range(300)]
    texts = [json.dumps(row, ensure_ascii=bool(i % 2)) for i, row in enumerate(rows)]
    listed = " [\n" + " ,\r\n ".join(texts) + "]  \n"
    for whole in (
        listed,
        f'{{"count": 3, "of": {{"a": []}}, "rows": {listed}, "more": [1, 2]}}',
        "{" + ",".join(f'"{i}": {text}' for i, text in enumerate(texts)) + "}",
    ):
        (tmp_path / "a.json").write_text(whole, encoding="utf-16")
        found = list(read([tmp_path / "a.json"]))
        assert [(item.id, item.text) for item in found if isinstance(item, Article)] == [
            (row["id"], row["text"]) for row in rows
        ]
        (tmp_path / "a.json").write_text(whole[: len(whole) // 2], encoding="utf-8")
        *found, last = read([tmp_path / "a.json"])
        assert isinstance(last, Unreadable)
        assert "is not JSON" in last.why
        assert (len(found) > 0) == whole.lstrip().startswith("[")  # an object is understood when it was seen whole


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("[1, 2", "row 1: is a int"),
        ("[", "is not JSON"),
        ("[{},]", "row 1"),
        ("{,}", "is not JSON"),
        ('{"a"}', "is not JSON"),
        ('{"a": 1} x', "Extra data"),
        ('{"id": "1", "text": "نص"} {}', "Extra data"),
        ("12", "is a int"),
        ('"abc', "is not JSON"),
        ("{}", "no text"),
    ],
)
def test_broken_json_is_named(tmp_path: Path, data: str, why: str) -> None:
    (tmp_path / "a.json").write_text(data, encoding="utf-8")
    found = list(read([tmp_path / "a.json"]))
    assert found
    assert all(isinstance(item, Unreadable) for item in found if "Extra" not in why)
    assert any(why in str(item) for item in found), found
