"""The models panel as HTML: what is in use, what can be pulled, and how far a pull is. Pure functions; nothing is opened here."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from rag.answer.writers import Choice
from rag.errors import RagError
from rag.models.background import State, called
from rag.models.catalogue import SETTING, Kind, Model, find
from rag.models.pulled import Entry
from rag.models.pulling import in_words
from rag.search.reranking import SHIPPED_RERANKER
from rag.ui.reading import attributes, error_line, isolated, plain
from rag.ui.rendering import writer_and_why
from rag.ui.texts import say

_KINDS: tuple[Kind, ...] = ("language model", "reranker", "embedder")
_INTO = {"data-into": "#rag-models"}


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the panel shows. writer: its name; choice: why it was taken. embedder, reranker: their places, "" for the shipped ones.

    remote: the model and the address of the server, where one is set. configured: RAG_MODEL. pinned: whether the settings
    say what writes at each start. memory: this machine's, in bytes, 0 where unknown. state: of the last pull.
    """

    entries: Sequence[Entry]
    writer: str
    choice: Choice
    embedder: str
    reranker: str
    remote: tuple[str, str] | None
    configured: str
    pinned: bool
    offline: bool
    memory: int
    state: State | None

    @property
    def used(self) -> Set[Path]:
        """The places of the models that are in use."""
        taken = {self.choice.model} if self.choice.model else set()
        return taken | {Path(place) for place in (self.embedder, self.reranker) if place}

    @property
    def pulling(self) -> bool:
        return self.state is not None and self.state.phase == "running"


def panel(shelf: Shelf) -> str:
    """The whole panel."""
    parts = [f'<h2 id="rag-models-title">{plain(say("models.title"))}</h2>', *_quiet(shelf), _now(shelf)]
    if shelf.state and not (shelf.state.path and (shelf.state.path in shelf.used or not shelf.state.path.exists())):
        parts.append(progress(shelf.state))
    for kind in _KINDS:
        heading = say(f"models.kinds.{kind.replace(' ', '_')}")
        cards = _unpulled(kind, shelf) + [_card(e, shelf) for e in shelf.entries if e.model.kind == kind]
        parts.append(f'<h3>{plain(heading)}</h3><ul class="rag-models">{"".join(cards)}</ul>')
    parts.append("" if shelf.offline else _own())
    return f'<section class="rag-shelf" aria-labelledby="rag-models-title">{"".join(parts)}</section>'


def progress(state: State) -> str:
    """How far a pull is: with `data-poll` while it runs, the whole panel behind it; else how it ended and what can be done."""
    name = called(state.model)
    if state.phase == "running":
        told = say(f"models.{state.at}", done=in_words(state.done), total=in_words(state.total))
        words = say("models.stopping") if state.stops else told
        bar = {"aria-label": say("models.progress", model=name)}
        if state.total:
            bar |= {"max": str(state.total), "value": str(min(state.done, state.total))}
        return (
            f'<div class="rag-pull"{attributes({"data-poll": "ui/models/progress", "data-then": "ui/models", **_INTO})}>'
            f"<p><strong>{isolated(say('models.progress', model=name))}</strong> {isolated(words)}</p>"
            f"<progress{attributes(bar)}></progress> "
            f"{_button(say('models.cancel'), {'data-post': 'ui/models/cancel', 'id': 'rag-pull-cancel'})}</div>"
        )
    buttons = [_button(say("models.refresh"), {"data-get": "ui/models"})]
    if state.phase == "done":
        line = f"<p>✓ {isolated(say('models.done', model=name))}</p>" + (
            _setting(state.model) if state.model.kind == "embedder" else ""
        )
        buttons.insert(0, _use(state.model.kind, name))
    else:
        again = f"ui/models/pull?{_asked(state.model)}"
        buttons.insert(0, _button(say("models.go_on"), {"data-post": again}, name))
        if state.done:
            buttons.append(_remove("drop", name, say("models.confirm_drop", model=name)))
        line = failure(state.error) if state.error else f"<p>{isolated(say('models.cancelled', model=name))}</p>"
    return f'<div class="rag-pull" role="status">{line}{_row(buttons)}</div>'


def failure(error: Exception, words: str = "") -> str:
    """What went wrong in the page's words, the program's own line behind them where the error is ours."""
    kind = type(error).__name__
    if kind not in ("InputError", "BusyError", "ModelError"):
        kind = "RagError" if isinstance(error, RagError) else "unexpected"
    return error_line(words or say(f"models.errors.{kind}"), str(error) if isinstance(error, RagError) else "")


def _quiet(shelf: Shelf) -> list[str]:
    """What a person should know before the lists."""
    here = any(entry.path for entry in shelf.entries if entry.model.kind == "language model")
    lines = []
    if not here and not shelf.configured:
        command = f'<code dir="ltr">{plain(say("models.command"))}</code>'
        lines.append(f'<p class="rag-small">{isolated(say("models.none_here"))} {command}</p>')
    if shelf.pinned:
        lines.append(f'<p class="rag-small">{isolated(say("models.until_the_end"))}</p>')
    if shelf.offline:
        lines.append(f'<p class="rag-small">{isolated(say("models.offline"))}</p>')
    return lines


def _now(shelf: Shelf) -> str:
    """What is in use, and why the writer is."""
    rows = {"writer": writer_and_why(shelf.writer, shelf.choice)}
    for part, place in (("reranker", shelf.reranker), ("embedder", shelf.embedder)):
        rows[part] = f'<bdi dir="ltr">{plain(_called(place, shelf))}</bdi>' if place else plain(say("models.shipped"))
    listed = "".join(f"<div><dt>{plain(say(f'models.{k}'))}</dt><dd>{shown}</dd></div>" for k, shown in rows.items())
    return f'<h3>{plain(say("models.now"))}</h3><dl class="rag-facts">{listed}</dl>'


def _called(place: str, shelf: Shelf) -> str:
    return next((entry.model.name for entry in shelf.entries if entry.path == Path(place)), Path(place).name)


def _unpulled(kind: Kind, shelf: Shelf) -> list[str]:
    """The cards of what is no model of the models folder: quotes, a server, RAG_MODEL's file, the shipped reranker."""
    cards = []
    if kind == "language model":
        cards.append(
            _plain_card("quote", say("models.quote"), say("models.quote_remark"), shelf.writer == "quote", kind)
        )
        if shelf.remote:
            model, url = shelf.remote
            remark = say("models.remote_remark", model=model, url=url)
            cards.append(_plain_card("remote", say("models.remote"), remark, shelf.writer == "remote", kind))
        if shelf.configured:
            used = shelf.choice.model == Path(shelf.configured)
            cards.append(_plain_card(shelf.configured, Path(shelf.configured).name, shelf.configured, used, kind))
    if kind == "reranker":
        titled = say("models.shipped_reranker"), say("models.shipped_remark")
        cards.append(_plain_card(SHIPPED_RERANKER, *titled, not shelf.reranker, kind))
    return cards


def _plain_card(name: str, title: str, remark: str, used: bool, kind: Kind) -> str:
    badge = _badge("in_use") if used else ""
    buttons = [] if used else [_use(kind, name, title)]
    return f'<li class="rag-model"><h4>{isolated(title)} {badge}</h4><p>{isolated(remark)}</p>{_row(buttons)}</li>'


def _card(entry: Entry, shelf: Shelf) -> str:
    model, used = entry.model, entry.path in shelf.used
    badge = _badge("in_use" if used else "here") if entry.path else ""
    whence = " · ".join(part for part in (model.repository, model.file) if part)
    remark = say(f"models.remarks.{model.name}") if find(model.name) else model.remark
    parts = [f'<h4><bdi dir="ltr">{plain(model.name)}</bdi> {badge}</h4>']
    parts.append(f'<p class="rag-small"><bdi dir="ltr">{plain(whence)}</bdi></p>')
    parts.append(f'<dl class="rag-facts">{_facts(model, shelf.memory)}</dl>')
    parts.append(f"<p>{isolated(remark)}</p>" if remark else "")
    if entry.arrived and not entry.path and not shelf.pulling:
        parts.append(f"<p>{isolated(say('models.arrived', size=in_words(entry.arrived)))}</p>")
    if entry.path and (model.kind == "reranker") == used:
        parts.append(_setting(model))
    return f'<li class="rag-model">{"".join(parts)}{_row(_buttons(entry, used, shelf))}</li>'


def _setting(model: Model) -> str:
    """The setting that takes a model for good; nothing for a language model, whose choice is remembered."""
    if model.kind == "language model":
        return ""
    setting = f'<code dir="ltr">{plain(f"{SETTING[model.kind]}={model.name}")}</code>'
    return f'<p class="rag-small">{isolated(say(f"models.set_{model.kind}"))} {setting}</p>'


def _facts(model: Model, memory: int) -> str:
    facts = {"size": in_words(model.size) if model.size else say("models.unknown")}
    facts["licence"] = model.licence or say("models.unknown")
    if model.ram:
        facts["ram"] = model.ram
        if memory:
            facts["ram"] += f" ({say('models.this_machine', memory=in_words(memory))})"
            least = re.match("[0-9]+", model.ram)
            if least and int(least.group()) * 1_000_000_000 > memory:
                facts["ram"] += f" ⚠ {say('models.too_much')}"
    return "".join(f"<div><dt>{plain(say(f'models.{k}'))}</dt><dd>{isolated(v)}</dd></div>" for k, v in facts.items())


def _buttons(entry: Entry, used: bool, shelf: Shelf) -> list[str]:
    """What can be done with a model."""
    model, buttons = entry.model, []
    if entry.path:
        if used:
            return []
        buttons.append(_use(model.kind, model.name))
        size = in_words(model.size)
        return [*buttons, _remove("remove", model.name, say("models.confirm_remove", model=model.name, size=size))]
    if not (shelf.offline or shelf.pulling):
        fields = {"repository": model.repository, "size": in_words(model.size), "licence": model.licence}
        at = {"data-post": f"ui/models/pull?{_asked(model)}", "data-confirm": say("models.confirm_pull", **fields)}
        buttons.append(_button(say("models.go_on" if entry.arrived else "models.pull"), at, model.name))
    if entry.arrived and not shelf.pulling:
        buttons.append(_remove("drop", model.name, say("models.confirm_drop", model=model.name)))
    return buttons


def _use(kind: Kind, name: str, title: str = "") -> str:
    """The button that takes a model; none for an embedder, whose vectors the index holds."""
    if kind == "embedder":
        return ""
    return _button(say("models.use"), {"data-post": f"ui/models/use?name={_quoted(name)}"}, title or name)


def _remove(action: str, name: str, question: str) -> str:
    at = {"data-delete": f"ui/models?name={_quoted(name)}", "data-confirm": question}
    return _button(say(f"models.{action}"), at, name)


def _asked(model: Model) -> str:
    """How a pull of the model is asked for."""
    if find(model.name):
        return f"name={_quoted(model.name)}"
    return f"name={_quoted(model.repository)}&file={_quoted(model.file)}"


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _button(text: str, at: dict[str, str], of: str = "") -> str:
    """A button whose answer takes the panel's place. of: what it is about, for those who hear it alone."""
    label = {"aria-label": say("models.named", action=text, model=of)} if of else {}
    return f'<button type="button" class="rag-button"{attributes({**at, **_INTO, **label})}>{plain(text)}</button>'


def _row(buttons: Sequence[str]) -> str:
    shown = "".join(buttons)
    return f'<div class="rag-buttons">{shown}</div>' if shown else ""


def _badge(word: str) -> str:
    return f'<span class="rag-badge">✓ {plain(say(f"models.{word}"))}</span>'


def _own() -> str:
    """The form for a person's own choice."""
    fields = []
    for name, word, example, more in (
        ("name", "repository", "OWNER/REPO", " required"),
        ("file", "file", "model.Q4_K_M.gguf", ""),
    ):
        at = {"id": f"rag-own-{name}", "name": name, "dir": "ltr", "placeholder": example, "autocomplete": "off"}
        label = f'<label for="rag-own-{name}">{plain(say(f"models.{word}"))}</label>'
        fields.append(f'<div>{label}<input type="text"{attributes(at)}{more} spellcheck="false"></div>')
    at = {"data-post": "ui/models/pull", **_INTO, "data-confirm": say("models.confirm_own")}
    submit = f'<button type="submit" class="rag-button">{plain(say("models.pull"))}</button>'
    form = f'<form class="rag-own"{attributes(at)}>{"".join(fields)}{submit}</form>'
    return f'<h3>{plain(say("models.own"))}</h3><p class="rag-small">{isolated(say("models.own_hint"))}</p>{form}'
