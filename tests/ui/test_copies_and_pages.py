"""Near-duplicates and pages where the page and programs ask for them, over a library of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from rag.answer.assistant import Assistant
from rag.settings import load_settings
from rag.types import Article
from rag.ui.asking import Asking
from rag.ui.completions import Written, annotated
from rag.ui.library import LibraryPanel
from rag.ui.queue import Queues
from rag.ui.responses import Visitors
from rag.ui.texts import say
from rag.wiring import open_assistant, open_conversations, open_library
from tests.conftest import parsed

TEXT = (
    "أعلن المدرب عادل الصقر أن النادي الأزرق سيلعب مباراته القادمة يوم الخميس على ملعب الواحة الكبير. "
    "وأضاف أن اللاعبين جاهزون للقاء بعد معسكر دام أسبوعين في الجبال، وأن الحارس عاد إلى التدريب."
)
ONE = Article("1.txt", TEXT, "الصقر: جاهزون", "2015-07-02", "الرياضة", pages=(0, 60))
TWO = Article("2 <b>.txt", TEXT, "<i>النادي الأزرق</i>", "2015-07-03", "الصباح")


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    settings = load_settings(home=tmp_path, writer="quote")
    with open_library(settings) as library:
        library.add([ONE, TWO])
    opened = open_assistant(settings)
    yield opened
    opened.library.close()


def test_an_article_that_is_read_links_to_its_near_duplicates(assistant: Assistant) -> None:
    client = TestClient(Starlette(routes=LibraryPanel(assistant).routes()))
    html = client.get("/ui/library/articles", params={"id": ONE.id}).text
    assert f'{say("near_duplicates")}: <button type="button" class="rag-link" data-article="2 &lt;b&gt;.txt">' in html
    assert "&lt;<bdi>i</bdi>&gt;النادي الأزرق" in html or "&lt;i&gt;النادي الأزرق" in html
    client.delete("/ui/library/articles", params={"id": TWO.id})
    assert say("near_duplicates") not in client.get("/ui/library/articles", params={"id": ONE.id}).text


def test_a_turn_names_the_copies_of_what_it_cites_once(assistant: Assistant, tmp_path: Path) -> None:
    with open_conversations(load_settings(home=tmp_path)) as conversations:
        asking = Asking(assistant, conversations, Visitors(), Queues(assistant))
        client = TestClient(Starlette(routes=asking.routes()))
        asked = client.post("/ui/ask", content=json.dumps({"question": "ماذا أعلن عادل الصقر؟"})).text
    html = json.loads(asked.strip().splitlines()[-1])["html"]
    answer = html.partition("<template>")[0]
    assert answer.count(f"{say('also_in')} <button") == 1
    assert answer.count("سيلعب مباراته القادمة") == 2  # in the answer and in its chip
    assert say("others") not in answer  # the copy's passage says nothing else


def test_an_annotation_says_the_page_where_there_is_one(assistant: Assistant) -> None:
    assistant.library.remove([TWO.id])
    *_, answer = assistant.ask(parsed("ماذا أعلن عادل الصقر؟"))
    (found, *_) = annotated(answer, assistant.library, Written(text=answer.text))
    assert found["url_citation"]["page"] == answer.citations[0].page == 1  # type: ignore[index]
    bare = replace(answer, citations=tuple(replace(c, page=0) for c in answer.citations))
    (found, *_) = annotated(bare, assistant.library, Written(text=answer.text))
    assert "page" not in found["url_citation"]  # type: ignore[operator]
