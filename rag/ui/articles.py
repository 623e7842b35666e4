"""The library panel's HTML: counts, drop zone, picture, search form, list and pager. Knows no HTTP.

Pure functions of the library and what is sought in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from rag.arabic import clean, fold
from rag.errors import RagError
from rag.library import Library
from rag.library.browsing import Row, by_source, over_time, page, undated
from rag.readers.folders import SUFFIXES
from rag.types import Scope
from rag.ui import picture
from rag.ui.reading import attributes, error_line, isolated, name, plain
from rag.ui.texts import say, texts
from rag.ui.uploads import Taken

A_PAGE = 25
_MOST_FILES = 500
"""Files that the page sends at one time; larger archives are for `rag index`."""
_LISTED = 20
"""Things that could not be read that are named one by one."""
_TITLE = 90
"""Characters of a title in a label or a question."""
_DATE = re.compile(r"\d{0,4}|\d{4}-\d{0,2}|\d{4}-\d\d-\d{0,2}")


@dataclass(frozen=True, slots=True)
class Sought:
    """What of the archive is to be listed, as the form sends it; page counts from 1."""

    words: str = ""
    since: str = ""
    until: str = ""
    source: str = ""
    page: int = 1

    @staticmethod
    def of(fields: Mapping[str, str]) -> Sought:
        """Out of a query; what is no number of a page is the first."""
        given = fields.get("page", "")
        number = int(given) if given.isascii() and given.isdigit() and len(given) < 8 else 1
        since, until = (fold(fields.get(key, "").strip()) for key in ("since", "until"))
        return Sought(fields.get("words", "")[:500], since, until, fields.get("source", ""), max(1, number))

    @property
    def scope(self) -> Scope:
        return Scope(self.since, self.until, (self.source,) if self.source else ())

    def query(self, **more: object) -> str:
        """The same as a query, with other fields over it."""
        own = {key: getattr(self, key) for key in ("words", "since", "until", "source", "page")}
        return urlencode({key: value for key, value in {**own, **more}.items() if value not in ("", 1)})


def panel(library: Library, sought: Sought, megabytes: int) -> str:
    """The whole panel."""
    articles, passages = library.count()
    counts = say("library.counts", articles=f"{articles:,}", passages=f"{passages:,}", undated=f"{undated(library):,}")
    said = counts if articles else say("library.empty")
    head = f'<h2>{plain(say("library.title"))}</h2><p class="rag-counts">{isolated(said)}</p>'
    if not articles:
        return f'<section class="rag-library">{head}{drop_zone(megabytes)}</section>'
    sources = by_source(library)
    drawn = picture.over_time(over_time(library)) + picture.by_source(sources)
    if drawn:
        drawn = f'<h3>{plain(say("library.picture"))}</h3><div class="rag-pictures">{drawn}</div>'
    known = [source for source, _ in sources if source]
    read = attributes({"data-read": f"ui/library/list?{sought.query()}"})
    listed = f'<div id="rag-articles"{read}>{found(library, sought)}</div>'
    return f'<section class="rag-library">{head}{drop_zone(megabytes)}{drawn}{form(sought, known)}{listed}</section>'


def drop_zone(megabytes: int) -> str:
    """Where files are dropped or chosen, and the list that says what became of them."""
    most = {"data-most": str(_MOST_FILES), "data-many": say("library.many_files", most=_MOST_FILES)}
    kinds = say("library.kinds", suffixes=" ".join(SUFFIXES), megabytes=megabytes)
    return (
        f'<div class="rag-drop" data-upload="ui/library/files"{attributes(most)}>'
        f'<label for="rag-files">{plain(say("library.drop"))}</label>'
        '<input type="file" id="rag-files" multiple aria-describedby="rag-kinds">'
        f'<p id="rag-kinds" class="rag-small">{isolated(kinds)}</p></div>'
        f'<ul id="rag-uploads" role="status" aria-label="{plain(say("library.uploads"))}"></ul>'
    )


def form(sought: Sought, sources: list[str]) -> str:
    """The search: words, source, time."""
    options = [f'<option value="">{plain(say("library.all_sources"))}</option>']
    for source in sources:
        chosen = " selected" if source == sought.source else ""
        options.append(f"<option{attributes({'value': source})}{chosen}>{plain(clean(source))}</option>")
    chooser = f'<select name="source" id="rag-in-source">{"".join(options)}</select>'
    fields = [_input("words", "search", sought.words), _labelled("source", chooser) if sources else ""]
    fields += [_input(key, "text", getattr(sought, key), say("library.date_hint")) for key in ("since", "until")]
    send = f'<button type="submit">{plain(say("library.find"))}</button>'
    shown = {"data-get": "ui/library/list", "data-into": "#rag-articles", "data-live": "", "role": "search"}
    label = attributes({"aria-label": say("library.search")})
    return f'<h3>{plain(say("library.list"))}</h3><form class="rag-find"{attributes(shown)}{label}>{"".join(fields)}{send}</form>'


def _labelled(key: str, control: str) -> str:
    return f'<p><label for="rag-in-{key}">{plain(say(f"library.{key}"))}</label>{control}</p>'


def _input(key: str, kind: str, value: str, hint: str = "") -> str:
    shown = {"type": kind, "name": key, "id": f"rag-in-{key}", "value": value, "autocomplete": "off"}
    shown |= {"placeholder": hint, "dir": "ltr"} if hint else {}
    return _labelled(key, f"<input{attributes(shown)}>")


def found(library: Library, sought: Sought) -> str:
    """The list and its pager. A date that is none is told, and nothing listed."""
    for date in (sought.since, sought.until):
        if not _DATE.fullmatch(date):
            return error_line(say("library.errors.date", date=date[:_TITLE]))
    total, rows = page(library, sought.scope, sought.words, A_PAGE, (sought.page - 1) * A_PAGE)
    if total and not rows:
        return found(library, Sought(sought.words, sought.since, sought.until, sought.source, -(-total // A_PAGE)))
    if not rows:
        return f'<p class="rag-small" role="status">{plain(say("library.none"))}</p>'
    first = (sought.page - 1) * A_PAGE + 1
    where = say("library.found", first=f"{first:,}", last=f"{first + len(rows) - 1:,}", total=f"{total:,}")
    listed = "".join(item(row, sought) for row in rows)
    return f'<p class="rag-small" role="status">{isolated(where)}</p><ul class="rag-list">{listed}</ul>{pager(total, sought)}'


def item(row: Row, sought: Sought) -> str:
    """One article of the list, with the buttons that open and delete it."""
    known = [row.source, row.date or "", say("library.length", count=f"{row.length:,}")]
    about = " · ".join(f"<bdi>{plain(part)}</bdi>" for part in known if part)
    called = clean(row.title) or clean(row.id)
    called = called if len(called) <= _TITLE else called[:_TITLE] + "…"
    opening = {"data-article": row.id, "aria-label": say("library.read_named", title=called)}
    deleting = {
        "data-delete": f"ui/library/articles?{sought.query(id=row.id)}",
        "data-into": "#rag-articles",
        "data-confirm": say("library.confirm", title=called),
        "aria-label": say("library.delete_named", title=called),
    }
    beginning = f'<span class="rag-excerpt">{isolated(clean(row.beginning))}</span>' if row.beginning else ""
    return (
        f'<li><div><bdi class="rag-name">{name(row.id, row.title)}</bdi>{beginning}<span class="rag-about">{about}</span></div>'
        f'<button type="button"{attributes(opening)}>{plain(say("library.read"))}</button>'
        f'<button type="button" class="rag-delete"{attributes(deleting)}>{plain(say("library.delete"))}</button></li>'
    )


def pager(total: int, sought: Sought) -> str:
    """The buttons to the pages before and after; nothing where all is on one."""
    pages = -(-total // A_PAGE)
    if pages == 1:
        return ""

    def button(word: str, number: int) -> str:
        shown = {"data-get": f"ui/library/list?{sought.query(page=number)}", "data-into": "#rag-articles"}
        off = "" if 1 <= number <= pages else " disabled"
        return f'<button type="button"{attributes(shown)}{off}>{plain(say(f"library.{word}"))}</button>'

    at = f"<bdi>{sought.page:,} / {pages:,}</bdi>"
    label = attributes({"aria-label": say("library.pages")})
    return f'<nav class="rag-pager"{label}>{button("previous", sought.page - 1)}{at}{button("next", sought.page + 1)}</nav>'


def taken(file: str, what: Taken) -> str:
    """The line of a file that was taken in: what was added, and what could not be read and why."""
    added, unread = what.added, len(what.failed)
    numbers = {key: f"{getattr(added, key):,}" for key in ("new", "replaced", "unchanged")}
    nothing = not (added.new or added.replaced or added.unchanged)
    said = say("library.nothing_taken" if nothing else "library.taken", **numbers, passages=f"{what.passages:,}")
    parts = [f'<bdi class="rag-name">{plain(file)}</bdi> <span>{isolated(said)}</span>']
    if what.failed:
        lines = [_unread(str(failed)) for failed in what.failed[:_LISTED]]
        if unread > _LISTED:
            lines.append(f"<li>{isolated(say('library.more_unread', count=f'{unread - _LISTED:,}'))}</li>")
        told = isolated(say("library.unread", count=f"{unread:,}"))
        parts.append(f'<div class="rag-unread"><p>{told}</p><ul>{"".join(lines)}</ul></div>')
    if what.error:
        parts.append(explained(what.error))
    failed = " rag-failed" if nothing or what.failed or what.error else ""
    return f'<li class="rag-upload{failed}">{"".join(parts)}</li>'


def _unread(line: str) -> str:
    return f'<li><bdi dir="ltr" class="rag-detail">{plain(clean(line))}</bdi></li>'


def explained(error: RagError) -> str:
    """An error of ours in the words of the page, and what the program says behind it."""
    kind = type(error).__name__
    known = kind if kind in texts()["library"]["errors"] else "RagError"
    return error_line(say(f"library.errors.{known}"), str(error))
