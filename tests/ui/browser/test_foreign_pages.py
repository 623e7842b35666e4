"""What a page of another site has the browser of somebody who is signed in do to the chat: all of it is refused."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rag.answer.assistant import Assistant
from tests.ui.browser.window import ARGS
from tests.ui.conftest import served

ATTACKS = """<!doctype html><title>elsewhere</title><body><script>
const chat = "{chat}", quiet = () => {{}};
const get = (path) => fetch(chat + path, {{ mode: "no-cors", credentials: "include" }}).catch(quiet);
const post = (path, body, type) =>
  fetch(chat + path, {{ method: "POST", mode: "no-cors", credentials: "include", body, headers: {{ "content-type": type }} }}).catch(quiet);
const add = (tag, values) => Object.assign(document.body.appendChild(document.createElement(tag)), values);
const sent = (path, fields) => {{
  const frame = add("iframe", {{ name: "f" + Math.random() }});
  const form = add("form", {{ method: "post", action: chat + path, target: frame.name, enctype: "text/plain" }});
  for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), {{ name, value }}));
  form.submit();
}};
window.run = async () => {{
  for (const path of ["", "ui/app", "ui/conversations?words=", "v1/models", "config", "ui/library", "gradio_api/info", "ui/static/app.js"])
    await get(path);
  await post("ui/ask", '{{"question": "ماذا قال تشوركين؟"}}', "text/plain");
  await post("v1/chat/completions", '{{"model": "rag", "messages": [{{"role": "user", "content": "حلب"}}]}}', "text/plain");
  await post("gradio_api/queue/join", '{{"data": ["حلب", "", "", null], "fn_index": 1, "session_hash": "x"}}', "text/plain");
  await post("gradio_api/mcp/", '{{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}}', "text/plain");
  await post("ui/logout", "", "application/x-www-form-urlencoded");
  await fetch(chat + "ui/app", {{ credentials: "include" }}).catch(quiet);
  await fetch(chat + "ui/library/articles?id=1.txt", {{ method: "DELETE", credentials: "include" }}).catch(quiet);
  navigator.sendBeacon(chat + "ui/ask", '{{"question": "حلب"}}');
  sent("ui/ask", {{ '{{"question": "حلب", "x": "': '"}}' }});
  sent("ui/logout", {{}});
  add("img", {{ src: chat + "ui/library" }});
  add("script", {{ src: chat + "config" }});
  add("script", {{ src: chat + "ui/static/app.js", type: "module" }});
  add("link", {{ rel: "stylesheet", href: chat + "theme.css" }});
  add("iframe", {{ src: chat }});
  add("iframe", {{ src: chat + "ui/app" }});
  add("object", {{ data: chat + "ui/app" }});
  const events = new EventSource(chat + "gradio_api/queue/data?session_hash=x", {{ withCredentials: true }});
  let opened = false;
  try {{
    const socket = new WebSocket(chat.replace("http", "ws") + "ui/app");
    socket.onopen = () => {{ opened = true; }};
  }} catch (error) {{}}
  await new Promise((done) => setTimeout(done, 1500));
  events.close();
  return opened;
}};
</script>"""


@pytest.fixture
def elsewhere() -> Iterator[ThreadingHTTPServer]:
    """A server of pages that attack the chat which its attribute `chat` names."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = ATTACKS.format(chat=self.server.chat).encode()  # type: ignore[attr-defined]
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(("name", "token"), [("evil.example", True), ("localhost", False)])
def test_a_foreign_page_gets_and_does_nothing(
    browser: object,
    elsewhere: ThreadingHTTPServer,
    archive: Assistant,
    tmp_path: Path,
    token: bool,
    name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "rag.ui.guard")  # what Chromium keeps from a page it tells nobody of
    rules = ["--host-resolver-rules=MAP evil.example 127.0.0.1"]
    other = browser.browser_type.launch(executable_path=shutil.which("chromium"), args=[*ARGS.split(), *rules])  # type: ignore[attr-defined]
    try:
        with served(archive, tmp_path, token=token) as url:
            chat = url.partition("?")[0]
            elsewhere.chat = chat  # type: ignore[attr-defined]
            articles = archive.library.count()
            context = other.new_context()
            own = context.new_page()
            own.goto(url)
            own.wait_for_selector("#rag[data-ready]")
            while not any(
                getattr(r, "route", "") == "/ui/suggestions" for r in caplog.records
            ):  # the page's last request
                own.wait_for_timeout(50)
            own.goto("about:blank")
            foreign = context.new_page()
            caplog.clear()
            foreign.goto(f"http://{name}:{elsewhere.server_port}/")
            assert foreign.evaluate("run()") is False
            answers = [(r.method, r.route, r.status) for r in caplog.records if r.name == "rag.ui.guard"]  # type: ignore[attr-defined]
            assert len(answers) > 15
            assert {status for *_, status in answers} == {403}, answers
            assert archive.library.count() == articles
            own.goto(chat)  # still signed in, with nothing asked
            own.wait_for_selector("#rag[data-ready]")
            assert own.locator(".rag-conversation").count() == 0
    finally:
        other.close()


def test_a_name_that_was_bound_to_this_machine_is_not_its_own(
    browser: object, archive: Assistant, tmp_path: Path
) -> None:
    rules = ["--host-resolver-rules=MAP evil.example 127.0.0.1"]
    other = browser.browser_type.launch(executable_path=shutil.which("chromium"), args=[*ARGS.split(), *rules])  # type: ignore[attr-defined]
    try:
        with served(archive, tmp_path) as url:
            page = other.new_page()
            for path in ("", "ui/app", "v1/models", "ui/static/app.js"):
                assert page.goto(f"http://evil.example:{urlsplit(url).port}/{path}").status == 403, path
    finally:
        other.close()
