"""The page in Gradio's terms: its parts, and what happens on a question. Knows no port and no address.

Turns go to the browser one snapshot at a time as `{"turn", "html", "done"}`; chat.js keeps them. The server holds no
history, only a flag to stop each session that is writing.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from rag.answer.assistant import Assistant
from rag.errors import RagError
from rag.types import Answer, Article
from rag.ui import rendering
from rag.ui.reading import attributes, isolated, plain
from rag.ui.texts import say, texts

if TYPE_CHECKING:
    import gradio

HERE = Path(__file__).resolve().parent
FONTS = ("Noto Naskh Arabic", "Noto Sans Arabic", "Segoe UI", "Tahoma", "sans-serif")
"""Fonts of the reader's own machine; none is fetched."""
_ASKING_AT_ONCE = 32
_REMEMBERED = 3
"""Answers of a conversation out of which the next question is understood."""
log = logging.getLogger(__name__)


class Snapshot(TypedDict):
    """One state of a turn, as chat.js reads it."""

    turn: str
    html: str
    done: bool


class Chat:
    """Answers the sessions of one page with one assistant."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self._stops: dict[str, threading.Event] = {}

    def turns(
        self, question: str, history: Sequence[Answer], session: str
    ) -> Iterator[tuple[Snapshot, str, Sequence[Answer]]]:
        """Snapshots of one turn, what the question box then holds (a question that failed comes back), and the conversation."""
        turn, stop = secrets.token_hex(6), threading.Event()
        self._stops[session] = stop
        shown: Answer | None = None
        try:
            yield Snapshot(turn=turn, html=rendering.waiting(question), done=False), "", history
            with closing(self.assistant.ask(question, history=history)) as answers:
                for answer in answers:
                    if stop.is_set() and not answer.done:
                        html = rendering.turn(shown or replace(answer, text=""), {}, stopped=True)
                        yield Snapshot(turn=turn, html=html, done=True), "", history
                        return
                    shown = self._without_known_notices(answer)
                    html = rendering.turn(shown, self._articles(shown) if answer.done else {})
                    if answer.done:
                        history = (*history, answer)[-_REMEMBERED:]
                    yield Snapshot(turn=turn, html=html, done=answer.done), "", history
        except RagError as e:
            yield Snapshot(turn=turn, html=rendering.failed(question, e), done=True), question.strip(), history
        except Exception as e:
            log.exception("a question could not be answered")
            yield Snapshot(turn=turn, html=rendering.failed(question, e), done=True), question.strip(), history
        finally:
            if self._stops.get(session) is stop:
                del self._stops[session]

    def stop(self, session: str) -> None:
        """Ends the writing of this session at its next word."""
        if event := self._stops.get(session):
            event.set()

    def header(self) -> str:
        """The title, what the archive holds, which writer answers and why, and what was repaired on opening."""
        articles, passages = self.assistant.library.count()
        writer = texts()["writers"].get(self.assistant.writer.name, self.assistant.writer.name)
        counts = say("counts", articles=f"{articles:,}", passages=f"{passages:,}")
        choice = self.assistant.choice
        reason = isolated(say(f"reasons.{choice.why}", detail=choice.detail))
        lines = [
            f'<h1>{plain(say("title"))}</h1><button type="button" id="rag-new">{plain(say("new_chat"))}</button>',
            f'<p class="rag-subtitle">{plain(say("subtitle"))}</p>',
            f'<p class="rag-small">{isolated(counts)} {plain(say("written_by"))} {isolated(writer)} ({reason}).</p>',
        ]
        if not articles:
            command = f'<code dir="ltr">{plain(say("empty_command"))}</code>'
            lines.append(f'<p class="rag-error" role="alert">{plain(say("empty"))} {command}</p>')
        if self.assistant.notices:
            notices = "<br>".join(f'<bdi dir="auto">{plain(text)}</bdi>' for text in self.assistant.notices)
            lines.append(f'<p class="rag-notice">{notices}</p>')
        return f'<header class="rag-header" dir="rtl">{"".join(lines)}</header>'

    def examples(self) -> list[str]:
        """Questions that the archive answers: there are some where it holds the articles they were written for."""
        known = {row[0] for row in self.assistant.library.articles()}
        examples = texts()["example_questions"]
        return list(examples["questions"]) if known.issuperset(examples["articles"]) else []

    def _articles(self, answer: Answer) -> dict[str, Article]:
        ids = {c.article for c in answer.citations if c.n} | {hit.passage.article for hit in answer.hits}
        found = {i: self.assistant.library.article(i) for i in ids}
        return {i: article for i, article in found.items() if article}

    def _without_known_notices(self, answer: Answer) -> Answer:
        """The answer without the notices of opening, which the head of the page shows."""
        told = "; ".join(self.assistant.notices)
        return replace(answer, notice=answer.notice.removeprefix(told).removeprefix("; "))


def log_html() -> str:
    """The place of the turns."""
    label = attributes({"aria-label": say("log")})
    welcome = f'<p class="rag-welcome">{plain(say("welcome"))}</p>'
    return f'<div class="rag-log" dir="rtl" role="log" aria-live="polite" tabindex="0"{label}>{welcome}</div>'


def panel_html() -> str:
    """The panel beside the chat, empty."""
    title = f'<h2 id="rag-panel-title">{plain(say("panel"))}</h2>'
    back = f'<button type="button" id="rag-back" hidden>{plain(say("back"))}</button>'
    hint = f'<p class="rag-hint">{plain(say("panel_hint"))}</p>'
    inside = f"<div>{title}{back}</div>{hint}<section></section>"
    return f'<aside class="rag-panel" dir="rtl" aria-labelledby="rag-panel-title">{inside}</aside>'


def gradio_module() -> Any:
    """Gradio, imported with everything off that would call home."""
    os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1", GRADIO_SHARE="False")
    import gradio

    return gradio


def build(chat: Chat) -> gradio.Blocks:
    """The page as Gradio's blocks."""
    gr = gradio_module()

    def ask(
        question: str, known: tuple[str, Sequence[Answer]], conversation: str, request: Any
    ) -> Iterator[tuple[Snapshot, str, tuple[str, Sequence[Answer]]]]:
        before = known[1] if known[0] == conversation else ()
        for snapshot, left, history in chat.turns(question, before, request.session_hash):
            yield snapshot, left, (conversation, history)

    def stop(request: Any) -> None:
        chat.stop(request.session_hash)

    # Gradio gives the session to what is annotated so; a string of this module it could not resolve.
    ask.__annotations__["request"] = stop.__annotations__["request"] = gr.Request

    def part(value: Any, template: str, script: str | None = None) -> Any:
        return gr.HTML(value, html_template=template, js_on_load=script, apply_default_css=False)

    script = (HERE / "chat.js").read_text(encoding="utf-8")
    with gr.Blocks(title=say("title"), analytics_enabled=False, fill_width=True) as blocks:
        part(chat.header(), "${value}")  # chat.js renews it; an event on loading could swallow a first quick question
        with gr.Row(elem_classes="rag-columns"):
            with gr.Column(elem_classes="rag-chat", min_width=0):
                turns = part(None, log_html(), script)
                with gr.Row(elem_classes="rag-examples"):
                    examples = [gr.Button(text, size="sm", min_width=0) for text in chat.examples()]
                with gr.Row(elem_classes="rag-ask"):
                    box = gr.Textbox(
                        label=say("question"),
                        show_label=False,
                        placeholder=say("placeholder"),
                        lines=1,
                        max_lines=5,
                        rtl=True,
                        text_align="right",
                        autofocus=True,
                        scale=1,
                        min_width=0,
                    )
                    send = gr.Button(say("send"), variant="primary", elem_id="rag-send", scale=0, min_width=0)
                    halt = gr.Button(say("stop"), elem_id="rag-stop", scale=0, min_width=0)
            with gr.Column(elem_classes="rag-side", min_width=0):
                part(None, panel_html())
        history = gr.State(("", ()))  # the name of this session's conversation and its answers; a reload begins it anew
        conversation = gr.Textbox(visible=False)  # chat.js names it anew when a new one begins
        quiet = {"show_progress": "hidden", "api_visibility": "private", "api_name": "page"}  # /ask is for programs
        named = "(question, history) => [question, history, window.ragConversation || '']"
        asking = {
            "js": named,
            "outputs": [turns, box, history],
            "concurrency_limit": _ASKING_AT_ONCE,
            "concurrency_id": "ask",
            **quiet,
        }
        gr.on([box.submit, send.click], ask, inputs=[box, history, conversation], **asking)
        for example in examples:
            example.click(ask, inputs=[example, history, conversation], **asking)
        halt.click(stop, concurrency_limit=None, **quiet)
    return blocks


def look() -> dict[str, Any]:
    """Theme and style sheet, as Gradio takes them where a page is served."""
    gr = gradio_module()
    theme = gr.themes.Base(primary_hue="teal", neutral_hue="slate", font=list(FONTS), font_mono=["monospace"])
    return {"theme": theme, "css_paths": [HERE / "chat.css"]}
