"""The program as a Python library."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import rag
from rag import Archive, open_archive
from rag.errors import InputError
from rag.wiring import EMPTY
from tests.conftest import ALEPPO, SEEDS


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with open_archive(tmp_path / "home", writer="quote") as opened:
        yield opened


def test_an_archive_is_indexed_searched_and_asked(archive: Archive, tmp_path: Path) -> None:
    assert archive.notices == [EMPTY]
    assert archive.search("تشوركين") == []
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    indexed = archive.index([SEEDS, str(tmp_path / "broken.json")])
    assert (indexed.new, indexed.replaced, indexed.unchanged) == (5, 0, 0)
    (line,) = indexed.skipped
    assert "broken.json" in line
    assert archive.notices == []
    assert archive.search("أي فرصة في النجاح تشوركين", 3)[0].passage.article == ALEPPO
    *_, answer = archive.ask("ماذا قال تشوركين عن حلب؟")
    assert answer.done
    assert answer.citations
    assert {citation.verdict for citation in answer.citations} == {"supported"}
    *_, after = archive.ask("ومتى كان ذلك؟", history=[answer])
    assert after.standalone
    assert archive.index([SEEDS]).unchanged == 5


def test_the_scope_of_a_question(archive: Archive) -> None:
    archive.index([SEEDS])
    assert archive.search("تشوركين", sources=["seeds"])
    with pytest.raises(InputError, match="no article has the source"):
        archive.search("تشوركين", sources=["elsewhere"])
    with pytest.raises(InputError, match="empty"):
        archive.ask("؟")


def test_a_test_set_is_asked(archive: Archive, tmp_path: Path) -> None:
    archive.index([SEEDS])
    row = {
        "id": "1",
        "question": "ماذا قال تشوركين عن حلب؟",
        "answers": ["حلب"],
        "articles": [ALEPPO],
        "kind": "speech",
    }
    (tmp_path / "set.jsonl").write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    figures = archive.eval(tmp_path / "set.jsonl")
    assert figures["all"]["questions"] == 1
    assert figures["all"]["verbatim"] == 1


def test_a_setting_that_is_not_valid(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="writer"):
        open_archive(tmp_path, writer="poet")


def test_the_face_of_the_package() -> None:
    assert set(rag.__all__) <= {*dir(rag), "Archive", "Indexed", "open_archive"}
    with pytest.raises(AttributeError, match="nothing"):
        rag.nothing  # noqa: B018
    code = "import rag, sys; sys.exit(str([m for m in ('numpy', 'pydantic', 'rag.archive') if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=SEEDS.parent)
    assert done.stderr.strip() == "[]"
