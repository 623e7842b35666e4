"""Files of LibreOffice, presentations, tables and RTF, made small."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from html import escape

from openpyxl import Workbook

_ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
)
_DRAWN = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'


def packed(members: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def odf(body: str, kind: str = "text", title: str = "", date: str = "") -> bytes:
    """A file of LibreOffice with these elements in its body."""
    content = f"<office:document-content {_ODF}><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    about = f"<dc:title>{escape(title)}</dc:title><meta:creation-date>{date}T10:00:00</meta:creation-date>"
    return packed(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": content,
            "meta.xml": f"<office:document-meta {_ODF}><office:meta>{about}</office:meta></office:document-meta>",
        }
    )


def odf_table(rows: Sequence[Sequence[str]], name: str = "a") -> str:
    cells = (
        "".join(f"<table:table-cell><text:p>{escape(cell)}</text:p></table:table-cell>" for cell in row) for row in rows
    )
    return f'<table:table table:name="{name}">{"".join(f"<table:table-row>{row}</table:table-row>" for row in cells)}</table:table>'


def slides(*texts: str, title: str = "", date: str = "") -> bytes:
    """A presentation with these elements on its slides, the last of which was made first."""
    order = list(reversed(range(len(texts))))
    ids = "".join(f'<p:sldId id="{300 + n}" r:id="rId{n}"/>' for n in range(len(texts)))
    relations = "".join(f'<Relationship Id="rId{n}" Target="slides/slide{order[n]}.xml"/>' for n in range(len(texts)))
    made = {
        f"ppt/slides/slide{order[n]}.xml": f"<p:sld {_DRAWN}><p:cSld><p:txBody>{text}</p:txBody></p:cSld></p:sld>"
        for n, text in enumerate(texts)
    }
    main = f'<p:presentation {_DRAWN} xmlns:r="r"><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>'
    about = (
        '<c:coreProperties xmlns:c="c" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
        f"<dc:title>{escape(title)}</dc:title><dcterms:created>{date}T10:00:00Z</dcterms:created></c:coreProperties>"
    )
    return packed(
        {
            "[Content_Types].xml": "<Types/>",
            "ppt/presentation.xml": main,
            "ppt/_rels/presentation.xml.rels": f"<Relationships>{relations}</Relationships>",
            "docProps/core.xml": about,
            **made,
        }
    )


def drawn(text: str) -> str:
    return f"<a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p>"


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(out)
    return out.getvalue()


def rtf(paragraphs: Sequence[str], way: str, title: str = "", date: str = "2015-05-12") -> bytes:
    """An RTF file: letters as Unicode, in the code page of the file, or in that of a font."""

    def written(text: str) -> str:
        if way == "unicode":
            return "".join(c if " " <= c < "\x7f" and c not in "\\{}" else f"\\u{ord(c)}?" for c in text)
        return "".join(
            chr(b) if 32 <= b < 127 and chr(b) not in "\\{}" else f"\\'{b:02x}" for b in text.encode("cp1256")
        )

    page = "1256" if way == "page" else "1252"
    fonts = r"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset178 Arial;}}"
    font = r"\f0" if way == "unknown font" else r"\f1"
    year, month, day = map(int, date.split("-"))
    info = rf"{{\info{{\title {written(title)}}}{{\creatim\yr{year}\mo{month}\dy{day}}}}}" if way != "font" else ""
    body = "".join(rf"\pard {font} {written(paragraph)}\par" + "\n" for paragraph in paragraphs)
    return rf"{{\rtf1\ansi\ansicpg{page}\deff0{fonts}{info}{body}}}".encode()
