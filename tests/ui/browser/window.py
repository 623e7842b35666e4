"""A browser window on the chat, used as a person would. Screenshots: tests/artifacts/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts"
ARGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
CHURKIN, NOWHERE = "ماذا قال تشوركين؟", "ما هي وصفة الكبسة؟"
_PATIENCE = 120_000
"""Milliseconds for what ends by itself; only a test that fails waits for so long, and none fails because the machine is busy."""
_DONE = "n => document.querySelectorAll('.rag-turn').length > n && !document.querySelector('.rag-busy')"


class Window:
    """A page on the chat that notes what it asks for, what it logs and where its scripts fail."""

    def __init__(self, browser: Any, url: str, password: str = "", **options: object) -> None:
        self.context = browser.new_context(**({"viewport": {"width": 1440, "height": 860}} | options))
        self.context.set_default_timeout(_PATIENCE)
        self.page, self.url, self.requests, self.errors = self.context.new_page(), url, [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.errors_expected = False  # of the network: a browser logs every answer of 400 and above
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.goto(url)
        if password:
            self.errors_expected = True  # the page that asks for it is a refusal
            self.page.fill("[name=key]", password)
            self.page.press("[name=key]", "Enter")
        self.ready()

    def ready(self) -> None:
        self.page.wait_for_selector("#rag[data-ready]")

    def close(self) -> None:
        """Ends it, and waits for no request that a test still holds back."""
        self.page.unroute_all(behavior="ignoreErrors")
        self.context.close()

    def reload(self) -> None:
        self.page.reload()
        self.ready()

    def send(self, question: str) -> None:
        self.page.fill("#rag-ask textarea", question)
        self.page.press("#rag-ask textarea", "Enter")

    def ask(self, question: str) -> None:
        turns = self.page.locator(".rag-turn").count()
        self.send(question)
        self.wait_done(turns)

    def wait_done(self, before: int) -> None:
        self.page.wait_for_function(_DONE, arg=before)

    def conversation(self) -> str:
        """The id of the conversation that is open, "" for a new one."""
        return self.page.evaluate("location.hash.slice(1)")

    def view(self, name: str) -> None:
        self.page.click(f"nav [data-view={name}]")
        self.page.wait_for_selector(f"#rag-{name}:not([aria-busy]) > *")

    def shot(self, name: str) -> None:
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")

    def last(self, selector: str = "") -> Any:
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
        failed = "Failed to load resource"
        assert not [error for error in self.errors if not (self.errors_expected and error.startswith(failed))]
