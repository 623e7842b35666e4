"""Conversations in the browser and over their routes: kept, listed, found, renamed, deleted, reopened, judged, changed, saved."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from rag.answer.assistant import Assistant
from rag.types import Article
from rag.ui.texts import say
from tests.conftest import Rag
from tests.ui.browser.window import ARTIFACTS, CHURKIN, NOWHERE, Window
from tests.ui.conftest import PASSWORD, Scripted, served


def log_html(window: Window) -> str:
    window.page.wait_for_function("![...document.querySelectorAll('.rag-following')].some(place => place.ariaBusy)")
    return window.page.evaluate(
        """() => { const log = document.querySelector('.rag-log').cloneNode(true);
           for (const node of log.querySelectorAll('.rag-following')) node.replaceChildren();
           for (const node of log.querySelectorAll('.rag-chip')) node.removeAttribute('aria-current');
           for (const node of log.querySelectorAll('[style]')) node.removeAttribute('style');
           for (const node of log.querySelectorAll('template')) node.remove();  // articles, or where they are asked for
           return log.innerHTML; }"""
    )


def test_a_conversation_is_as_it_was_after_a_restart(browser: object, archive: Assistant, home: Path) -> None:
    with served(archive, home) as url:
        window = Window(browser, url)
        window.ask(CHURKIN)
        window.ask("وماذا قال عن حلب؟")
        window.ask(NOWHERE)
        before, conversation = log_html(window), window.conversation()
        window.reload()
        assert log_html(window) == before
        window.shot("20-reloaded")
        window.close()
    with served(archive, home) as url:
        window = Window(browser, f"{url}#{conversation}")
        assert log_html(window) == before
        turns = window.page.locator(".rag-turn")
        unread = turns.locator("template[data-from]")
        window.page.wait_for_function(
            "document.querySelectorAll('template[data-from]').length == 2"
        )  # the last is shown
        turns.first.locator("button.rag-chip").first.click()
        window.page.wait_for_selector(".rag-panel mark.rag-here")
        assert unread.count() == 1
        window.ask("ومتى كان ذلك؟")
        assert window.page.locator(".rag-turn").count() == 4
        window.close()


def test_conversations_are_listed_found_renamed_and_deleted(browser: object, own: str) -> None:
    window = Window(browser, own)
    page = window.page
    window.ask(CHURKIN)
    page.click("#rag-new")
    window.ask(NOWHERE)
    titles = page.locator("#rag-conversations-list .rag-conversation")
    page.wait_for_function("document.querySelectorAll('.rag-conversation').length == 2")
    assert titles.all_text_contents() == [NOWHERE, CHURKIN]
    page.fill("#rag-conversations [name=words]", "موسكو فرصه")
    page.wait_for_function("document.querySelectorAll('.rag-conversation').length == 1")
    assert titles.all_text_contents() == [CHURKIN]
    titles.first.click()
    page.wait_for_selector("button.rag-chip")
    page.once("dialog", lambda dialog: dialog.accept("مجلس الأمن"))
    page.click("#rag-conversations-list summary")
    window.shot("21-conversations")
    page.click("[data-rename]")
    page.wait_for_function(
        "[...document.querySelectorAll('.rag-conversation')].some(conversation => conversation.textContent == 'مجلس الأمن')"
    )
    page.reload()
    window.ready()
    assert sorted(titles.all_text_contents()) == sorted(["مجلس الأمن", NOWHERE])
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    row = page.locator("#rag-conversations-list li", has_text="مجلس الأمن")
    row.locator("summary").click()
    row.locator("[data-delete]").click()
    page.wait_for_function("document.querySelectorAll('.rag-conversation').length == 1")
    assert "مجلس الأمن" in asked[0]
    assert page.locator(".rag-turn").count() == 0
    assert window.conversation() == ""
    window.check()
    window.close()


def test_a_stopped_answer_stays_stopped(scripted: tuple[Scripted, Window]) -> None:
    _, window = scripted
    window.send("slow")
    window.page.wait_for_function("document.querySelector('.rag-answer')?.textContent.includes('كلمة3')")
    window.page.click("#rag-stop")
    window.wait_done(0)
    before = log_html(window)
    assert "كلمة3" in window.last(".rag-answer").text_content()
    window.reload()
    assert log_html(window) == before


def test_an_answer_is_given_anew_and_a_question_changed_in_its_place(browser: object, own: str) -> None:
    window = Window(browser, own)
    page = window.page
    window.ask(NOWHERE)
    window.ask(CHURKIN)
    first = window.last().get_attribute("id")
    window.last("[data-action=again]").click()
    page.wait_for_function("id => !document.getElementById(id) && !document.querySelector('.rag-busy')", arg=first)
    assert page.locator(".rag-turn").count() == 2
    assert CHURKIN in window.last(".rag-question").text_content()
    window.last("[data-action=edit]").click()
    assert page.input_value("#rag-ask textarea") == CHURKIN
    assert page.locator("#rag-editing").is_visible()
    window.shot("22-editing")
    page.fill("#rag-ask textarea", "ماذا قال رايكروفت؟")
    page.keyboard.press("Enter")
    page.wait_for_function("!document.querySelector('.rag-log').textContent.includes('تشوركين؟')")
    assert page.locator(".rag-turn").count() == 2
    assert page.locator(".rag-turn [data-action=again]:visible").count() == 1
    before = log_html(window)
    window.reload()
    assert log_html(window) == before
    window.check()
    window.close()


def test_a_judgement_with_its_note_is_kept_and_becomes_a_row_of_a_test_set(
    browser: object, own: str, home: Path, rag: Rag
) -> None:
    window = Window(browser, own)
    window.ask(CHURKIN)
    window.last("[data-rating='1']").click()
    window.last(".rag-note input").fill("جواب <b>تام</b>")
    window.page.keyboard.press("Enter")
    window.page.wait_for_function("document.querySelector('.rag-note [role=status]').textContent == '✓'")
    window.shot("23-judged")
    window.reload()
    assert window.last("[data-rating='1']").get_attribute("aria-pressed") == "true"
    assert window.last(".rag-note input").input_value() == "جواب <b>تام</b>"
    rows = home / "rated.jsonl"
    rag("eval", rows, "--collect", RAG_HOME=str(home))
    row = json.loads(rows.read_text(encoding="utf-8"))
    assert (row["question"], row["kind"], row["note"]) == (CHURKIN, "liked", "جواب <b>تام</b>")
    assert window.last("button.rag-chip").first.get_attribute("data-quote") in row["answers"]
    window.check()
    window.close()


def test_a_conversation_is_saved_as_markdown_and_html_with_its_quotes(
    browser: object, own: str, tmp_path: Path
) -> None:
    window = Window(browser, own)
    window.ask(CHURKIN)
    window.ask("ماذا قال العقرب الأزرق؟")
    quotes = {chip.get_attribute("data-quote") for chip in window.page.locator("button.rag-chip").all()}
    window.page.wait_for_selector("#rag-conversations-list summary")
    window.page.click("#rag-conversations-list summary")
    for kind in ("md", "html"):
        with window.page.expect_download() as download:
            window.page.click(f"#rag-conversations-list a[href$='export.{kind}']")
        download.value.save_as(tmp_path / f"conversation.{kind}")
    written = window.context.new_page()
    written.goto((tmp_path / "conversation.html").as_uri())
    text = written.locator("body").text_content()
    assert all(quote in text for quote in quotes)
    assert written.locator("script, img, i, b").count() == 0
    assert written.evaluate("window.hacked") is None
    written.screenshot(path=str(ARTIFACTS / "24-exported.png"))
    assert "<script>" not in (tmp_path / "conversation.md").read_text(encoding="utf-8")
    window.close()


def test_with_a_password_each_browser_has_its_own_conversations(
    browser: object, archive: Assistant, home: Path
) -> None:
    with served(archive, home, PASSWORD) as url:
        one, other = (Window(browser, url, PASSWORD) for _ in range(2))
        one.ask(CHURKIN)
        conversation = one.conversation()
        other.reload()
        assert other.page.locator(".rag-conversation").count() == 0
        assert other.page.request.get(f"{url}ui/conversations/{conversation}").status == 400
        assert one.page.request.get(f"{url}ui/conversations/{conversation}").status == 200
        for window in (one, other):
            window.close()
        auth = (
            {"authorization": "Bearer " + PASSWORD}
            if PASSWORD.isascii()
            else {"authorization": b"Bearer " + PASSWORD.encode()}
        )
        nobody = httpx.get(f"{url}ui/conversations", headers=auth, trust_env=False)  # type: ignore[arg-type]
        assert nobody.status_code == 400


def test_on_ones_own_machine_another_window_has_its_own_turns_and_the_same_list(browser: object, own: str) -> None:
    one, other = (Window(browser, own) for _ in range(2))
    one.ask(CHURKIN)
    assert other.page.locator(".rag-turn").count() == 0
    other.reload()
    assert other.page.locator(".rag-conversation").all_text_contents() == [CHURKIN]
    for window in (one, other):
        window.close()


def test_an_article_that_changed_or_went_is_not_marked_wrongly(browser: object, own: str, archive: Assistant) -> None:
    article = Article("moved.txt", "قال سمير الراوي إن القافلة تصل غداً إلى الواحة الخضراء.")
    archive.library.add([article])
    window = Window(browser, own)
    window.ask("ماذا قال سمير الراوي؟")
    assert window.last("button.rag-chip").count() >= 1
    archive.library.add([Article("moved.txt", "مقدمة جديدة. " + article.text)])
    window.reload()
    window.page.locator("button.rag-chip").first.click()
    assert window.marked() == ""
    assert window.page.locator(".rag-article:visible .rag-text").text_content().startswith("مقدمة جديدة")
    archive.library.remove(["moved.txt"])
    window.reload()
    window.page.locator("button.rag-chip").first.click()
    assert say("gone") in window.page.locator(".rag-article:visible").text_content()
    window.close()


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{", '{"question": 5}', '{"question": "q", "sources": "x"}', '{"question": "q", "sources": [1]}'],
)
def test_what_is_no_question_is_refused_with_a_line(api: str, body: str) -> None:
    answer = httpx.post(f"{api}ui/ask", content=body, trust_env=False)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("GET", "ui/conversations/nobody", None),
        ("DELETE", "ui/conversations/nobody", None),
        ("POST", "ui/conversations/nobody", {"title": "x"}),
        ("GET", "ui/conversations/nobody/export.md", None),
        ("GET", "ui/conversations/nobody/export.exe", None),
        ("GET", "ui/conversations/nobody/following/x", None),
        ("POST", "ui/turns/nobody/rating", {"rating": "1"}),
        ("POST", "ui/turns/nobody/rating", {"rating": "9"}),
    ],
)
def test_what_is_not_there_gives_a_line(api: str, method: str, path: str, data: dict[str, str] | None) -> None:
    answer = httpx.request(method, api + path, data=data, trust_env=False)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_another_conversation_cannot_be_gone_on_with(api: str) -> None:
    answer = httpx.post(
        f"{api}ui/ask", content=json.dumps({"question": CHURKIN, "conversation": "nobody"}), trust_env=False
    )
    last = json.loads(answer.text.strip().split("\n")[-1])
    assert last["done"]
    assert last["failed"]
    assert "nobody" in last["html"]
