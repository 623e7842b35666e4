"""The frame of the page: its head, the list of conversations, the place of the turns, the question box, the reading panel."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer.assistant import Assistant
from rag.conversations import Conversation
from rag.ui import rendering
from rag.ui.reading import attributes, isolated, plain
from rag.ui.texts import direction, language, say
from rag.wiring import EMPTY

_VIEWS = ("chat", "library", "models")


def app_html(assistant: Assistant, conversations: Sequence[Conversation], can_leave: bool = False) -> str:
    """The whole page inside of Gradio's, in the language spoken now. can_leave: whether one signs in, and so may sign out."""
    views = "".join(
        f'<section class="rag-view" id="rag-{view}"{attributes({"aria-label": say(f"views.{view}")})} hidden></section>'
        for view in _VIEWS[1:]
    )
    return (
        f'<div class="rag-app" dir="{direction()}" lang="{language()}">{_head(can_leave)}<div class="rag-body">'
        f'{conversations_html(conversations)}<div class="rag-columns"><div class="rag-main">'
        f'<section class="rag-view rag-chat" id="rag-chat"{attributes({"aria-label": say("views.chat")})}>'
        f'<div id="rag-status">{status_html(assistant)}</div>{_log()}{_composer()}</section>{views}</div>{_panel()}'
        "</div></div></div>"
        f'<template id="rag-offline">{rendering.line("offline", "rag-error")}</template>'
    )


def _head(can_leave: bool) -> str:
    """The title, the three views, and the switches of language and theme."""
    views = "".join(
        f'<button type="button" data-view="{view}"{" aria-current=page" if view == "chat" else ""}>'
        f"{plain(say(f'views.{view}'))}</button>"
        for view in _VIEWS
    )
    other = "en" if language() == "ar" else "ar"
    theme = attributes({"aria-label": say("theme"), "title": say("theme")})
    leave = f'<form method="post" action="ui/logout"><button>{plain(say("leave"))}</button></form>' if can_leave else ""
    return (
        f'<header class="rag-header"><h1>{plain(say("title"))}</h1>'
        f"<nav{attributes({'aria-label': say('views.label')})}>{views}</nav>"
        '<button type="button" id="rag-conversations-open" aria-expanded="false" aria-controls="rag-conversations">'
        f"{plain(say('conversations.title'))}</button>"
        f'<button type="button" id="rag-theme"{theme}><span aria-hidden="true">◐</span></button>'
        f'<button type="button" id="rag-language" data-language="{other}" lang="{other}">{plain(say("other_language"))}</button>'
        f"{leave}</header>"
    )


def status_html(assistant: Assistant) -> str:
    """What the archive holds, which writer answers and why, and what was repaired on opening."""
    articles, passages = assistant.library.count()
    lines = [
        f'<p class="rag-small">{isolated(say("counts", articles=f"{articles:,}", passages=f"{passages:,}"))} '
        f"{plain(say('writer'))} {rendering.writer_and_why(assistant.writer.name, assistant.choice)}</p>"
    ]
    if not articles:
        button = f'<button type="button" class="rag-link" data-view="library">{plain(say("empty_button"))}</button>'
        lines.append(f'<p class="rag-error" role="alert">{plain(say("empty"))} {button}</p>')
    if notices := [notice for notice in assistant.notices if notice != EMPTY]:
        lines.append(rendering.program_says("; ".join(notices)))
    return "".join(lines)


def conversations_html(conversations: Sequence[Conversation]) -> str:
    """The conversations beside the chat, with a box to search them."""
    words = {"aria-label": say("conversations.search"), "placeholder": say("conversations.search")}
    return (
        f'<aside class="rag-conversations" id="rag-conversations"{attributes({"aria-label": say("conversations.title")})}>'
        f'<button type="button" id="rag-new">{plain(say("new_chat"))}</button>'
        '<form data-get="ui/conversations" data-into="#rag-conversations-list" data-live>'
        f'<input type="search" name="words"{attributes(words)}></form>'
        f'<ul id="rag-conversations-list">{conversations_list(conversations)}</ul></aside>'
    )


def conversations_list(conversations: Sequence[Conversation]) -> str:
    """A row a conversation, the last changed first: its title opens it; renaming, saving and deleting beside it."""
    if not conversations:
        return f'<li class="rag-hint">{plain(say("conversations.none"))}</li>'
    return "".join(_conversation(conversation) for conversation in conversations)


def _conversation(conversation: Conversation) -> str:
    title = conversation.title or say("conversations.untitled")
    path = f"ui/conversations/{conversation.id}"
    deleting = {
        "data-delete": path,
        "data-into": "#rag-conversations-list",
        "data-confirm": say("conversations.confirm", title=title),
    }
    actions = "".join(
        [
            _tool("button", "rename", {"data-rename": conversation.id, "data-title": title}),
            _tool("a", "markdown", {"href": f"{path}/export.md", "download": ""}),
            _tool("a", "html", {"href": f"{path}/export.html", "download": ""}),
            _tool("button", "delete", deleting),
        ]
    )
    more = attributes({"aria-label": f"{say('conversations.more')}: {title}", "title": say("conversations.more")})
    return (
        f'<li><button type="button" class="rag-conversation" data-conversation="{plain(conversation.id)}" dir="auto">'
        f"{isolated(title)}</button>"
        f'<details id="rag-menu-{plain(conversation.id)}"><summary{more}>⋯</summary><div>{actions}</div></details></li>'
    )


def _tool(tag: str, name: str, values: dict[str, str]) -> str:
    kind = ' type="button"' if tag == "button" else ""
    return f"<{tag}{kind}{attributes(values)}>{plain(say(f'conversations.{name}'))}</{tag}>"


def _log() -> str:
    label = attributes({"aria-label": say("log")})
    return (
        f'<div class="rag-log" role="log" aria-live="polite" tabindex="0"{label}>'
        f'<p class="rag-welcome">{plain(say("welcome"))}</p></div>'
        '<p class="rag-hidden" id="rag-live" role="status"></p>'
        f'<div class="rag-examples" id="rag-examples" role="group"{attributes({"aria-label": say("examples")})}></div>'
    )


def _composer() -> str:
    """The question box, with what narrows a question behind a fold."""
    box = {
        "aria-label": say("question"),
        "placeholder": say("placeholder"),
        "rows": "1",
        "name": "question",
        "dir": "auto",
        "autofocus": "",
        "aria-describedby": "rag-keys",
    }
    return (
        f'<form class="rag-ask" id="rag-ask"><p id="rag-editing" class="rag-small" hidden>{plain(say("editing"))} '
        f'<button type="button" class="rag-link" id="rag-edit-end">{plain(say("cancel"))}</button></p>'
        f"{_filters()}<textarea{attributes(box)}></textarea>"
        f'<button type="submit" id="rag-send">{plain(say("send"))}</button>'
        f'<button type="button" id="rag-stop">{plain(say("stop"))}</button></form>'
        f'<p class="rag-small" id="rag-keys">{isolated(say("keys"))}</p>'
    )


def _filters() -> str:
    """The fields of a question's scope; the sources are filled in when the fold is opened."""

    def date(name: str) -> str:
        shape = {
            "name": name,
            "placeholder": "2008-01",
            "pattern": r"\d{4}(-\d{2}(-\d{2})?)?",
            "dir": "ltr",
            "size": "10",
        }
        return f"<label>{plain(say(f'filters.{name}'))} <input{attributes(shape)}></label>"

    return (
        f'<details class="rag-filters" id="rag-filters"><summary>{plain(say("filters.title"))} '
        f'<span id="rag-filtered" hidden>{plain(say("filters.on"))}</span></summary>'
        f'<fieldset><legend class="rag-hidden">{plain(say("filters.title"))}</legend>'
        f'{date("since")}{date("until")}<div id="rag-sources"></div>'
        f'<button type="button" class="rag-link" id="rag-unfilter">{plain(say("filters.clear"))}</button></fieldset></details>'
    )


def sources_html(sources: Sequence[str]) -> str:
    """A box to tick for each source of the archive."""
    if len(sources) < 2:
        return ""
    rows = "".join(
        f'<label><input type="checkbox" name="source" value="{plain(source)}"> <bdi>{plain(source)}</bdi></label>'
        for source in sources
        if source
    )
    return f"<fieldset><legend>{plain(say('filters.sources'))}</legend>{rows}</fieldset>"


def _panel() -> str:
    """The reading panel beside the chat and the library, empty."""
    return (
        '<aside class="rag-panel" aria-labelledby="rag-panel-title"><div>'
        f'<h2 id="rag-panel-title">{plain(say("panel"))}</h2>'
        f'<button type="button" id="rag-back" hidden>{plain(say("back"))}</button></div>'
        f'<p class="rag-hint">{plain(say("panel_hint"))}</p><section tabindex="-1"></section></aside>'
    )


def questions_html(questions: Sequence[str]) -> str:
    """A button for each suggested question, which asks it."""
    return "".join(f'<button type="button" data-ask="{plain(q)}" dir="auto">{isolated(q)}</button>' for q in questions)
