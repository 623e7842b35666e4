"""The library and the models in Debian's Chromium, the interface in English and in the dark, and how accessible all of it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from rag.answer.assistant import Assistant
from rag.library.browsing import undated
from rag.settings import load_settings
from rag.types import Article
from rag.ui.texts import say
from rag.wiring import open_assistant
from tests.hub_server import HubServer
from tests.models.conftest import SMALL, SMALL_FILE
from tests.tiny_gguf import build
from tests.ui.browser.window import CHURKIN, Window
from tests.ui.conftest import HOSTILE, MARS, SCRIPT, served

NEWS = "أعلن المدرب عادل الصقر أن النادي الأزرق سيلعب مباراته القادمة في ملعب المدينة الجديدة يوم الخميس."
SERIOUS = {"serious", "critical"}


@pytest.fixture
def filled(tmp_path: Path) -> Assistant:
    opened = open_assistant(load_settings(home=tmp_path))
    opened.library.add([MARS, SCRIPT, HOSTILE])
    opened.retriever.catch_up()
    return opened


@pytest.fixture
def opened(browser: object, filled: Assistant, tmp_path: Path) -> Iterator[Window]:
    with served(filled, tmp_path) as url:
        window = Window(browser, url)
        yield window
        window.check()
        window.close()


def test_a_file_is_added_asked_about_read_and_deleted(opened: Window, filled: Assistant, tmp_path: Path) -> None:
    page = opened.page
    (tmp_path / "خبر.txt").write_text(NEWS, encoding="utf-8")
    (tmp_path / "bad <b>.txt").write_bytes(b"%PDF-1.7 \x00\x01")
    opened.view("library")
    opened.shot("30-library")
    page.set_input_files("#rag-files", [tmp_path / "خبر.txt", tmp_path / "bad <b>.txt"])
    page.wait_for_selector("#rag-uploads > li:nth-child(2) .rag-unread, #rag-uploads > li:nth-child(2) .rag-error")
    page.wait_for_selector("#rag-articles [data-article='خبر.txt']")
    assert page.locator("#rag-uploads > li").count() == 2
    assert "bad <b>.txt" in page.locator("#rag-uploads").text_content()
    opened.shot("31-uploaded")
    page.click("#rag-articles [data-article='خبر.txt']")
    page.wait_for_selector(".rag-panel .rag-article")
    assert page.locator(".rag-panel .rag-text").text_content() == NEWS
    opened.shot("32-reading")
    page.click("nav [data-view=chat]")
    opened.ask("ماذا أعلن عادل الصقر؟")
    assert opened.last("button.rag-chip").count() == 1
    opened.view("library")
    page.fill("[name=words] >> nth=1", "خبر")
    page.wait_for_function("document.querySelectorAll('#rag-articles .rag-list li').length == 1")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#rag-articles [data-delete]")
    page.wait_for_function("!document.querySelector('#rag-articles .rag-list li')")
    assert filled.library.article("خبر.txt") is None
    articles, passages = filled.library.count()
    counts = say("library.counts", articles=articles, passages=passages, undated=undated(filled.library))
    page.wait_for_function("text => document.querySelector('.rag-counts').textContent == text", arg=counts)
    assert articles == 3
    page.click("nav [data-view=chat]")
    opened.ask("ماذا أعلن عادل الصقر؟")
    assert opened.last("button.rag-chip").count() == 0


def test_a_book_opens_at_its_citation_and_is_read_in_parts(opened: Window, filled: Assistant) -> None:
    page = opened.page
    pages = [f"في الصفحة {i} من الكتاب يصف الكاتب الطريق والبحر." for i in range(2000)]
    pages[1000] = NEWS
    filled.library.add([Article("book.txt", "\n".join(pages), "كتاب الطريق")])
    filled.retriever.catch_up()
    opened.ask("ماذا أعلن عادل الصقر؟")
    opened.last("button.rag-chip").first.click()
    assert opened.marked() in NEWS
    text, gaps = page.locator(".rag-panel .rag-article:visible .rag-text"), page.locator(".rag-gap:visible")
    assert gaps.count() >= 2
    before = len(text.text_content())
    assert before < sum(map(len, pages)) / 2
    opened.shot("34-book")
    gaps.first.locator("button").last.click()  # what comes before the citation
    page.wait_for_function(
        "document.querySelector('.rag-panel .rag-article:not([hidden]) .rag-text').textContent.length > 20000"
    )
    assert opened.marked() in NEWS
    while gaps.count():
        gaps.first.locator("button").first.click()
        page.wait_for_function("!document.querySelector('.rag-gap button[disabled]')")
    assert text.text_content() == "\n".join(pages)
    opened.view("library")
    page.click("#rag-articles [data-article='book.txt']")
    page.wait_for_function("document.querySelectorAll('.rag-panel .rag-gap').length == 1")
    assert text.text_content().startswith(pages[0])


def test_files_are_dropped_on_the_library(opened: Window) -> None:
    opened.view("library")
    opened.page.evaluate(
        """text => { const data = new DataTransfer(); data.items.add(new File([text], 'dropped.txt'));
           const drop = document.querySelector('.rag-drop');
           for (const kind of ['dragenter', 'dragover', 'drop'])
             drop.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true })); }""",
        NEWS,
    )
    opened.page.wait_for_selector("#rag-articles [data-article='dropped.txt']")
    opened.shot("33-dropped")


def test_what_became_of_files_and_what_narrows_a_question_outlast_other_views(opened: Window) -> None:
    page, opened.errors_expected = opened.page, True
    page.click("#rag-filters summary")
    page.check("#rag-sources [value='الفلك']")
    opened.view("library")
    files = [{"name": name, "mimeType": "text/plain", "buffer": NEWS.encode()} for name in ("1.pdf", "new.txt")]
    page.set_input_files("#rag-files", files)
    page.click("nav [data-view=models]")
    page.wait_for_selector("#rag-models h2")
    opened.view("library")
    page.wait_for_selector("#rag-uploads > li:nth-child(2):not(:has(progress))")
    assert "1.pdf" in page.locator("#rag-uploads").text_content()
    page.wait_for_selector("#rag-articles [data-article='new.txt']")
    page.click("nav [data-view=chat]")
    page.wait_for_selector("#rag-sources [value='الفلك']:checked")
    assert page.locator("#rag-filtered").is_visible()
    assert page.locator("#rag-status").count() == 1


def test_an_article_that_went_elsewhere_leaves_the_list_and_says_so(opened: Window, filled: Assistant) -> None:
    page = opened.page
    opened.view("library")
    filled.library.remove([MARS.id])
    page.on("dialog", lambda dialog: dialog.accept())
    opened.errors_expected = True
    page.click(f"#rag-articles [data-delete*='id={MARS.id}']")
    page.wait_for_selector("#rag-library .rag-problem .rag-error")
    assert page.locator("#rag-articles li").count() == 3


def test_more_files_than_are_sent_at_one_time_are_told_and_left_out(opened: Window) -> None:
    opened.view("library")
    opened.page.evaluate("document.querySelector('.rag-drop').dataset.most = '2'")
    names = [{"name": f"{i}.txt", "mimeType": "text/plain", "buffer": NEWS.encode()} for i in range(3, 7)]
    opened.page.set_input_files("#rag-files", names)
    opened.page.wait_for_selector("#rag-uploads > li:nth-child(3):not(:has(progress))")
    assert say("library.many_files", most=500) in opened.page.locator("#rag-uploads").text_content()
    opened.page.wait_for_selector("#rag-articles [data-article='4.txt']")
    assert opened.page.locator("#rag-articles [data-article='5.txt']").count() == 0


def test_hostile_articles_are_text_in_the_library(opened: Window) -> None:
    opened.view("library")
    row = opened.page.locator("#rag-articles li", has_text="onmouseover")
    assert HOSTILE.title in row.text_content()
    assert opened.page.locator("#rag-library :is(script, img, i)").count() == 0
    row.locator("[data-article]").click()
    opened.page.wait_for_selector(".rag-panel .rag-article")
    assert opened.page.locator(".rag-panel .rag-text").text_content() == HOSTILE.text
    assert opened.page.evaluate("window.hacked") is None


def test_the_models_that_can_be_pulled_are_shown(opened: Window) -> None:
    opened.view("models")
    opened.shot("34-models")
    text = opened.page.locator("#rag-models").text_content()
    assert "balanced" in text
    assert "e5-small" in text


def test_a_model_is_pulled_with_its_progress_stopped_gone_on_with_used_and_left(
    opened: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened.page
    page.on("dialog", lambda dialog: dialog.accept())
    with HubServer() as hub:
        hub.is_asked_here(monkeypatch)
        said = "اكتشف العلماء كوكباً جديداً [1]."
        hub.repositories[SMALL] = {
            SMALL_FILE: build(tmp_path / "tiny.gguf", said, n_ctx=8192).read_bytes() + bytes(5_000_000)
        }
        hub.pause = 0.05
        opened.view("models")
        page.click("[data-post='ui/models/pull?name=small']")
        page.wait_for_selector("progress[value]")
        opened.shot("37-pulling")
        page.click("[data-post='ui/models/cancel']")
        page.wait_for_selector("[data-post='ui/models/pull?name=small']")
        hub.pause = 0
        page.click("[data-post='ui/models/pull?name=small']")
        page.click("[data-post='ui/models/use?name=small'] >> nth=0")
        page.wait_for_function(
            "text => document.querySelector('#rag-status').textContent.includes(text)", arg=SMALL_FILE
        )
        opened.shot("38-pulled")
        page.click("nav [data-view=chat]")
        opened.ask("ماذا اكتشف العلماء؟")
        assert say("writers.llama") in opened.last(".rag-small").last.text_content()
        opened.view("models")
        page.click("[data-post='ui/models/use?name=quote']")
        page.wait_for_function(
            "text => !document.querySelector('#rag-status').textContent.includes(text)", arg=SMALL_FILE
        )
    page.click("nav [data-view=chat]")
    opened.ask("ماذا اكتشف العلماء؟")
    assert say("writers.quote") in opened.last(".rag-small").last.text_content()


def test_the_interface_speaks_english_in_the_dark_and_remembers_both(opened: Window) -> None:
    page = opened.page
    opened.ask("ماذا اكتشف العلماء؟")
    page.click("#rag-language")
    page.wait_for_selector(".rag-app[lang=en]")
    page.wait_for_selector("button.rag-chip")
    assert page.locator("html").get_attribute("dir") == "ltr"
    page.click("#rag-theme")
    assert page.evaluate("document.body.classList.contains('dark')")
    opened.shot("35-english-dark")
    opened.reload()
    assert page.locator("h1").text_content() == "Ask your archive"
    assert page.evaluate("document.body.classList.contains('dark')")
    for name in ("library", "models"):
        opened.view(name)
        opened.shot(f"36-{name}-english-dark")
    page.click("#rag-language")
    page.wait_for_selector(".rag-app[lang=ar]")
    assert page.locator("html").get_attribute("dir") == "rtl"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_serious(browser: object, api: str, scheme: str, width: int) -> None:
    window = Window(browser, api, viewport={"width": width, "height": 860}, color_scheme=scheme)
    found = {}
    found["open"] = Axe().run(window.page).response["violations"]
    window.ask(CHURKIN)
    window.last("[data-rating='1']").click()
    window.page.locator("#rag-filters summary").click()
    found["answer"] = Axe().run(window.page).response["violations"]
    for name in ("library", "models"):
        window.view(name)
        found[name] = Axe().run(window.page).response["violations"]
    window.page.click("#rag-language")
    window.page.wait_for_selector(".rag-app[lang=en]")
    found["english"] = Axe().run(window.page).response["violations"]
    serious = [
        (view, v["id"], v["help"], [node["html"][:200] for node in v["nodes"]][:3])
        for view, violations in found.items()
        for v in violations
        if v["impact"] in SERIOUS
    ]
    assert not serious
    window.close()
