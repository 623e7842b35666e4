"""Answers that come late, in Debian's Chromium: what a person does is neither lost nor undone by one, in whatever order they come."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.settings import load_settings
from rag.types import Article
from rag.ui.texts import say
from rag.wiring import open_assistant
from tests.hub_server import HubServer
from tests.models.conftest import SMALL, SMALL_FILE
from tests.tiny_gguf import build
from tests.ui.browser.test_windows import posted
from tests.ui.browser.window import CHURKIN, NOWHERE, Window
from tests.ui.conftest import MARS, SCRIPT, Scripted, served

SAID = "اكتشف العلماء كوكباً جديداً [1]."
NEWS = "أعلن المدرب عادل الصقر أن النادي الأزرق سيلعب مباراته القادمة يوم الخميس."
WHOLE = re.compile(r"ui/library(\?.*)?$")
USED = "text => document.querySelector('#rag-status').textContent.includes(text)"


class Held:
    """The page's requests of one kind, each held until it is let through: its answer, or, unsent, the request itself."""

    def __init__(self, window: Window, method: str, path: str | re.Pattern[str], unsent: bool = False) -> None:
        self._page, self._method, self._unsent, self._ended = window.page, method, unsent, False
        self.held: list[tuple[object, object]] = []
        self._page.route(window.url + path if isinstance(path, str) else path, self._hold)

    def _hold(self, route: object) -> None:
        if self._ended or route.request.method != self._method:  # type: ignore[attr-defined]
            route.continue_()  # type: ignore[attr-defined]
        else:
            self.held.append((route, None if self._unsent else route.fetch()))  # type: ignore[attr-defined]

    def wait(self, number: int = 1) -> None:
        """Returns when so many are held."""
        end = time.monotonic() + 120
        while len(self.held) < number:
            assert time.monotonic() < end, f"{len(self.held)} requests came, expected {number}"
            self._page.wait_for_timeout(20)

    def give(self, which: int = 0) -> None:
        """Lets one through, the first or another; returns when the page has its answer."""
        route, answer = self.held.pop(which)
        with self._page.expect_event("requestfinished", lambda request: request == route.request):  # type: ignore[attr-defined]
            route.fulfill(response=answer) if answer else route.continue_()  # type: ignore[attr-defined]
        self._page.wait_for_timeout(100)

    def end(self) -> None:
        """Holds no more; lets through what is held."""
        self._ended = True
        while self.held:
            self.give()


@pytest.fixture
def filled(tmp_path: Path) -> Assistant:
    opened = open_assistant(load_settings(home=tmp_path))
    many = [Article(f"{i:02}.txt", f"مقال رقم {i} عن القافلة.", source=f"مصدر {i % 2}") for i in range(30)]
    opened.library.add([MARS, SCRIPT, *many])
    opened.retriever.catch_up()
    folder = load_settings(home=tmp_path).models_dir
    folder.mkdir(parents=True)
    build(folder / "tiny.gguf", SAID, n_ctx=8192)
    return opened


@pytest.fixture
def opened(browser: object, filled: Assistant, tmp_path: Path) -> Iterator[Window]:
    with served(filled, tmp_path) as url:
        window = Window(browser, url)
        window.page.on("dialog", lambda dialog: dialog.accept())
        yield window
        window.check()
        window.close()
        filled.switch(filled.quoting, filled.choice)


@pytest.fixture
def conversations(browser: object, own: str) -> Iterator[Window]:
    for question in (CHURKIN, NOWHERE):
        posted(own, question=question)
    window = Window(browser, own)
    window.page.on("dialog", lambda dialog: dialog.accept())
    yield window
    window.check()
    window.close()


def press(window: Window, selector: str) -> None:
    """Holds a button down."""
    box = window.page.locator(selector).bounding_box()
    window.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    window.page.mouse.down()


def test_a_button_that_is_pressed_while_its_panel_is_read_again_is_clicked(opened: Window) -> None:
    page = opened.page
    opened.view("models")
    panels = Held(opened, "GET", "ui/models")
    page.click("nav [data-view=models]")
    panels.wait()
    press(opened, "[data-post='ui/models/use?name=tiny.gguf']")
    panels.give()
    page.mouse.up()
    page.wait_for_function(USED, arg="tiny.gguf")


def test_the_space_bar_too_is_let_go_first(opened: Window) -> None:
    page = opened.page
    opened.view("models")
    panels = Held(opened, "GET", "ui/models")
    page.click("nav [data-view=models]")
    panels.wait()
    page.focus("[data-post='ui/models/use?name=tiny.gguf']")
    page.keyboard.down(" ")
    panels.give()
    page.keyboard.up(" ")
    page.wait_for_function(USED, arg="tiny.gguf")


@pytest.mark.parametrize("unsent", [True, False], ids=["read before the change", "read after it"])
def test_a_panel_that_is_read_while_a_model_is_loaded_shows_it_in_the_end(opened: Window, unsent: bool) -> None:
    page = opened.page
    opened.view("models")
    uses = Held(opened, "POST", "ui/models/use?name=tiny.gguf", unsent)
    page.click("[data-post='ui/models/use?name=tiny.gguf']")
    uses.wait()
    page.click("nav [data-view=models]")
    page.wait_for_timeout(300)
    uses.give()
    page.wait_for_function(USED, arg="tiny.gguf")
    page.wait_for_selector("[data-post='ui/models/use?name=quote']")
    page.wait_for_selector("#rag-models:not([aria-busy])")
    assert page.locator("[data-post='ui/models/use?name=tiny.gguf']").count() == 0


def test_what_could_not_be_done_is_told_though_the_panel_was_read_since(opened: Window, tmp_path: Path) -> None:
    page, opened.errors_expected = opened.page, True
    (load_settings(home=tmp_path).models_dir / "bad.gguf").write_bytes(b"GGUF\x03\x00\x00\x00")
    opened.view("models")
    uses = Held(opened, "POST", "ui/models/use?name=bad.gguf")
    page.click("[data-post='ui/models/use?name=bad.gguf']")
    uses.wait()
    page.click("nav [data-view=models]")
    page.wait_for_timeout(300)
    uses.give()
    page.wait_for_selector("#rag-models:not([aria-busy])")
    assert say("models.errors.ModelError") in page.locator(".rag-problem").text_content()


def test_one_state_of_a_pull_is_asked_for_at_a_time_and_what_is_typed_meanwhile_stays(
    opened: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened.page
    with HubServer() as hub:
        hub.is_asked_here(monkeypatch)
        hub.repositories[SMALL] = {SMALL_FILE: b"GGUF" + bytes(3_000_000)}
        hub.pause = 0.02
        opened.view("models")
        page.click("[data-post='ui/models/pull?name=small']")
        polls = Held(opened, "GET", "ui/models/progress")
        polls.wait()
        page.wait_for_timeout(2500)
        assert len(polls.held) == 1
        polls.end()
        page.fill("#rag-own-name", "OWNER/REPO")
        hub.pause = 0
        page.wait_for_selector(".rag-pull [data-post='ui/models/use?name=small']")
        assert page.input_value("#rag-own-name") == "OWNER/REPO"
        assert page.evaluate("document.activeElement.id") == "rag-own-name"


def test_an_upload_leaves_the_library_as_it_is_looked_through(opened: Window) -> None:
    page = opened.page
    opened.view("library")
    page.click(".rag-pager button >> nth=1")
    page.wait_for_selector(".rag-pager bdi:text('2 / 2')")
    file = {"name": "new.txt", "mimeType": "text/plain", "buffer": NEWS.encode()}
    with page.expect_response(WHOLE):
        page.set_input_files("#rag-files", [file])
    page.wait_for_selector("#rag-library:not([aria-busy])")
    assert "33" in page.locator(".rag-counts").text_content()
    assert page.locator(".rag-pager bdi").text_content() == "2 / 2"
    panels = Held(opened, "GET", WHOLE)
    page.set_input_files("#rag-files", [file])
    panels.wait()
    page.fill("#rag-in-words", "الصقر")
    page.wait_for_function("document.querySelectorAll('#rag-articles .rag-list li').length == 1")
    panels.end()
    page.wait_for_selector("#rag-library:not([aria-busy])")
    assert page.input_value("#rag-in-words") == "الصقر"
    assert page.locator("#rag-articles .rag-list li").count() == 1
    assert page.locator("#rag-uploads > li").count() == 2
    opened.view("library")
    assert page.input_value("#rag-in-words") == ""
    assert page.locator("#rag-articles .rag-list li").count() == 25


def test_the_article_that_was_opened_last_is_shown(opened: Window) -> None:
    page = opened.page
    opened.view("library")
    articles = Held(opened, "GET", "ui/library/articles?id=00.txt")
    page.click("[data-article='00.txt']")
    articles.wait()
    page.click("[data-article='01.txt']")
    page.wait_for_selector(".rag-panel .rag-article[data-article='01.txt']")
    articles.give()
    assert page.locator(".rag-panel .rag-article").get_attribute("data-article") == "01.txt"


def test_sources_that_are_ticked_while_they_are_read_again_stay_ticked(opened: Window) -> None:
    page = opened.page
    page.click("#rag-filters summary")
    page.check("#rag-sources [value='مصدر 0']")
    sources = Held(opened, "GET", "ui/sources")
    opened.view("models")
    page.click("[data-post='ui/models/use?name=tiny.gguf']")
    sources.wait()
    page.click("nav [data-view=chat]")
    page.check("#rag-sources [value='مصدر 1']")
    page.uncheck("#rag-sources [value='مصدر 0']")
    sources.give()
    assert page.locator("#rag-sources :checked").evaluate_all("all => all.map(one => one.value)") == ["مصدر 1"]


def test_a_menu_stays_open_when_the_conversations_are_listed_anew(conversations: Window) -> None:
    page = conversations.page
    lists = Held(conversations, "GET", "ui/conversations?words=")
    conversations.ask(CHURKIN)
    lists.wait()
    page.click("#rag-conversations-list summary >> nth=1")
    lists.end()
    page.wait_for_function("document.querySelectorAll('.rag-conversation').length == 3")
    assert page.locator("#rag-conversations-list details[open]").count() == 1
    assert page.evaluate("document.activeElement.matches('#rag-conversations-list details[open] summary')")


def test_a_conversation_that_was_deleted_is_left_though_the_list_was_read_since(conversations: Window) -> None:
    page = conversations.page
    page.click(".rag-conversation >> nth=0")
    page.wait_for_selector(".rag-turn")
    deletions = Held(conversations, "DELETE", f"ui/conversations/{conversations.conversation()}", unsent=True)
    page.click("li:has([aria-current]) summary")
    page.click("li:has([aria-current]) [data-delete]")
    deletions.wait()
    page.fill("#rag-conversations [name=words]", "ما")
    page.wait_for_timeout(500)
    deletions.give()
    page.wait_for_function("!document.querySelector('.rag-turn')")
    page.wait_for_selector("#rag-conversations-list:not([aria-busy])")
    assert page.locator(".rag-conversation").all_text_contents() == [CHURKIN]


def test_the_judgement_that_was_given_last_stands(conversations: Window) -> None:
    page = conversations.page
    page.click(".rag-conversation >> nth=0")
    page.wait_for_selector(".rag-turn")
    turn = conversations.last().get_attribute("id").removeprefix("turn-")
    ratings = Held(conversations, "POST", f"ui/turns/{turn}/rating", unsent=True)
    conversations.last("[data-rating='1']").click()
    ratings.wait()
    conversations.last("[data-rating='-1']").click()
    page.wait_for_timeout(300)
    ratings.give(-1)
    ratings.end()
    page.wait_for_timeout(500)
    conversations.reload()
    assert conversations.last("[data-rating][aria-pressed=true]").get_attribute("data-rating") == "-1"


def test_what_is_written_while_another_language_is_on_its_way_stays(conversations: Window) -> None:
    page = conversations.page
    frames = Held(conversations, "GET", "ui/app")
    page.click("#rag-language")
    frames.wait()
    page.fill("#rag-ask textarea", "مسودة")
    page.fill("#rag-conversations [name=words]", "تشوركين")
    page.wait_for_function("document.querySelectorAll('.rag-conversation').length == 1")
    page.click("nav [data-view=models]")
    frames.end()
    page.wait_for_selector(".rag-app[lang=en]")
    assert page.input_value("#rag-ask textarea") == "مسودة"
    assert page.locator("#rag-models").is_visible()
    page.wait_for_selector("#rag-conversations-list:not([aria-busy])")
    assert page.locator(".rag-conversation").all_text_contents() == [CHURKIN]
    page.click("#rag-language")
    page.wait_for_selector(".rag-app[lang=ar]")


def test_what_the_program_says_stays_unfolded_while_the_answer_grows(scripted: tuple[Scripted, Window]) -> None:
    _, window = scripted
    page = window.page
    window.send("noted")
    page.wait_for_selector(".rag-turn .rag-notice summary")  # which moves as the answer grows
    page.evaluate("document.querySelector('.rag-turn .rag-notice summary').click()")
    page.wait_for_function("document.querySelector('.rag-answer').textContent.includes('كلمة20')")
    assert page.locator(".rag-turn .rag-notice[open]").count() == 1
    page.click("#rag-stop")
    window.wait_done(0)
