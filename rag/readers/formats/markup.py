"""What HTML says by its elements alone, said by its text, for pages and for the chapters of books."""

from __future__ import annotations

import re
from typing import Any

from rag.arabic.text.raised import apart, raised

_LISTED = (
    "address article aside blockquote br caption dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li "
    "main nav ol p pre section table td th tr ul"
)
_BLOCKS = frozenset(_LISTED.split())
_UNSEEN = frozenset({"head", "script", "style", "template", "noscript", "svg", "math"})

_RAISED = (
    "//sup | //a[@*[name()='epub:type' or name()='role'][.='noteref' or .='doc-noteref']]"
    " | //*[contains(@style, 'vertical-align') and contains(@style, 'super')]"
)


def write_out(tree: Any) -> bool:
    """Puts raised signs for raised digits, those of references to notes too; whether anything was raised."""
    from lxml.etree import strip_tags

    found = tree.xpath(_RAISED)
    for element in found:
        whole = "".join(element.itertext())
        for part in element.iter("*"):
            if raised(whole) != whole:
                part.text = raised(part.text) if part.text else part.text
                if part is not element:
                    part.tail = raised(part.tail) if part.tail else part.tail
            part.tag = "sup"
        link = element.getparent()
        if link is not None and link.tag == "a" and "".join(link.itertext()) == raised(whole):
            link.tag = "sup"
    strip_tags(tree, "sup")
    return bool(found)


def lines(tree: Any) -> list[str]:
    """The text of a tree, a block a line, without what is not seen; elements within a line part no words."""
    from lxml import etree

    parts: list[str] = []
    hidden = 0
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            parts.append("" if hidden else element.tail or "")
            continue
        name = element.tag.rpartition(":")[2].lower()
        hidden += (event == "start") - (event == "end") if name in _UNSEEN else 0
        parts.append("\n" if name in _BLOCKS else "")
        if not hidden:
            parts.append(" ".join(re.split(r"\s", (element.text if event == "start" else element.tail) or "")))
    return [line for line in (" ".join(line.split()) for line in apart("".join(parts)).split("\n")) if line]
