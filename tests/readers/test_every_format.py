"""Articles as people have them, in every format, encoding and package: what goes in comes out."""

from __future__ import annotations

import csv
import gzip
import html
import io
import json
import random
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from pathlib import Path

import pytest
from docx import Document as new_docx

from rag.readers.readers import read
from rag.types import Article
from tests.conftest import SEEDS
from tests.readers.office_files import drawn as slide
from tests.readers.office_files import odf, odf_table, rtf, slides, workbook
from tests.readers.pdf_files import drawn, pdf
from tests.readers.warc_files import answer

SENTENCES = [
    sentence.strip() + "."
    for path in sorted(SEEDS.glob("*.txt"))
    for sentence in path.read_text(encoding="utf-8").split(".")
    if 40 < len(sentence) < 300
]
SPICE = [
    "وقالت الوزيرة: «لن نتراجع عن القرار»، وأضافت أن النتائج ستعلن غدا.",
    "وبلغت الكلفة 2,500.75 دولار بزيادة 35% عن عام 2014.",
    "وَقالَ مُحَمَّدٌ إنّ الأمرَ واضِحٌ لا لُبسَ فيه.",
    "ووقعت شركة Apple Inc اتفاقا مع جامعة King Saud في الرياض.",
]
NEW_SPICE = ["وارتفع عدد الزوار إلى ١٢٣٤ زائرا بنسبة ٤٥٪ خلال العام – وفق البيان."]
"""What old encodings do not have."""
DATES = [
    ("2015-07-23", "23 تموز/يوليو 2015"),
    ("2015-07-23", "23/7/2015"),
    ("2015-07-23", "2015-07-23"),
    ("2015-06-22", "5 رمضان 1436 هـ"),
    ("2014-01-05", "الأحد 5 كانون الثاني 2014"),
]
TO_EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
OLD = ("cp1256", "iso8859_6")
ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8 with mark": "utf-8-sig",
    "utf-16 le": "utf-16-le",
    "utf-16 be": "utf-16-be",
    "utf-16 le without mark": "utf-16-le",
    "windows-1256": "cp1256",
    "iso-8859-6": "iso8859_6",
}
SAID = ("utf-8", "windows-1256", "iso-8859-6")
MARKED = ("utf-16 le", "utf-16 be")


@dataclass(frozen=True)
class Known:
    """An article whose every part is known."""

    title: str
    date: str
    written: str
    paragraphs: tuple[str, ...]
    url: str = "https://example.com/أخبار/7"
    source: str = "صحيفة المدينة"


def known(seed: int, encoding: str = "utf-8") -> Known:
    """An article all of whose characters the encoding has."""
    chance = random.Random(seed)
    paragraphs = [*chance.sample(SENTENCES, 4), *SPICE, *([] if encoding in OLD else NEW_SPICE)]
    chance.shuffle(paragraphs)
    title = " ".join(chance.choice(SENTENCES).split()[:7]).strip(" .،«»\"':")
    date, written = chance.choice(DATES)
    if encoding not in OLD and chance.random() < 0.5:
        written = written.translate(TO_EASTERN)
    parts = [part.encode(encoding, "ignore").decode(encoding) for part in (title, written, *paragraphs)]
    return Known(parts[0], date, parts[1], tuple(parts[2:]))


def squeezed(text: str) -> str:
    return " ".join(text.split())


def row(k: Known) -> dict[str, str]:
    body = "\n\n".join(k.paragraphs)
    return {"id": "7", "العنوان": k.title, "نص": body, "التاريخ": k.written, "المصدر": k.source, "رابط": k.url}


def table(k: Known, delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([row(k).keys(), row(k).values()])
    return out.getvalue()


def page(k: Known) -> str:
    paragraphs = "".join(f"<p>{html.escape(paragraph)}</p>\n" for paragraph in k.paragraphs)
    return (
        f"<!DOCTYPE html><html lang=ar dir=rtl><head><title>{html.escape(k.title)}</title>"
        f'<meta name="date" content="{k.written}"></head><body><nav><a href=/>الرئيسية</a></nav><article>'
        f"<h1>{html.escape(k.title)}</h1>{paragraphs}</article><footer>جميع الحقوق محفوظة</footer></body></html>"
    )


def markdown(k: Known) -> str:
    front = f"---\ntitle: {k.title}\ndate: {k.written}\nsource: {k.source}\nurl: {k.url}\n---\n\n"
    return front + "\n\n".join(k.paragraphs) + "\n"


def word(k: Known) -> bytes:
    document, out = new_docx(), io.BytesIO()
    document.core_properties.title = k.title
    document.core_properties.created = datetime.fromisoformat(k.date)
    for paragraph in k.paragraphs:
        document.add_paragraph(paragraph)
    document.save(out)
    return out.getvalue()


def book(k: Known) -> bytes:
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        f"<dc:title>{html.escape(k.title)}</dc:title><dc:date>{k.date}</dc:date></metadata><manifest>"
        '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>'
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="p.opf"/></rootfiles></container>'
    )
    chapter = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in k.paragraphs)
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "p.opf": package,
        "a.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>{chapter}</body></html>',
    }
    return zipped(*((name, text.encode()) for name, text in members.items()))


def paper(k: Known) -> bytes:
    title = (b"\xfe\xff" + k.title.encode("utf-16-be")).hex()
    lines = [line for paragraph in k.paragraphs for line in wrapped(paragraph)]
    info = f"/Title<{title}>/CreationDate(D:{k.date.replace('-', '')}101112Z)"
    return pdf([drawn(lines[:20]), drawn(lines[20:])] if lines[20:] else [drawn(lines)], info)


def wrapped(paragraph: str) -> Iterator[str]:
    line = ""
    for each in paragraph.split():
        if len(line) + len(each) > 60:
            yield line
            line = ""
        line = f"{line} {each}".strip()
    yield line


def mail(k: Known, encoding: str) -> bytes:
    """A mail whose head and text name their encoding."""
    message = MIMEText("\r\n\r\n".join(k.paragraphs), "plain", encoding)
    message["Subject"] = Header(k.title, encoding)
    message["From"] = formataddr((k.source, "news@example.com"), encoding)
    message["Date"] = format_datetime(datetime.fromisoformat(f"{k.date}T23:30:00+03:00"))
    return message.as_bytes()


def mailbox(k: Known, encoding: str) -> bytes:
    return b"From news@example.com Thu Jul 23 10:00:00 2015\n" + mail(k, encoding) + b"\n"


def saved(k: Known, encoding: str) -> bytes:
    """A page as browsers save it, with a picture."""
    message = MIMEMultipart("related", type="text/html")
    message["From"] = "<Saved by Blink>"
    message["Snapshot-Content-Location"] = k.url
    message["Subject"] = Header(k.title, encoding)
    message.attach(MIMEText(page(k), "html", encoding))
    message.attach(MIMEImage(b"picture", "png"))
    return message.as_bytes()


def wiki(k: Known, encoding: str) -> str:
    text = html.escape("\n\n".join(k.paragraphs).replace("''", "&#39;&#39;"), quote=False)
    return (
        f'<?xml version="1.0" encoding="{encoding}"?><mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo><sitename>'
        f"{k.source}</sitename></siteinfo><page><title>{html.escape(k.title)}</title><ns>0</ns><id>7</id><revision><timestamp>{k.date}"
        f'T10:00:00Z</timestamp><text xml:space="preserve">{text}</text></revision></page></mediawiki>'
    )


def feed(k: Known, encoding: str) -> str:
    body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in k.paragraphs)
    return (
        f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>{k.source}</title><item><title>{html.escape(k.title)}</title><link>{k.url}</link><pubDate>"
        f"{format_datetime(datetime.fromisoformat(k.date))}</pubDate><content:encoded><![CDATA[{body}]]></content:encoded></item>"
        "</channel></rss>"
    )


def posts(k: Known) -> str:
    """What the interface of a WordPress site gives."""
    body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in k.paragraphs)
    rendered = {"title": {"rendered": html.escape(k.title)}, "content": {"rendered": body, "protected": False}}
    return json.dumps([{"id": 7, "date": f"{k.date}T10:00:00", "link": k.url, **rendered}], ensure_ascii=False)


def chat(k: Known) -> str:
    """What Telegram exports of a chat."""
    text = [{"type": "bold", "text": k.paragraphs[0]}, "\n", "\n\n".join(k.paragraphs[1:])]
    message = {"id": 3, "type": "message", "date": f"{k.date}T23:59:00", "from": k.title, "text": text}
    head = {"name": k.source, "type": "private_group", "id": 7}
    return json.dumps(
        {**head, "messages": [{"id": 1, "type": "service", "text": ""}, message]}, ensure_ascii=False, indent=1
    )


def phone_chat(k: Known) -> str:
    """What WhatsApp exports on a phone in Arabic."""
    day, *said = f"[{k.date.replace('-', '/')}، 10:15:32 م] ", *k.paragraphs
    return "".join(f"{day}سامر: {paragraph}\r\n" for paragraph in said)


def crawled(k: Known, encoding: str) -> bytes:
    """A page as a crawler keeps it, with its answer's head."""
    return answer(k.url, page(k).encode(encoding), f"text/html; charset={encoding}")


def fiction(k: Known) -> str:
    """A book in FictionBook."""
    head = f"<title-info><book-title>{html.escape(k.title)}</book-title><date value='{k.date}'>x</date></title-info>"
    body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in k.paragraphs)
    space = "http://www.gribuser.ru/xml/fictionbook/2.0"
    text = f"<body><section>{body}</section></body>"
    return f"<?xml version='1.0'?><FictionBook xmlns='{space}'><description>{head}</description>{text}</FictionBook>"


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return out.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as file:
        info = tarfile.TarInfo(f"in/{name}")
        info.size = len(content)
        file.addfile(info, io.BytesIO(content))
    return out.getvalue()


TEXTS: dict[str, Callable[[Known], str]] = {
    ".txt": lambda k: "\r\n\r\n".join(k.paragraphs),
    ".md": markdown,
    ".html": page,
    ".htm": page,
    ".jsonl": lambda k: json.dumps(row(k), ensure_ascii=False) + "\n",
    ".json": lambda k: json.dumps([row(k)], ensure_ascii=False, indent=1),
    "_chat.txt": phone_chat,
    ".csv": lambda k: table(k, ","),
    ".tsv": lambda k: table(k, "\t"),
    "posts.json": posts,
    "chat.json": chat,
}
BINARY: dict[str, Callable[[Known], bytes]] = {
    ".docx": word,
    ".epub": book,
    ".pdf": paper,
    ".odt": lambda k: odf(
        "".join(f"<text:p>{html.escape(each)}</text:p>" for each in k.paragraphs), "text", k.title, k.date
    ),
    ".pptx": lambda k: slides(*map(slide, k.paragraphs), title=k.title, date=k.date),
    ".rtf": lambda k: rtf(k.paragraphs, "unicode", k.title, k.date),
    ".xlsx": lambda k: workbook({"a": [list(row(k)), list(row(k).values())]}),
    ".ods": lambda k: odf(odf_table([list(row(k)), list(row(k).values())]), "spreadsheet"),
    ".fb2": lambda k: fiction(k).encode(),
}
DECLARED: dict[str, Callable[[Known, str], bytes]] = {".eml": mail, ".mbox": mailbox, ".mhtml": saved, ".warc": crawled}
"""Formats that name the encoding of their text."""
XML: dict[str, Callable[[Known, str], str]] = {"wiki.xml": wiki, "rss.xml": feed}
WITH_SOURCE = (".eml", ".mbox", "chat.json", *XML)
ROWS = (".jsonl", ".json", ".csv", ".tsv", ".xlsx", ".ods")
PACKAGES: dict[str, Callable[[str, bytes], tuple[str, bytes]]] = {
    "alone": lambda name, content: (name, content),
    "in a folder": lambda name, content: (f"folder/{name}", content),
    ".zip": lambda name, content: ("a.zip", zipped((f"in/{name}", content))),
    ".tar.gz": lambda name, content: ("a.tar.gz", tarred(name, content)),
    ".gz": lambda name, content: (f"{name}.gz", gzip.compress(content)),
    "standard input": lambda name, content: ("-", content),
}


def made(suffix: str, k: Known, encoding: str) -> bytes:
    if suffix in BINARY:
        return BINARY[suffix](k)
    if suffix in DECLARED:
        return DECLARED[suffix](k, ENCODINGS[encoding])
    if suffix in XML:
        return XML[suffix](k, encoding.partition(" ")[0]).encode(
            "utf-16" if encoding.startswith("utf-16") else ENCODINGS[encoding]
        )
    mark = "\ufeff" if encoding in MARKED else ""
    return (mark + TEXTS[suffix](k)).encode(ENCODINGS[encoding])


@pytest.mark.parametrize(
    ("suffix", "encoding", "package"),
    [
        (suffix, encoding, package)
        for suffix in (*TEXTS, *BINARY, *DECLARED, *XML)
        for encoding in (ENCODINGS if suffix in (*TEXTS, *XML) else SAID if suffix in DECLARED else ["utf-8"])
        for package in PACKAGES
        if (suffix, package) != (".md", "standard input")  # Markdown that nothing names is text, and stays as it is
    ],
)
def test_what_goes_in_comes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, encoding: str, package: str
) -> None:
    k = known(zlib.crc32(f"{suffix} {encoding} {package}".encode()), ENCODINGS[encoding])
    name, content = PACKAGES[package](f"الخبر{suffix}", made(suffix, k, encoding))
    path = Path("-") if name == "-" else tmp_path / name
    if name == "-":
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    (found,) = read([path.parent if package == "in a folder" else path])
    assert isinstance(found, Article)
    said = "سامر: " if suffix == "_chat.txt" else ""
    text = squeezed(" ".join(said + paragraph for paragraph in k.paragraphs))
    assert squeezed(found.text) in (text, f"{k.title} {text}")  # a page shows its title, too
    if suffix != ".txt":
        own = (
            None if suffix in (".docx", ".pdf", ".odt", ".pptx", ".rtf") else k.date
        )  # of these the file was made then, and not the article
        assert (found.title, found.date) == ("" if said else k.title, own)
    if suffix in (*ROWS, ".md"):
        assert (found.source, found.url) == (k.source, k.url)
    if suffix in WITH_SOURCE:
        assert found.source == k.source
    if suffix in ROWS:
        assert found.id == "7"
