"""Several windows on one conversation, and what happens to it while it is answered; the page's requests as they are sent."""

from __future__ import annotations

import json

import httpx

from rag.ui.texts import say
from tests.ui.browser.window import CHURKIN, NOWHERE, Window
from tests.ui.conftest import Scripted


def posted(url: str, **what: object) -> list[dict[str, object]]:
    answer = httpx.post(f"{url}ui/ask", content=json.dumps(what), trust_env=False, timeout=60)
    return [json.loads(line) for line in answer.text.strip().split("\n")]


def kept(url: str, conversation: object) -> list[str]:
    return [turn["html"] for turn in httpx.get(f"{url}ui/conversations/{conversation}", trust_env=False).json()]


def test_an_answer_that_fails_on_the_way_is_not_kept(scripted_api: tuple[Scripted, str]) -> None:
    url = scripted_api[1]
    conversation = posted(url, question="new line\n")[-1]["conversation"]
    said = posted(url, question="late", conversation=conversation)
    assert said[-1]["failed"]
    assert said[-2]["conversation"] == conversation
    assert len(kept(url, conversation)) == 1


def test_a_turn_is_not_replaced_where_the_conversation_has_gone_on_elsewhere(api: str) -> None:
    first = posted(api, question=CHURKIN)[-1]
    posted(api, question=NOWHERE, conversation=first["conversation"])
    said = posted(api, question=CHURKIN, conversation=first["conversation"], replacing=first["turn"])[-1]
    assert said["failed"]
    assert say("errors.GoneError") in said["html"]
    assert len(kept(api, first["conversation"])) == 2


def test_an_answer_whose_conversation_was_deleted_meanwhile_says_so(scripted_api: tuple[Scripted, str]) -> None:
    url = scripted_api[1]
    with httpx.stream("POST", f"{url}ui/ask", content='{"question": "slow"}', trust_env=False, timeout=60) as answer:
        lines = answer.iter_lines()
        said = next(snapshot for snapshot in map(json.loads, lines) if snapshot["conversation"])
        assert httpx.delete(f"{url}ui/conversations/{said['conversation']}", trust_env=False).status_code == 200
        httpx.post(f"{url}ui/turns/{said['turn']}/stop", trust_env=False)
        *_, last = map(json.loads, lines)
    assert last["done"]
    assert say("errors.GoneError") in last["html"]
    assert httpx.get(f"{url}ui/conversations/{said['conversation']}", trust_env=False).status_code == 400


def test_a_question_with_halves_of_letters_is_answered(api: str) -> None:
    said = posted(api, question="ماذا \ud800 قال؟", sources=["\udfff"])
    assert said[-1]["done"]


def test_dates_in_arabic_digits_narrow_a_question(api: str) -> None:
    said = posted(api, question="ماذا اكتشف العلماء؟", since="٢٠٢٠", until="٢٠٢٠-٠١")[-1]
    assert not said["failed"]
    assert 'data-open="1.txt"' in str(said["html"])


def test_two_quick_clicks_open_the_last_conversation_alone(browser: object, own: str) -> None:
    for question in (CHURKIN, NOWHERE):
        posted(own, question=question)
    window = Window(browser, own)
    window.page.evaluate(
        "document.querySelectorAll('.rag-conversation').forEach((conversation) => conversation.click())"
    )
    window.page.wait_for_selector(".rag-turn")
    window.page.wait_for_timeout(500)
    assert window.page.locator(".rag-turn").count() == 1
    assert CHURKIN in window.last(".rag-question").text_content()
    window.close()


def test_the_language_is_switched_while_an_answer_is_written(scripted: tuple[Scripted, Window]) -> None:
    _, window = scripted
    page = window.page
    window.ask("unsupported")
    window.send("slow")
    page.wait_for_function("document.querySelector('.rag-log').textContent.includes('كلمة2')")
    page.fill("#rag-ask textarea", "مسودة")
    page.click("#rag-language")
    page.wait_for_selector(".rag-app[lang=en].rag-busy")
    assert page.locator(".rag-turn").count() == 2
    assert page.input_value("#rag-ask textarea") == "مسودة"
    page.click("#rag-stop")
    window.wait_done(1)
    assert say("stopped") in window.last().text_content()
    page.click("#rag-language")
    page.wait_for_selector(".rag-app[lang=ar]")


def test_a_slow_page_shows_the_newest_snapshot_and_not_each(browser: object, own: str) -> None:
    """What came meanwhile is passed over: a page that shows every snapshot is never done with a long answer."""
    window = Window(browser, own)
    page = window.page
    written = [
        {"turn": "7", "html": "كلمة " * i, "done": i == 500, "failed": False, "conversation": None} for i in range(501)
    ]
    page.route("**/ui/ask", lambda route: route.fulfill(body="".join(json.dumps(one) + "\n" for one in written)))
    page.evaluate(
        """() => { window.shown = 0; new MutationObserver((changes) => {
           for (const change of changes) if (change.target.id === "turn-7") window.shown += change.addedNodes.length;
        }).observe(document.querySelector(".rag-log"), { childList: true, subtree: true }); }"""
    )
    window.ask("slow")
    assert window.last().text_content().count("كلمة") == 500
    assert 0 < page.evaluate("window.shown") < 50
    window.close()


def test_an_answer_that_is_left_goes_on_in_its_conversation(scripted: tuple[Scripted, Window]) -> None:
    made, window = scripted
    page = window.page
    window.send("slow")
    page.wait_for_function("document.querySelector('.rag-log').textContent.includes('كلمة2')")
    conversation, turn = window.conversation(), window.last().get_attribute("id").removeprefix("turn-")
    page.fill("#rag-conversations [name=words]", "s")
    page.press("#rag-conversations [name=words]", "Escape")
    page.click("#rag-new")
    assert page.locator(".rag-turn").count() == 0
    assert page.locator("#rag-stop:visible").count() == 0
    assert not made.closed.is_set()
    page.click(f"[data-conversation='{conversation}']")
    page.wait_for_selector(".rag-turn .rag-wait")
    page.request.post(f"{window.url}ui/turns/{turn}/stop")
    page.wait_for_function("text => document.querySelector('.rag-log').textContent.includes(text)", arg=say("stopped"))
    assert "كلمة2" in window.last(".rag-answer").text_content()


def test_a_conversation_that_is_deleted_while_it_is_answered_is_left(scripted: tuple[Scripted, Window]) -> None:
    made, window = scripted
    page = window.page
    page.on("dialog", lambda dialog: dialog.accept())
    window.send("slow")
    page.wait_for_function("document.querySelector('.rag-log').textContent.includes('كلمة2')")
    page.locator("li:has([aria-current]) summary").click()
    page.locator("li:has([aria-current]) [data-delete]").click()
    page.wait_for_function("!document.querySelector('.rag-turn')")
    assert window.conversation() == ""
    assert made.closed.wait(60)
    window.ask("unsupported")
    assert window.last(".rag-unsupported").count() == 2


def test_a_menu_closes_by_escape_and_by_a_click_elsewhere(browser: object, own: str) -> None:
    posted(own, question=CHURKIN)
    window = Window(browser, own)
    page = window.page
    page.click("#rag-conversations-list summary")
    page.keyboard.press("Escape")
    assert page.locator("#rag-conversations-list details[open]").count() == 0
    assert page.evaluate("document.activeElement.matches('#rag-conversations-list summary')")
    page.click("#rag-conversations-list summary")
    page.click("h1")
    assert page.locator("#rag-conversations-list details[open]").count() == 0
    window.close()
