"""XML: dumps of wikis and of WordPress, feeds, books, corpora; of what is none of these its text without tags.

An element with a field of text and another one that is known, among its elements or attributes, is an article, whatever it is called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rag.arabic.rules.columns import fields_of
from rag.arabic.rules.dates import iso_date
from rag.arabic.text.folding import fold, has_words
from rag.readers.formats.document import Document, Part, Unfit
from rag.readers.formats.html_fields import without_markup
from rag.readers.formats.mail import day_of
from rag.readers.formats.text import LARGEST
from rag.readers.formats.wikitext import text_of_wiki
from rag.readers.formats.xml_stream import Xml, local, shown

_FILES, _CATEGORIES, _CODE = "6", "14", 828
"""Namespaces of wikis, by their numbers; those from 100 on are a wiki's own, the odd ones of which are talk."""
_OWN = 100
_REDIRECT = re.compile(r"\s*#\S{1,30}\s*:?\s*\[\[")
_NO_POSTS = re.compile(
    r"attachment|revision|nav_menu_item|custom_css|customize_changeset|oembed_cache|wp_.*|acf-.*|.*template.*"
)
_NOT_KEPT = ("trash", "auto-draft", "inherit")
_SHORTCODE = re.compile(
    r"\[/?(?:caption|gallery|embed|audio|video|playlist|wp_\w{1,30}|vc_\w{1,40}|et_pb_\w{1,40})\b[^\[\]]{0,2000}\]"
)
_ASIDE = re.compile(r"mrss|itunes|excerpt|googleplay")
"""In the names of namespaces whose elements say the same of pictures and recordings."""
_BOOKS = {"FictionBook": "body", "TEI": "text", "TEI.2": "text", "html": "body"}
"""Kinds of documents, and where their text stands."""


def read_xml(path: Path, into: Path) -> Iterator[Part]:
    """The pages of a dump of a wiki, the posts of one of WordPress, the items of a feed, the records of another file; else its text."""
    xml = Xml(path)
    first = xml.beginning()
    if first is None:
        raise Unfit("is XML that holds nothing; expected a dump, a feed or a document")
    name = local(first)
    if name == "mediawiki":
        yield from _articles(xml, "page", _wiki_page(first))
    elif name in ("rss", "RDF", "feed"):
        yield from _articles(xml, "entry" if name == "feed" else "item", _feed_item(first))
    elif name not in _BOOKS and (record := _record(first)):
        yield from _articles(xml, record, _of_fields)
    else:
        if (size := path.stat().st_size) > LARGEST:
            raise Unfit(f"is {size:,} bytes of XML; expected at most {LARGEST:,} for one text; cut it into several")
        yield Part("", _document([*xml.elements(name)]))


def _articles(xml: Xml, name: str, article: Callable[[Any], tuple[str, Document] | None]) -> Iterator[Part]:
    number = 0
    try:
        for number, element in enumerate(xml.elements(name), 1):
            place, beside = f"{name} {number}", f":{number}"
            try:
                if found := article(element):
                    yield Part(place, found[1], found[0], beside)
            except Unfit as e:
                yield Part(place, e, beside=beside)
    except Unfit as e:
        yield Part(f"{name} {number + 1}", e, beside=f":{number + 1}")


def _wiki_page(dump: Any) -> Callable[[Any], tuple[str, Document] | None]:
    """How the articles of a wiki are read: the last version of each page that is neither talk, nor for the wiki itself, nor a redirect."""
    site, wiki = _text(dump, "siteinfo", "sitename"), _text(dump, "siteinfo", "dbname")
    names = [(each.get("key"), each.text or "") for each in dump.iter("{*}namespace")]
    unseen = frozenset(fold(text).strip() for key, text in names if key in (_FILES, _CATEGORIES) and text)

    def read(page: Any) -> tuple[str, Document] | None:
        space = _text(page, "ns") or "0"
        own = space.isdecimal() and int(space) >= _OWN and int(space) % 2 == 0 and int(space) != _CODE
        versions = page.findall("{*}revision")
        written = _raw(versions[-1], "text") if versions else ""
        is_article = (space == "0" or own) and page.find("{*}redirect") is None and not _REDIRECT.match(written)
        if not is_article or not written.strip():
            return None
        text = text_of_wiki(written, unseen)
        if not has_words(text):
            return None
        number = _text(page, "id")
        about = _text(page, "title"), iso_date(_text(versions[-1], "timestamp")), None, site
        return f"{wiki or site}:{number}" if number and (wiki or site) else "", Document(text, *about)

    return read


def _feed_item(feed: Any) -> Callable[[Any], tuple[str, Document] | None]:
    """How the items of a feed are read, and the posts and pages of a dump of WordPress or Blogger, which are feeds."""
    site = _text(feed, "channel", "title") or _text(feed, "title")

    def read(item: Any) -> tuple[str, Document] | None:
        given = {
            local(each): _words(each)
            for each in item.iterchildren("*")
            if not _ASIDE.search(str(each.tag)) and local(each) != "encoded"
        }
        kinds = [
            str(each.get("term", "")) for each in item.iter("{*}category") if "/kind#" in str(each.get("term", ""))
        ]
        kept = not _NO_POSTS.fullmatch(given.get("post_type", "post")) and given.get("status") not in _NOT_KEPT
        if not kept or (kinds and not kinds[0].endswith(("#post", "#page"))):
            return None
        whole = [each for each in item.iter("{*}encoded") if not _ASIDE.search(str(each.tag))]
        bodies = [*whole, *(item.find(f"{{*}}{name}") for name in ("content", "description", "summary"))]
        texts = (without_markup(_SHORTCODE.sub("", _html(body))) for body in bodies if body is not None)
        text = next((text for text in texts if has_words(text)), "")
        if not text and given.get("post_type"):
            return None
        days = (
            day_of(given.get(name, "")) for name in ("post_date", "pubDate", "published", "date", "issued", "updated")
        )
        links = [
            str(each.get("href") or each.text or "")
            for each in item.findall("{*}link")
            if each.get("rel") in (None, "alternate")
        ]
        url = next((link.strip() for link in links if link.strip()), None)
        about = without_markup(given.get("title", "")), next(filter(None, days), None), url, site
        return given.get("guid") or given.get("id") or url or "", Document(text, *about)

    return read


def _record(first: Any) -> str:
    """The name of the elements that are articles; "" where there are none. The first one of a file counts."""
    for element in first.iter():
        fields = fields_of(_fields(element), {})
        if "text" in fields and len(fields) > 1:
            return local(element)
    return ""


def _fields(element: Any) -> dict[str, str]:
    """What an element says by its attributes and elements, under their names; words of its own under "text"."""
    if not isinstance(element.tag, str):
        return {}
    fields = {str(name).rpartition("}")[2]: value for name, value in element.attrib.items()}
    for child in element:
        if isinstance(child.tag, str):
            fields.setdefault(
                child.get("name") or local(child), shown(child) if len(child) else (child.text or "").strip()
            )
    own = "".join(filter(None, (element.text, *(child.tail for child in element))))
    if has_words(own) and (len(element) == 0 or fields.keys() & {"id", "title"}):
        fields.setdefault("text", shown(element) if len(element) else own.strip())
    return fields


def _of_fields(element: Any) -> tuple[str, Document] | None:
    fields = _fields(element)
    found = {field: fields[name].strip() for field, name in fields_of(fields, {}).items()}
    text = without_markup(found.get("text", ""))
    about = (
        without_markup(found.get("title", "")),
        day_of(found.get("date", "")),
        found.get("url"),
        found.get("source", ""),
    )
    return found.get("id", ""), Document(text, *about)


def _document(roots: list[Any]) -> Document:
    """The text of a document: of a book or an edition that of its body, with its title and date."""
    place = _BOOKS.get(local(roots[0])) if roots else None
    bodies = [body for root in roots for body in (root.iter(f"{{*}}{place}") if place else [root])]
    text = "\n".join(filter(None, map(shown, bodies)))
    if not has_words(text):
        raise Unfit("is XML that holds no words; expected a dump, a feed or a document")
    if not place:
        return Document(text)
    titles = (*roots[0].iter("{*}book-title"), *roots[0].iter("{*}title"))
    dates = [str(each.get("value") or each.get("when") or each.text or "") for each in roots[0].iter("{*}date")]
    return Document(text, shown(titles[0]) if titles else "", next(filter(None, map(day_of, dates)), None))


def _raw(element: Any, *names: str) -> str:
    found = element.find("/".join(f"{{*}}{name}" for name in names))
    return (found.text or "") if found is not None else ""


def _text(element: Any, *names: str) -> str:
    return " ".join(_raw(element, *names).split())


def _words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _html(element: Any) -> str:
    """What an element holds as HTML: as text, or as elements of its own (Atom's type xhtml)."""
    from lxml import etree

    if len(element):
        return "".join(etree.tostring(child, encoding="unicode") for child in element)
    return element.text or ""
