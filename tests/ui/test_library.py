"""The library panel's routes over an archive of their own, asked in this process."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from starlette.applications import Starlette

from rag.answer.assistant import Assistant
from rag.answer.prompts import folder
from rag.errors import LibraryError
from rag.search.catch_up import is_current
from rag.settings import load_settings
from rag.types import Article
from rag.ui import library as panel
from rag.ui.library import LibraryPanel
from rag.ui.uploads import safe_name
from rag.wiring import open_assistant
from tests.conftest import parsed

FILES = "/ui/library/files"
ARTICLES = "/ui/library/articles"
HOSTILE = [
    Article("<script>alert(1)</script>", "نص <img src=x onerror=alert(1)> النهاية.", "", "2015-07-02", "<b>صحيفة</b>"),
    Article(
        '"><img src=x onerror=alert(2)>.txt', "نص آخر للخبر.", "عنوان \u202eمقلوب\" onclick='x'", "2015-08-02", "ب"
    ),
    Article("../../etc/passwd", "نص ثالث للخبر.", "عنوان " * 400, None, ""),
]


class Browser:
    """Asks the routes as a browser does, each request over a connection of its own."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.app = Starlette(routes=LibraryPanel(assistant).routes())

    def ask(self, method: str, path: str, content: object = None, **query: str) -> httpx.Response:
        async def asked() -> httpx.Response:
            async with self.client() as client:
                return await client.request(method, path, params=query or None, content=content)  # type: ignore[arg-type]

        return asyncio.run(asked())

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")

    def get(self, path: str = "/ui/library", **query: str) -> str:
        response = self.ask("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.text

    def send(self, name: str, content: object, status: int = 200) -> str:
        response = self.ask("POST", FILES, content, name=name)
        assert response.status_code == status, response.text
        return response.text

    def ids(self) -> set[str]:
        return {row[0] for row in self.assistant.library.articles()}


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    assistant = open_assistant(load_settings(home=tmp_path / "home", writer="quote"))
    yield Browser(assistant)
    assert not list(scratch.iterdir()), "a file that was sent is left behind"
    assistant.library.close()


def well_formed(fragment: str) -> ElementTree.Element:
    """The fragment as a tree: whatever foreign text could break it would break this."""
    closed = re.sub(r"<(input|br)([^<>]*)>", r"<\1\2/>", fragment)
    closed = re.sub(r" (hidden|multiple|selected|disabled)(?=[ />])", r' \1=""', closed)
    return ElementTree.fromstring(f"<div>{closed}</div>")


def shown(fragment: str) -> str:
    """Its text."""
    return "".join(well_formed(fragment).itertext())


def test_an_empty_archive_says_what_to_do(browser: Browser) -> None:
    page = browser.get()
    assert "الأرشيف فارغ" in page
    assert 'data-upload="ui/library/files"' in page
    assert '<label for="rag-files">' in page
    assert "<form" not in page


def test_a_file_is_added_and_found_at_once(browser: Browser) -> None:
    text = "اكتشف العلماء كوكباً جديداً خارج المجموعة الشمسية يوم الثلاثاء."
    line = browser.send("كوكب.txt", text.encode())
    assert line.startswith('<li class="rag-upload">')
    assert "كوكب.txt" in shown(line)
    assert "أُضيف: 1 · استُبدل: 0 · لم يتغير: 0 · المقاطع الجديدة: 1" in shown(line)
    assert browser.assistant.library.article("كوكب.txt") == Article("كوكب.txt", text, source="مقالات مرفوعة")
    *_, answer = browser.assistant.ask(parsed("ماذا اكتشف العلماء؟"))
    assert answer.citations[0].article == "كوكب.txt"
    assert "لم يتغير: 1" in shown(browser.send("كوكب.txt", text.encode()))
    assert "استُبدل: 1" in shown(browser.send("كوكب.txt", f"{text} والثاني قريب.".encode()))


def test_good_rows_go_in_and_each_bad_one_is_named(browser: Browser) -> None:
    rows = [json.dumps({"id": str(n), "text": f"خبر رقم {n} من الأخبار."}) for n in range(450)]
    rows[3:3] = ["{bad", '{"id": "<i>x</i>"}', *["[]"] * 25]
    line = browser.send("dump.jsonl", "\n".join(rows).encode())
    assert browser.assistant.library.count()[0] == 450
    told = [item.text or "" for item in well_formed(line).iter("bdi") if item.get("dir") == "ltr"]
    assert len(told) == 20
    assert told[0].startswith("dump.jsonl: row 4: is not JSON")
    assert "<i>x</i>" in told[1]
    assert "و7 غيرها" in shown(line)
    assert tempfile.gettempdir() not in line


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.txt", b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj", "is a damaged PDF"),
        ("a.txt", b"PK\3\4" + b"word/document.xml", "is damaged or cut short, or packed in an unknown way"),
        ("a.txt", bytes(range(256)) * 20, "is not UTF-8 text"),
        ("a.txt", b"text\0text", "is not text"),
        ("a.txt", b" \n", "is empty"),
    ],
)
def test_what_is_no_text_is_refused_with_the_reason(browser: Browser, name: str, content: bytes, why: str) -> None:
    line = browser.send(name, content)
    assert "rag-failed" in line
    assert why in shown(line)
    assert "لم يُضف شيء" in line
    assert browser.ids() == set()


def test_what_cannot_be_taken_is_refused(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "لا تُقرأ ملفات من هذا النوع" in browser.send("a.exe", b"MZ", 415)
    assert "الملف فارغ" in browser.send("a.txt", b"", 422)
    monkeypatch.setattr(panel, "FILE_BYTES", 1_000_000)
    assert "أكبر من 1 ميغابايت" in shown(browser.send("a.txt", "نص ".encode() * 300_000, 413))
    assert browser.ids() == set()
    browser.send("a.txt", ("نص " * 160_000).encode())
    assert browser.ids() == {"a.txt"}


def test_a_client_that_breaks_off_leaves_nothing(browser: Browser) -> None:
    sent: list[object] = []

    async def broken() -> None:
        parts = iter([{"type": "http.request", "body": "نص".encode(), "more_body": True}, {"type": "http.disconnect"}])

        async def receive() -> dict[str, object]:
            return next(parts)

        async def send(message: object) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": FILES, "query_string": b"name=a.txt", "headers": []}
        await browser.app(scope, receive, send)

    asyncio.run(broken())
    assert sent[0]["status"] == 499  # type: ignore[index]
    assert browser.ids() == set()


def test_a_full_disk_is_told_and_leaves_nothing(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "tempdir", str(Path(tempfile.gettempdir()) / "none"))
        told = browser.send("a.txt", "نص".encode(), 507)
    assert "تعذّر حفظ الملف على القرص" in told
    assert "No such file or directory" in told
    assert browser.ids() == set()


def test_a_library_that_cannot_be_written_is_told(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise LibraryError("the library x cannot be used: database or disk is full; free some space")

    monkeypatch.setattr(browser.assistant.library, "take", full)
    line = browser.send("a.txt", "نص الخبر.".encode())
    assert "تعذّرت الكتابة في الأرشيف" in line
    assert "database or disk is full" in line
    assert "rag-failed" in line


def test_one_file_is_taken_in_at_a_time(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, taking = 0, 0, threading.Lock()
    take = browser.assistant.library.take

    def counted(*read: object) -> object:
        nonlocal inside, most
        with taking:
            inside += 1
            most = max(most, inside)
        done = take(*read)  # type: ignore[arg-type]
        with taking:
            inside -= 1
        return done

    monkeypatch.setattr(browser.assistant.library, "take", counted)

    async def all_of_them() -> list[httpx.Response]:
        async with browser.client() as client:
            texts = [f"خبر رقم {n} عن الزراعة." for n in range(8)]
            sends = [client.post(FILES, params={"name": f"{n}.txt"}, content=t.encode()) for n, t in enumerate(texts)]
            return list(await asyncio.gather(*sends))

    assert [response.status_code for response in asyncio.run(all_of_them())] == [200] * 8
    assert browser.ids() == {f"{n}.txt" for n in range(8)}
    assert most == 1


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../x.txt", "x.txt"),
        ("..\\..\\C:\\x.txt", "x.txt"),
        ("/etc/passwd", "passwd"),
        ("a\0b.txt", "a b.txt"),
        ("gpj.\u202etxt.txt", "gpj. txt.txt"),
        ("\u2066x\u2069.txt", "x .txt"),
        (".hidden.txt", "hidden.txt"),
        ("..", "file"),
        ("", "file"),
        (" خبر  اليوم.txt ", "خبر اليوم.txt"),
    ],
)
def test_names_are_made_harmless(given: str, name: str) -> None:
    assert safe_name(given) == name


def test_long_names_are_cut_and_stay_apart() -> None:
    first, second = (safe_name(f"{'خبر' * 300}{n}.txt") for n in range(2))
    assert first != second
    assert all(name.endswith(".txt") and len(name.encode()) <= 200 for name in (first, second))


@pytest.mark.parametrize(
    "name", ["../../../x.txt", "<img src=x onerror=alert(1)>.txt", "\u202ex.txt", "a" * 900 + ".txt"]
)
def test_hostile_names_of_files(browser: Browser, name: str) -> None:
    line = browser.send(name, "نص الخبر.".encode())
    assert "<img" not in line
    assert "\u202e" not in line
    (id_,) = browser.ids()
    assert id_ == safe_name(name)
    assert id_ in shown(line)
    assert "<img" not in browser.get()


def test_hostile_articles_break_nothing(browser: Browser) -> None:
    browser.assistant.library.add(HOSTILE)
    for fragment in (browser.get(), browser.get("/ui/library/list", words="خبر <script>")):
        tree = well_formed(fragment)
        assert not {element.tag for element in tree.iter()} & {"script", "img", "b"}
        for element in tree.iter():
            assert not any(key.startswith("on") for key in element.attrib)
            assert "\u202e" not in "".join(element.attrib.values())
    for article in HOSTILE:
        text = browser.get(ARTICLES, id=article.id)
        assert article.text in shown(text)
        assert " hidden" not in text
    buttons = [e for e in well_formed(browser.get()).iter("button") if e.get("data-article")]
    assert {button.get("data-article") for button in buttons} == {article.id for article in HOSTILE}


def test_an_article_that_is_not_there(browser: Browser) -> None:
    for method in ("GET", "DELETE"):
        response = browser.ask(method, ARTICLES, id="<none>")
        assert response.status_code == 404
        assert response.text.startswith('<p class="rag-error" role="alert">')
        assert "&lt;" in response.text


def test_an_article_is_removed_from_list_and_search(browser: Browser) -> None:
    browser.assistant.library.add(
        Article(f"{n}.txt", f"خبر رقم {n} عن زراعة القمح في الوادي.", f"القمح {n}") for n in range(30)
    )
    browser.assistant.retriever.catch_up()
    page = browser.get("/ui/library/list", words="القمح", page="2")
    (button,) = (b for b in well_formed(page).iter("button") if "id=9.txt" in b.get("data-delete", ""))
    address = urlsplit(button.get("data-delete", ""))
    query = {key: value for key, (value,) in parse_qs(address.query).items()}
    assert query == {"id": "9.txt", "words": "القمح", "page": "2"}
    assert "القمح 9" in button.get("data-confirm", "")
    response = browser.ask("DELETE", f"/{address.path}", **query)
    assert response.status_code == 200
    assert "26–29 من 29" in shown(response.text)
    assert "9.txt" not in {hit.passage.article for hit in browser.assistant.search(parsed("القمح"), 100)}


def test_the_list_is_searched_and_paged(browser: Browser) -> None:
    browser.assistant.library.add(
        Article(
            f"{n:02}",
            "نص الخبر.",
            f"{'القمّة' if n % 2 else 'الكأس'} {n}",
            f"2015-{1 + n % 12:02}-01",
            "س" if n < 30 else "ص",
        )
        for n in range(60)
    )
    assert "1–25 من 60" in shown(browser.get())
    assert "26–30 من 30" in shown(browser.get("/ui/library/list", words="قمه", page="2"))
    assert "1–25 من 30" in shown(browser.get("/ui/library/list", source="س"))
    assert "1–5 من 5" in shown(browser.get("/ui/library/list", since="٢٠١٥-١٢"))
    assert "26–30 من 30" in shown(browser.get("/ui/library/list", words="قمة", page="99"))
    assert "1–25 من 60" in shown(browser.get("/ui/library/list", page="-1"))
    assert "1–25 من 60" in shown(browser.get("/ui/library/list", since="201"))  # while a year is being typed
    assert "لا مقال يطابق" in browser.get("/ui/library/list", words="قمة كأس")
    assert "ليس تاريخاً" in browser.get("/ui/library/list", since="أمس<script>")
    page = well_formed(browser.get(words="قمة", source="س", since="2015"))
    fields = {e.get("name"): e.get("value") for e in page.iter("input")}
    assert (fields["words"], fields["since"]) == ("قمة", "2015")
    assert [o.get("value") for o in page.iter("option") if "selected" in o.attrib] == ["س"]
    labels = {e.get("for") for e in page.iter("label")}
    assert {e.get("id") for tag in ("input", "select") for e in page.iter(tag)} <= labels


def test_the_picture_and_its_table_show_the_same(browser: Browser) -> None:
    browser.assistant.library.add(
        Article(f"{n}", "نص الخبر.", "", f"{1990 + n}-01-01", f"مصدر {min(n, 10)}") for n in range(20)
    )
    page = well_formed(browser.get())
    time, source = page.iter("figure")
    assert len(list(time.iter("rect"))) == 20
    rows = [["".join(cell.itertext()) for cell in row] for row in source.iter("tr")]
    assert rows[1] == ["مصدر 10", "10"]
    assert rows[-1] == ["مصادر أخرى (3)", "3"]
    assert len(rows) == 10
    for figure in (time, source):
        (svg,) = figure.iter("svg")
        named = (svg.get("aria-labelledby") or "").split()
        assert {e.get("id") for e in svg.iter() if e.get("id")} == set(named)
        assert all("".join(e.itertext()) for e in svg.iter() if e.get("id"))
    assert [e.tag for e in page.iter() if re.fullmatch("h[1-6]", str(e.tag))] == ["h2", "h3", "h3"]


def test_both_languages_have_the_same_words() -> None:
    arabic, english = (json.loads((folder() / f"ui.{lang}.json").read_text()) for lang in ("ar", "en"))

    def fields(group: dict[str, object], before: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
        for key, value in group.items():
            if isinstance(value, dict):
                yield from fields(value, f"{before}{key}.")
            else:
                yield f"{before}{key}", tuple(sorted(re.findall(r"\$\w+", str(value))))

    assert dict(fields(arabic["library"])) == dict(fields(english["library"]))
    assert arabic["library"]["uploaded"] == english["library"]["uploaded"]  # it is stored with the articles


def test_questions_are_answered_while_files_come_in(browser: Browser) -> None:
    browser.send("first.txt", "قال تشوركين إن بلاده ستطرح الوثيقة للتصويت.".encode())

    async def both() -> list[bool]:
        async def asking() -> bool:
            *_, answer = await asyncio.to_thread(lambda: list(browser.assistant.ask(parsed("ماذا قال تشوركين؟"))))
            return answer.status == "answered"

        async def sending(client: httpx.AsyncClient, n: int) -> bool:
            rows = "\n".join(json.dumps({"id": f"{n}-{i}", "text": f"خبر {i} عن الزراعة."}) for i in range(300))
            return (await client.post(FILES, params={"name": f"{n}.jsonl"}, content=rows)).status_code == 200

        async with browser.client() as client:
            return await asyncio.gather(*(sending(client, n) for n in range(3)), *(asking() for _ in range(12)))

    assert all(asyncio.run(both()))
    assert browser.assistant.library.count()[0] == 901
    retriever = browser.assistant.retriever
    assert all(is_current(leg, browser.assistant.library) for leg in (retriever.engine.lexical, retriever.engine.dense))


def test_more_files_at_once_than_are_taken_are_refused_with_a_line(browser: Browser) -> None:
    async def together() -> list[int]:
        async with browser.client() as client:
            sends = [client.post(FILES, params={"name": f"{i}.txt"}, content=f"قال سالم {i} كلاماً.") for i in range(20)]
            return [answer.status_code for answer in await asyncio.gather(*sends)]

    statuses = asyncio.run(together())
    assert set(statuses) == {200, 429}
    assert len(browser.ids()) == statuses.count(200)
    browser.send("later.txt", "قالت سلمى كلاماً.")
