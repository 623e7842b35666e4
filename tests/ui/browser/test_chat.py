"""Asking in Debian's Chromium: answers, their evidence, streaming, stopping, refusals, errors, hostile text, phones."""

from __future__ import annotations

import re

import pytest

from rag.answer.assistant import Assistant
from rag.errors import InputError
from rag.settings import load_settings
from rag.ui.server import address, free_socket
from rag.ui.texts import say
from tests.conftest import parsed
from tests.ui.browser.window import CHURKIN, NOWHERE, Window
from tests.ui.conftest import HOSTILE, Scripted, served


def test_an_answer_leads_to_the_words_of_its_articles(window: Window, archive: Assistant) -> None:
    window.shot("01-open")
    window.ask(CHURKIN)
    window.shot("02-answer")
    chips = window.page.locator("button.rag-chip")
    *_, answer = archive.ask(parsed(CHURKIN))
    assert {c.article for c in answer.citations} >= {"000_5c98a5cbdd08ebb3.txt", "004_145c0f4ce0912f68.txt"}
    assert chips.count() == len(answer.citations)
    for i, citation in enumerate(answer.citations):
        chips.nth(i).click()
        assert window.page.locator(".rag-article:visible").get_attribute("data-article") == citation.article
        assert window.marked() == citation.quote
        assert window.in_view(".rag-panel mark.rag-here")
        shown = archive.library.article(citation.article)
        assert shown
        assert window.page.locator(".rag-article:visible .rag-text").text_content() == shown.text
    window.shot("03-evidence")
    sources = window.page.locator(".rag-sources li")
    assert sources.count() == len({c.article for c in answer.citations})
    assert window.page.locator("html").get_attribute("dir") == "rtl"


def test_the_keyboard_asks_opens_the_evidence_and_comes_back(window: Window) -> None:
    page = window.page
    page.locator("#rag-new").focus()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.matches('#rag-ask textarea')")
    page.keyboard.type("ماذا قال")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("تشوركين؟")
    assert page.input_value("#rag-ask textarea") == "ماذا قال\nتشوركين؟"
    page.keyboard.press("Enter")
    window.wait_done(0)
    chip = page.locator("button.rag-chip").first
    chip.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('mark.rag-here')")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('button.rag-chip')")
    chip.hover()
    assert page.locator("#rag-tip").text_content() == chip.get_attribute("data-quote")


def test_what_the_archive_does_not_hold_is_refused_with_the_nearest_passages(window: Window) -> None:
    window.ask(NOWHERE)
    assert say("refusal") in window.last().text_content()
    assert window.last("button.rag-chip").count() == 0
    link = window.last(".rag-nearest button.rag-link").first
    link.click()
    assert window.page.locator(".rag-article:visible").get_attribute("data-article") == link.get_attribute("data-open")
    assert window.in_view(".rag-panel .rag-here")
    window.shot("04-refusal")


def test_suggested_questions_are_asked_with_one_click_and_others_follow_the_answer(window: Window) -> None:
    example = window.page.locator("#rag-examples button").first
    question = example.text_content()
    example.click()
    window.wait_done(0)
    assert question.strip() in window.last(".rag-question").text_content()
    assert window.last("button.rag-chip").count() >= 1
    window.ask(CHURKIN)
    window.page.wait_for_selector(".rag-following button")
    window.shot("05-follow-up-suggestions")
    following = window.last(".rag-following button").first
    asked = following.text_content()
    following.click()
    window.wait_done(2)
    assert asked in window.last(".rag-question").text_content()
    assert window.last("button.rag-chip").count() >= 1


def test_questions_that_cannot_be_asked_give_a_line_and_the_page_goes_on(window: Window) -> None:
    window.ask("   ")
    assert say("errors.empty") in window.last(".rag-error").text_content()
    window.ask("سؤال " * 20_000)
    assert "100,000" in window.last(".rag-error").text_content()
    assert window.page.input_value("#rag-ask textarea") == "سؤال " * 20_000
    window.shot("06-errors")
    window.ask(CHURKIN)
    assert window.last("button.rag-chip").count() >= 2


def test_an_article_cannot_change_the_page(window: Window) -> None:
    window.ask("ماذا قال العقرب الأزرق؟")
    window.last("button[data-open]").first.click()
    window.shot("07-hostile")
    article = window.page.locator(".rag-article:visible")
    assert article.get_attribute("data-article") == HOSTILE.id
    assert article.locator(".rag-text").text_content() == HOSTILE.text
    assert article.locator("h3").text_content() == HOSTILE.title
    assert article.locator("script, img, b, i, em, strong").count() == 0
    assert "\u202e" not in window.last(".rag-answer").text_content()
    assert window.last("a").count() == 0
    window.ask(HOSTILE.text[:300])
    assert "<script>window.hacked=1</script>" in window.last(".rag-question").text_content()
    assert window.page.evaluate("window.hacked") is None


def test_an_answer_is_copied_with_its_quotes(window: Window) -> None:
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    window.ask(CHURKIN)
    window.last("[data-action=copy]").click()
    window.page.wait_for_selector(".rag-done")
    copied = window.page.evaluate("navigator.clipboard.readText()")
    for chip in window.page.locator("button.rag-chip").all():
        assert f"[{chip.text_content()}] {chip.get_attribute('data-quote')}" in copied


def test_a_follow_up_shows_how_it_was_understood(window: Window) -> None:
    window.ask("متى وقعت روسيا معاهدتي الصداقة مع الإقليمين؟")
    assert window.last("strong.rag-short").first.text_content() == "الأربعاء"
    window.ask(CHURKIN)
    assert window.last(".rag-understood").count() == 0
    window.ask("وماذا قال عن حلب؟")
    assert "ماذا قال تشوركين عن حلب؟" in window.last(".rag-understood").text_content()
    assert window.last("button.rag-chip").count() == 1
    window.shot("08-follow-up")
    window.page.click("#rag-new")
    assert window.page.locator(".rag-turn").count() == 0
    window.ask("وماذا قال عن حلب؟")
    assert window.last(".rag-understood").count() == 0


def test_a_question_is_narrowed_by_source_and_date(window: Window) -> None:
    page = window.page
    page.click("#rag-filters summary")
    page.wait_for_selector("#rag-sources [value='الفلك']")
    page.check("#rag-sources [value='الفلك']")
    window.shot("09-filters")
    window.ask("ماذا اكتشف العلماء؟")
    assert "الفلك" in window.last(".rag-small").first.text_content()
    assert set(window.last("[data-open]").evaluate_all("all => all.map(one => one.dataset.open)")) == {"1.txt"}
    page.fill("[name=until]", "2019")
    window.ask("ماذا اكتشف العلماء؟")
    assert say("errors.scope") in window.last(".rag-error").text_content()
    page.click("#rag-unfilter")
    window.ask(CHURKIN)
    assert window.last("button.rag-chip").count() >= 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_has_no_horizontal_scroll(browser: object, api: str, scheme: str) -> None:
    window = Window(browser, api, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    wide = "document.documentElement.scrollWidth > innerWidth"
    assert not window.page.evaluate(wide)
    window.ask(CHURKIN)
    window.shot(f"10-phone-{scheme}")
    assert not window.page.evaluate(wide)
    window.page.locator("button.rag-chip").nth(1).click()
    assert window.in_view(".rag-panel mark.rag-here")
    window.shot(f"11-phone-evidence-{scheme}")
    window.page.click("#rag-conversations-open")
    window.shot(f"12-phone-conversations-{scheme}")
    assert not window.page.evaluate(wide)
    window.check()
    window.close()


def test_streaming_stopping_labels_and_errors(scripted: tuple[Scripted, Window]) -> None:
    made, window = scripted
    assert "index repaired" in window.page.locator("#rag-status").text_content()
    window.send("slow")
    window.page.wait_for_function("document.querySelector('.rag-answer')?.textContent.includes('كلمة5')")
    assert not made.closed.is_set()
    window.shot("13-streaming")
    window.page.keyboard.press("Escape")
    window.wait_done(0)
    assert made.closed.wait(60), "the writer was not stopped"
    assert say("stopped") in window.last().text_content()
    window.ask("unsupported")
    assert window.last(".rag-unsupported").count() == 2
    assert say("unsupported") in window.last().text_content()
    window.shot("14-unsupported")
    window.ask("busy")
    assert say("errors.BusyError") in window.last(".rag-error").text_content()
    window.ask("bug")
    assert say("errors.unexpected") in window.last(".rag-error").text_content()


def test_those_who_wait_see_their_place(browser: object, scripted: tuple[Scripted, Window]) -> None:
    _, window = scripted
    other = Window(browser, window.url)
    window.send("slow")
    window.page.wait_for_function("document.querySelector('.rag-answer')?.textContent.includes('كلمة1')")
    other.send("slow")
    other.page.wait_for_selector(".rag-place")
    assert "1" in other.last(".rag-place").text_content()
    other.shot("15-queue")
    window.page.click("#rag-stop")
    other.page.wait_for_function("document.querySelector('.rag-answer')?.textContent.includes('كلمة1')")
    other.page.click("#rag-stop")
    other.wait_done(0)
    other.check()
    other.close()


def test_who_leaves_the_line_gets_the_question_back(browser: object, scripted: tuple[Scripted, Window]) -> None:
    _, window = scripted
    other = Window(browser, window.url)
    other.send("slow")
    other.page.wait_for_function("document.querySelector('.rag-answer')?.textContent.includes('كلمة1')")
    window.send("slow too")
    window.page.wait_for_selector(".rag-place")
    window.page.click("#rag-stop")
    window.page.wait_for_function("!document.querySelector('.rag-busy')")
    assert window.page.locator(".rag-turn").count() == 0
    assert window.page.input_value("#rag-ask textarea") == "slow too"
    other.page.click("#rag-stop")
    other.wait_done(0)
    other.close()


def test_a_closed_tab_stops_the_writer(browser: object, scripted_api: tuple[Scripted, str]) -> None:
    made, url = scripted_api
    window = Window(browser, url)
    window.send("slow")
    window.page.wait_for_function("document.querySelector('.rag-answer')?.textContent.includes('كلمة3')")
    window.close()
    assert made.closed.wait(60), "the writer went on for nobody"


def test_an_empty_library_says_what_to_do(browser: object, tmp_path: object) -> None:
    from rag.wiring import open_assistant

    opened = open_assistant(load_settings(home=tmp_path, writer="quote"))
    with served(opened, tmp_path) as url:  # type: ignore[arg-type]
        window = Window(browser, url)
        assert say("empty") in window.page.locator("#rag-status").text_content()
        assert window.page.locator("#rag-examples button").count() == 0
        window.ask(CHURKIN)
        assert say("refusal") in window.last().text_content()
        window.shot("16-empty")
        opened.library.add([HOSTILE])
        window.reload()
        assert window.page.locator("#rag-status .rag-error").count() == 0
        window.page.click("#rag-new")
        window.ask("ماذا قال العقرب الأزرق؟")
        assert window.last("button.rag-chip").count() >= 1
        window.check()
        window.close()


def test_only_what_the_page_needs_is_served(browser: object, api: str) -> None:
    window = Window(browser, api)
    for path in ("gradio_api/upload", "proxy=https://example.com", "gradio_api/file=app.py", "monitoring", "docs"):
        assert window.page.request.get(api + path).status == 404, path
    for path in ("ui/static/../page.py", "ui/static/%2e%2e/page.py", "ui/nothing"):
        assert window.page.request.get(api + path).status == 404, path
    page = window.page.request.get(api)
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert set(re.findall(r"https?://[^/\"'\s:]+", page.text())) <= {"http://127.0.0.1"}
    window.close()


def test_a_taken_port_gives_the_next_and_a_foreign_host_an_error() -> None:
    with free_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with free_socket("127.0.0.1", port) as following:
            assert port < following.getsockname()[1] <= port + 20
    with pytest.raises(InputError):
        free_socket("192.0.2.1", 0)
    assert address("0.0.0.0", 80) == "http://127.0.0.1:80/"
