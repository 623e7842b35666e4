"""The text of a page of a wiki: words of links, headings, lists and tables; without templates, notes, pictures and categories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rag.arabic.rules.wikis import WORDLESS
from rag.arabic.text.folding import fold
from rag.readers.formats.document import Unfit

_UNSEEN = frozenset(
    [
        "categorytree",
        "ce",
        "chem",
        "gallery",
        "graph",
        "hiero",
        "imagemap",
        "indicator",
        "inputbox",
        "mapframe",
        "maplink",
        "math",
        "pages",
        "ref",
        "references",
        "score",
        "section",
        "style",
        "templatedata",
        "templatestyles",
        "timeline",
    ]
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,10})*$")
"""What stands before the name of the same page in another language."""
_QUOTES = re.compile("''+")
_SWITCH = re.compile(r"__[^\W\d_]{3,30}__")
_EMPTIED = re.compile(r"[ \t]*\((?=[^()\w]*\0)[^()\w]*\)")
"""Brackets in which a template alone stood."""


def text_of_wiki(wikitext: str, unseen: frozenset[str] = frozenset()) -> str:
    """The text of a page, paragraphs, items and rows on lines of their own.

    unseen: names of its namespaces of files and categories, folded, beside those that are known. Raises Unfit where the text cannot
    be parsed.
    """
    import mwparserfromhell
    from mwparserfromhell.parser import ParserError

    try:
        code = mwparserfromhell.parse(_QUOTES.sub("", wikitext), skip_style_tags=True)
        text = "".join(_pieces(code, unseen | WORDLESS))
    except (ParserError, RecursionError) as e:
        raise Unfit("is a page of wikitext that cannot be parsed; expected tags and brackets in pairs") from e
    text = _SWITCH.sub("", _EMPTIED.sub("", text).replace("\0", ""))
    return "\n".join(line for line in (re.sub(r"[^\S\t]+", " ", line).strip() for line in text.split("\n")) if line)


def _pieces(code: Any, unseen: frozenset[str]) -> Iterator[str]:
    from mwparserfromhell import nodes

    for node in code.nodes:
        if isinstance(node, nodes.Text):
            yield node.value
        elif isinstance(node, nodes.HTMLEntity):
            yield node.normalize()
        elif isinstance(node, nodes.Template):
            yield "\0"
        elif isinstance(node, nodes.Wikilink):
            yield from _link(node, unseen)
        elif isinstance(node, nodes.ExternalLink):
            yield from _pieces(node.title, unseen) if node.title else [] if node.brackets else [str(node.url)]
        elif isinstance(node, nodes.Heading):
            yield from ("\n", *_pieces(node.title, unseen), "\n")
        elif isinstance(node, nodes.Tag):
            yield from _tag(node, unseen)


def _link(link: Any, unseen: frozenset[str]) -> Iterator[str]:
    """The words of a link to a page, as `[[page|words]]` or `[[page]]`."""
    title = str(link.title).strip()
    space, colon, _ = title.partition(":")
    if colon and space and (fold(space).strip() in unseen or _LANGUAGE.match(space)):
        return
    yield from _pieces(link.text, unseen) if link.text is not None else [title.lstrip(":#")]


def _tag(tag: Any, unseen: frozenset[str]) -> Iterator[str]:
    name = str(tag.tag).strip().lower()
    if name in _UNSEEN:
        return
    if name == "br" or (name == "hr" and tag.wiki_markup):
        yield "\n"
    elif name == "table":
        yield "\n"
        yield from _rows(tag.contents.filter_tags(recursive=False), unseen)
    elif tag.contents is not None:
        block = name in ("p", "div", "blockquote", "center")
        yield from ("\n" if block else "", *_pieces(tag.contents, unseen), "\n" if block else "")


def _rows(parts: Any, unseen: frozenset[str]) -> Iterator[str]:
    """The rows of a table, cells with tabs between them; cells before the first row are one, too, and a caption is a line."""
    cells: list[str] = []
    for part in parts:
        if part.contents is None:
            continue
        if str(part.tag).strip().lower() == "tr":
            yield "\t".join(cells) + "\n"
            cells = []
            yield from _rows(part.contents.filter_tags(recursive=False), unseen)
        elif (text := " ".join("".join(_pieces(part.contents, unseen)).split())).startswith("+") and not cells:
            yield text[1:] + "\n"
        else:
            cells.append(text)
    yield "\t".join(cells) + "\n"
