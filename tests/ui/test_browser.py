"""The chat in Debian's Chromium, over the seeds and an article that attacks the page. Screenshots: tests/artifacts/."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.answer.writers import Choice
from rag.errors import BusyError, InputError
from rag.settings import load_settings
from rag.types import Answer, Article, Citation
from rag.ui.server import address, free_socket, start
from rag.ui.texts import say
from tests.conftest import SEEDS

pytestmark = [
    # gradio 6.31 uses what pandas 3 has deprecated, on every event (gradio/queueing.py:176).
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated:DeprecationWarning"),
]
ARTIFACTS = Path(__file__).resolve().parent.parent / "artifacts"
ARGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
DONE = "n => document.querySelectorAll('.rag-turn').length > n && !document.querySelector('.rag-turn[aria-busy=true]')"
CHURKIN, NOWHERE = "ماذا قال تشوركين؟", "ما هي وصفة الكبسة؟"
HOSTILE = Article(
    "z <b>bad</b> & 'x'.txt",
    'قال العقرب الأزرق في بيانه: <script>window.hacked=1</script> <img src="x" onerror="window.hacked=1"> '
    "$x$ **b** [1] ${7*7} {{value}} ثم سكت العقرب الأزرق.\n\nوهذه فقرة ثانية عن الواحة البعيدة.",
    title="<i onmouseover=window.hacked=1>عنوان</i>",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    chromium = shutil.which("chromium")
    if chromium is None:
        reason = "no chromium: install Debian's package (apt-get install chromium)"
        if os.environ.get("RAG_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    ARTIFACTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGS.split())
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    from rag.library import read
    from rag.wiring import open_assistant, open_library

    settings = load_settings(home=tmp_path_factory.mktemp("home"), writer="quote")
    library = open_library(settings)
    library.add([*(item for item in read([SEEDS]) if isinstance(item, Article)), HOSTILE])
    library.close()
    return open_assistant(settings)


@pytest.fixture(scope="module")
def server(assistant: Assistant) -> Iterator[str]:
    url, close = start(assistant, "127.0.0.1", 0)
    yield url
    close()


class Window:
    """A page on the chat that notes what it asks for, what it logs and where its scripts fail."""

    def __init__(self, browser: object, url: str, **options: object) -> None:
        self.context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))  # type: ignore[attr-defined]
        self.page, self.url, self.requests, self.errors = self.context.new_page(), url, [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.goto(url)
        self.page.wait_for_selector(".rag-log")
        self.page.wait_for_selector(".rag-ask textarea")

    def ask(self, question: str) -> None:
        turns = self.page.locator(".rag-turn").count()
        self.page.fill(".rag-ask textarea", question)
        self.page.press(".rag-ask textarea", "Enter")
        self.wait_done(turns)

    def wait_done(self, before: int) -> None:
        self.page.wait_for_function(DONE, arg=before)
        # Gradio's client loses an event that it sends in the moment in which the last one's stream ends.
        self.page.wait_for_timeout(300)

    def shot(self, name: str) -> None:
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")

    def last(self, selector: str = "") -> object:
        turn = self.page.locator(".rag-turn").last
        return turn.locator(selector) if selector else turn

    def marked(self) -> str:
        return "".join(self.page.locator(".rag-panel mark.rag-here").all_text_contents())

    def in_view(self, selector: str) -> bool:
        return self.page.evaluate(
            """selector => { const box = document.querySelector(selector).getBoundingClientRect();
               const held = document.querySelector('.rag-panel section').getBoundingClientRect();
               return box.top >= Math.max(0, held.top) && box.top < Math.min(innerHeight, held.bottom); }""",
            selector,
        )

    def check(self) -> None:
        outside = [url for url in self.requests if not url.startswith((self.url, "data:", "blob:"))]
        assert not outside, f"the page reached for {outside}"
        assert not self.errors


@pytest.fixture
def window(browser: object, server: str) -> Iterator[Window]:
    opened = Window(browser, server)
    yield opened
    opened.check()
    opened.context.close()


def test_an_answer_leads_to_the_words_of_its_articles(window: Window, assistant: Assistant) -> None:
    window.shot("1-open")
    window.ask(CHURKIN)
    window.shot("2-answer")
    chips = window.page.locator("button.rag-chip")
    *_, answer = assistant.ask(CHURKIN)
    assert {c.article for c in answer.citations} >= {"000_5c98a5cbdd08ebb3.txt", "004_145c0f4ce0912f68.txt"}
    assert chips.count() == len(answer.citations)
    for i, citation in enumerate(answer.citations):
        chips.nth(i).click()
        assert window.page.locator(".rag-article:visible").get_attribute("data-article") == citation.article
        assert window.marked() == citation.quote
        assert window.in_view(".rag-panel mark.rag-here")
        shown = assistant.library.article(citation.article)
        assert shown
        assert window.page.locator(".rag-article:visible .rag-text").text_content() == shown.text
    window.shot("3-evidence")
    sources = window.page.locator(".rag-sources li")
    assert sources.count() == len({c.article for c in answer.citations})
    assert window.page.locator("html").get_attribute("dir") == "rtl"


def test_the_keyboard_opens_the_evidence_and_comes_back(window: Window) -> None:
    window.ask(CHURKIN)
    chip = window.page.locator("button.rag-chip").first
    chip.focus()
    window.page.keyboard.press("Enter")
    assert window.page.evaluate("document.activeElement.matches('mark.rag-here')")
    window.page.keyboard.press("Escape")
    assert window.page.evaluate("document.activeElement.matches('button.rag-chip')")
    chip.hover()
    assert window.page.locator("#rag-tip").text_content() == chip.get_attribute("data-quote")


def test_a_reload_keeps_the_answers_and_a_new_chat_drops_them(window: Window) -> None:
    window.ask(CHURKIN)
    window.page.reload()
    window.page.wait_for_selector("button.rag-chip")
    window.page.locator("button.rag-chip").first.click()
    assert window.marked()
    window.page.click("#rag-new")
    assert window.page.locator(".rag-turn").count() == 0
    window.page.reload()
    window.page.wait_for_selector(".rag-welcome")
    assert window.page.locator(".rag-turn").count() == 0


def test_sessions_do_not_see_each_other(window: Window, browser: object, server: str) -> None:
    other = Window(browser, server)
    window.ask(CHURKIN)
    assert other.page.locator(".rag-turn").count() == 0
    other.context.close()


def test_what_the_archive_does_not_hold_is_refused_with_the_nearest_passages(window: Window) -> None:
    window.ask(NOWHERE)
    assert say("refusal") in window.last().text_content()
    assert window.last("button.rag-chip").count() == 0
    link = window.last(".rag-nearest button.rag-link").first
    link.click()
    assert window.page.locator(".rag-article:visible").get_attribute("data-article") == link.get_attribute("data-open")
    assert window.in_view(".rag-panel .rag-here")
    window.shot("4-refusal")


def test_an_example_is_asked_with_one_click(window: Window) -> None:
    example = window.page.locator(".rag-examples button").nth(1)
    question = example.text_content()
    example.click()
    window.wait_done(0)
    assert question.strip() in window.last(".rag-question").text_content()
    assert window.last("button.rag-chip").count() >= 1


def test_questions_that_cannot_be_asked_give_a_line_and_the_page_goes_on(window: Window) -> None:
    window.ask("   ")
    assert say("errors.empty") in window.last(".rag-error").text_content()
    window.ask("س" * 100_000)
    assert "100,000" in window.last(".rag-error").text_content()
    window.shot("5-errors")
    window.ask(CHURKIN)
    assert window.last("button.rag-chip").count() >= 2


def test_an_article_cannot_change_the_page(window: Window) -> None:
    window.ask("ماذا قال العقرب الأزرق؟")
    window.last("button[data-open]").first.click()
    window.shot("6-hostile")
    article = window.page.locator(".rag-article:visible")
    assert article.get_attribute("data-article") == HOSTILE.id
    assert article.locator(".rag-text").text_content() == HOSTILE.text
    assert article.locator("h3").text_content() == HOSTILE.title
    assert article.locator("script, img, b, i, em, strong").count() == 0
    assert window.page.evaluate("window.hacked") is None
    window.ask(HOSTILE.text[:300])
    assert "<script>window.hacked=1</script>" in window.last(".rag-question").text_content()
    assert window.page.evaluate("window.hacked") is None


def test_a_follow_up_shows_how_it_was_understood(window: Window) -> None:
    window.ask("متى وقعت روسيا معاهدتي الصداقة مع الإقليمين؟")
    assert window.last("strong.rag-short").first.text_content() == "الأربعاء الفائت"
    window.ask(CHURKIN)
    assert window.last(".rag-understood").count() == 0
    window.ask("وماذا قال عن حلب؟")
    assert "ماذا قال تشوركين عن حلب؟" in window.last(".rag-understood").text_content()
    assert window.last("button.rag-chip").count() == 1
    window.shot("11-follow-up")
    window.page.click("#rag-new")
    window.page.wait_for_function("!document.querySelector('.rag-turn')")
    window.ask("وماذا قال عن حلب؟")
    assert window.last(".rag-understood").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_has_no_horizontal_scroll(browser: object, server: str, scheme: str) -> None:
    window = Window(browser, server, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    wide = "document.documentElement.scrollWidth > innerWidth"
    assert not window.page.evaluate(wide)
    window.ask(CHURKIN)
    window.shot(f"7-phone-{scheme}")
    assert not window.page.evaluate(wide)
    window.page.locator("button.rag-chip").nth(1).click()
    assert window.in_view(".rag-panel mark.rag-here")
    window.shot(f"8-phone-evidence-{scheme}")
    assert not window.page.evaluate(wide)
    window.check()
    window.context.close()


class Scripted:
    """An assistant that answers by the question: slow words, an unsupported claim, an error."""

    name, choice = "llama", Choice("found", "scripted")

    def __init__(self, library: object) -> None:
        self.library, self.writer, self.notices, self.closed = library, self, ["index repaired"], threading.Event()

    def ask(self, question: str, history: Sequence[Answer]) -> Iterator[Answer]:
        answer = Answer(question, "answered", "", "llama", notice="index repaired")
        if question == "busy":
            raise BusyError("9 questions wait")
        if question == "fail":
            raise ZeroDivisionError
        if question == "unsupported":
            quote = HOSTILE.text[:10]
            wrong = Citation(1, "زعم", HOSTILE.id, "", 0, 10, quote, "unsupported", 4)
            uncited = Citation(0, "وزعم آخر.", "", "", 0, 0, "", "unsupported", 18)
            yield replace(answer, text="زعم [1]. وزعم آخر.", citations=(wrong, uncited), done=True)
            return
        try:
            for i in range(400):
                answer = replace(answer, text=f"{answer.text} كلمة{i}")
                yield answer
                time.sleep(0.05)
            yield replace(answer, done=True)
        finally:
            self.closed.set()


@pytest.fixture
def scripted(assistant: Assistant) -> Iterator[tuple[Scripted, str]]:
    made = Scripted(assistant.library)
    url, close = start(made, "127.0.0.1", 0)  # type: ignore[arg-type]
    yield made, url
    close()


def test_streaming_stopping_labels_and_errors(browser: object, scripted: tuple[Scripted, str]) -> None:
    made, url = scripted
    window = Window(browser, url)
    assert "index repaired" in window.page.locator(".rag-header").text_content()
    window.page.fill(".rag-ask textarea", "slow")
    window.page.press(".rag-ask textarea", "Enter")
    window.page.wait_for_function("document.querySelector('.rag-answer')?.textContent.includes('كلمة5')")
    assert not made.closed.is_set()
    window.page.click("#rag-stop")
    window.wait_done(0)
    assert made.closed.wait(5), "the writer was not stopped"
    assert say("stopped") in window.last().text_content()
    window.ask("unsupported")
    assert window.last(".rag-unsupported").count() == 2
    assert say("unsupported") in window.last().text_content()
    window.shot("9-unsupported")
    window.ask("busy")
    assert say("errors.BusyError") in window.last(".rag-error").text_content()
    window.ask("fail")
    assert say("errors.unexpected") in window.last(".rag-error").text_content()
    window.check()
    window.context.close()


def test_a_closed_tab_stops_the_writer(browser: object, scripted: tuple[Scripted, str]) -> None:
    made, url = scripted
    window = Window(browser, url)
    window.page.fill(".rag-ask textarea", "slow")
    window.page.press(".rag-ask textarea", "Enter")
    window.page.wait_for_function("document.querySelector('.rag-answer')?.textContent.includes('كلمة3')")
    window.context.close()
    assert made.closed.wait(15), "the writer went on for nobody"


def test_an_empty_library_says_what_to_do(browser: object, tmp_path: Path) -> None:
    from rag.wiring import open_assistant

    opened = open_assistant(load_settings(home=tmp_path, writer="quote"))
    url, close = start(opened, "127.0.0.1", 0)
    window = Window(browser, url)
    assert "rag index PATH" in window.page.locator(".rag-header").text_content()
    assert window.page.locator(".rag-examples button").count() == 0
    window.ask(CHURKIN)
    assert say("refusal") in window.last().text_content()
    window.shot("10-empty")
    opened.library.add([HOSTILE])
    window.page.reload()
    window.page.wait_for_function("!document.querySelector('.rag-header .rag-error')")
    window.ask("ماذا قال العقرب الأزرق؟")
    assert window.last("button.rag-chip").count() >= 1
    window.check()
    window.context.close()
    close()


def test_only_what_the_page_needs_is_served(browser: object, server: str) -> None:
    window = Window(browser, server)
    for path in ("gradio_api/upload", "proxy=https://example.com", "gradio_api/file=app.py", "monitoring", "docs"):
        assert window.page.request.get(server + path).status == 404, path
    page = window.page.request.get(server)
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert set(re.findall(r"https?://[^/\"'\s:]+", page.text())) <= {"http://127.0.0.1"}
    window.context.close()


def test_a_taken_port_gives_the_next_and_a_foreign_host_an_error() -> None:
    with free_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with free_socket("127.0.0.1", port) as following:
            assert port < following.getsockname()[1] <= port + 20
    with pytest.raises(InputError):
        free_socket("192.0.2.1", 0)
    assert address("0.0.0.0", 80) == "http://127.0.0.1:80/"
