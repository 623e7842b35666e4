"""From files to answers: the page of a citation, and articles that say nearly the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.conftest import ALEPPO, SEEDS, Rag
from tests.readers.pdf_files import drawn, pdf

PAGES = [
    ["أعلن المدرب عادل الصقر أن النادي الأزرق سيلعب مباراته القادمة يوم الخميس.", "وحضر اللقاء جمع من الصحفيين."],
    [],
    ["وذكرت سميرة الوادي أن زراعة القمح في الواحة بدأت سنة 1987.", "وبلغ المحصول ثلاثة أطنان."],
    ["وقال الطبيب نادر المرجان إن المستشفى الجديد يفتح أبوابه في الربيع."],
]


def book(path: Path) -> Path:
    path.write_bytes(pdf([drawn([line[::-1].replace("7891", "1987") for line in page]) for page in PAGES]))
    return path


def test_a_citation_says_the_page_of_its_evidence(rag: Rag, tmp_path: Path) -> None:
    rag("index", book(tmp_path / "book.pdf"))
    for question, held, page in (
        ("متى بدأت زراعة القمح في الواحة؟", "1987", 3),
        ("ماذا قال نادر المرجان؟", "الربيع", 4),
        ("ماذا أعلن عادل الصقر؟", "الخميس", 1),
    ):
        answer = json.loads(rag("ask", question, "--json", "--writer", "quote").stdout)
        first = answer["citations"][0]
        assert held in first["quote"]
        assert first["page"] == page
        assert answer["passages"][0]["page"] == 1
    assert json.loads(rag("search", "القمح", "--json").stdout)[0]["page"] == 1
    assert rag("search", "القمح").stdout.startswith("1. book.pdf p. 1 [0:")
    assert ": book.pdf p. 3 [" in rag("ask", "متى بدأت زراعة القمح في الواحة؟", "--writer", "quote").stdout
    assert "1 unchanged" in rag("index", tmp_path / "book.pdf").stdout


def test_pages_come_back_from_a_backup(rag: Rag, tmp_path: Path) -> None:
    rag("index", book(tmp_path / "book.pdf"))
    rag("backup", tmp_path / "b.zip")
    other = {"RAG_HOME": str(tmp_path / "other")}
    rag("restore", tmp_path / "b.zip", **other)
    found = rag("ask", "متى بدأت زراعة القمح في الواحة؟", "--json", "--writer", "quote", **other)
    assert json.loads(found.stdout)["citations"][0]["page"] == 3


def test_a_copy_is_named_and_not_quoted_twice(seeded: Rag, tmp_path: Path) -> None:
    question = "ماذا قال تشوركين؟"
    before = json.loads(seeded("ask", question, "--json", "--writer", "quote").stdout)
    assert not any("near_duplicates" in c or "page" in c for c in before["citations"])
    assert not any("near_duplicates" in row for row in json.loads(seeded("list", "--json").stdout))
    copy = tmp_path / "copy" / "copy.txt"
    copy.parent.mkdir()
    shutil.copy(SEEDS / ALEPPO, copy)
    copy.write_text(copy.read_text(encoding="utf-8") + "\nالمصدر: وكالات\n", encoding="utf-8")
    seeded("index", copy)
    after = json.loads(seeded("ask", question, "--json", "--writer", "quote").stdout)
    cited = {c["article"] for c in after["citations"]}
    assert len({ALEPPO, "copy.txt"} & cited) == 1
    assert [c["quote"] for c in after["citations"]] == [c["quote"] for c in before["citations"]]
    found = [p["article"] for p in after["passages"]]
    assert {ALEPPO, "copy.txt"} & set(found)
    texts = [(p["article"] in (ALEPPO, "copy.txt"), p["text"]) for p in after["passages"]]
    assert len(set(texts)) == len(texts)
    assert [p["rank"] for p in after["passages"]] == list(range(1, len(found) + 1))
    (shown,) = {ALEPPO, "copy.txt"} & cited
    (other,) = {ALEPPO, "copy.txt"} - cited
    assert {tuple(c["near_duplicates"]) for c in after["citations"] if c["article"] == shown} == {(other,)}
    assert f"  {shown} also in: {other}\n" in seeded("ask", question, "--writer", "quote").stdout
    assert f"rag: near-duplicates: {ALEPPO}" in seeded("show", "copy.txt").stderr
    near = {row["article"]: row.get("near_duplicates") for row in json.loads(seeded("list", "--json").stdout)}
    assert near["copy.txt"] == [ALEPPO]
    assert near[ALEPPO] == ["copy.txt"]
    assert sum(others is not None for others in near.values()) == 2
    searched = [row["text"] for row in json.loads(seeded("search", question, "-k", "20", "--json").stdout)]
    assert len(set(searched)) < len(searched)
    seeded("remove", "copy.txt")
    again = json.loads(seeded("ask", question, "--json", "--writer", "quote").stdout)
    assert again["citations"] == before["citations"]
