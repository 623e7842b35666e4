"""Ids with slashes, where pages, addresses, exports and programs use them; and a file that a browser sends."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from rag.answer.assistant import Assistant
from rag.conversations import Conversation, Turn
from rag.indexing.intake import add_all
from rag.readers.folders import files_of
from rag.readers.readers import readings
from rag.settings import load_settings
from rag.types import EVERYTHING
from rag.ui.completions import Written, annotated
from rag.ui.exporting import markdown, page
from rag.ui.library import LibraryPanel
from rag.wiring import open_assistant, open_library
from tests.conftest import parsed

TEXTS = {"01": "أعلن المدرب عادل الصقر أن المباراة يوم الخميس.", "02": "افتتح المتحف الملكي أبوابه في مدينة قرطبة أمس."}
ID = "02/001.txt"


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    for month, text in TEXTS.items():
        (tmp_path / "papers" / month).mkdir(parents=True)
        (tmp_path / "papers" / month / "001.txt").write_text(text, "utf-8")
    settings = load_settings(home=tmp_path, writer="quote")
    with open_library(settings) as library:
        list(add_all(library, readings(files_of([tmp_path / "papers"])), lambda item: None))
    opened = open_assistant(settings)
    yield opened
    opened.library.close()


@pytest.fixture
def client(assistant: Assistant) -> TestClient:
    return TestClient(Starlette(routes=LibraryPanel(assistant).routes()))


def test_an_article_is_read_and_removed_by_the_addresses_of_the_page(assistant: Assistant, client: TestClient) -> None:
    listed = client.get("/ui/library/list").text
    assert f'data-article="{ID}"' in listed
    assert TEXTS["02"] in client.get("/ui/library/articles?id=02%2F001.txt").text.replace("<bdi>", "")
    address = next(part.partition('"')[0] for part in listed.split('data-delete="') if "02%2F001.txt" in part)
    assert parse_qs(urlsplit(address.replace("&amp;", "&")).query)["id"] == [ID]
    assert client.delete(f"/{address.replace('&amp;', '&')}").status_code == 200
    assert [row[0] for row in assistant.library.articles()] == ["001.txt"]


def test_answers_exports_and_annotations_name_it(assistant: Assistant) -> None:
    *_, answer = assistant.ask(parsed("ماذا افتتح المتحف في قرطبة؟"))
    assert answer.citations[0].article == ID
    (found, *_) = annotated(answer, assistant.library, Written(text=answer.text))
    assert ID in json.dumps(found)
    turn = Turn("1", "1", answer, EVERYTHING, "2026-01-01T00:00:00Z")
    conversation = Conversation("1", "محادثة", "2026-01-01T00:00:00Z")
    assert ID in markdown(conversation, [turn]).replace("\\", "")
    assert ID in page(conversation, [turn])


def test_a_file_that_is_sent_replaces_no_file_of_its_name_and_tells_equal_names_within_it_apart(
    assistant: Assistant, client: TestClient
) -> None:
    def sent(name: str, content: bytes) -> None:
        assert client.post("/ui/library/files", params={"name": name}, content=content).status_code == 200

    before = assistant.library.article("001.txt")
    sent("001.txt", "نص آخر أرسله متصفح.".encode())
    assert {row[0] for row in assistant.library.articles()} == {"001.txt", ID}
    assert assistant.library.article("001.txt") == before
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for folder in ("a", "b"):
            archive.writestr(f"{folder}/x.txt", f"نص {folder}")
    for _ in range(2):
        sent("packed.zip", packed.getvalue())
        assert {row[0] for row in assistant.library.articles()} == {"001.txt", ID, "x.txt", "b/x.txt"}
    assert list(assistant.library.files()) == ["001.txt", ID]
