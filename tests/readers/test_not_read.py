"""What no reader takes is refused by its own name, with what mends it; old Office files go by way of LibreOffice."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from pathlib import Path

import pytest

from rag.readers import conversion
from rag.readers.readers import Unreadable, read
from rag.types import Article
from tests.readers.test_formats_files import LINES, word_file

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def old(stream: str) -> bytes:
    return OLE + stream.encode("utf-16-le")


def zipped(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(name, b"x")
    return out.getvalue()


NOT_READ = {
    "a.pst": (b"!BDN" + bytes(100), "is an Outlook mail store (.pst or .ost); export it as .mbox or as .eml"),
    "a.msg": (old("__substg1.0_0037001F"), "is an Outlook message (.msg); save it as .eml"),
    "a.docx": (old("EncryptedPackage"), "is protected by a password; save it without"),
    "a.rar": (b"Rar!\x1a\x07", "is a RAR archive"),
    "a.azw": (bytes(60) + b"BOOKMOBI" + bytes(20), "is a Kindle book"),
    "a.djvu": (b"AT&TFORM\0\0", "is a DjVu book"),
    "a.chm": (b"ITSF\3\0", "is a help file"),
    "a.db": (b"SQLite format 3\0" + bytes(20), "is an SQLite database"),
    "a.bok": (b"\0\1\0\0Standard Jet DB\0", "is an Access database (.mdb, also .bok of Shamela)"),
    "a.parquet": (b"PAR1" + bytes(20), "is a Parquet table"),
    "a.sql": (b"-- MySQL dump 10.13\n--\n\nDROP TABLE IF EXISTS `posts`;\n", "is a dump of a database (SQL)"),
    "a.vcf": (b"BEGIN:VCARD\nVERSION:3.0\n", "is an address book"),
    "a.ics": (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "is a calendar"),
    "a.xlsb": (zipped("xl/workbook.bin"), "is a binary table of Excel"),
    "a.pages": (zipped("Index/Document.iwa"), "is a file of Apple's Pages"),
    "a.zim": (b"ZIM\x04" + bytes(20), "is a ZIM archive"),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_what_is_not_read_is_refused_by_its_own_name(tmp_path: Path, name: str) -> None:
    data, why = NOT_READ[name]
    (tmp_path / name).write_bytes(data)
    for where in (tmp_path / name, tmp_path):
        (found,) = read([where])
        assert isinstance(found, Unreadable)
        assert why in str(found)
        assert "\n" not in str(found)


@pytest.mark.parametrize(
    ("stream", "kind"), [("WordDocument", "doc"), ("Workbook", "xls"), ("PowerPoint Document", "ppt")]
)
def test_an_old_office_file_without_libreoffice_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: str, kind: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    (tmp_path / "a").write_bytes(old(stream))
    (found,) = read([tmp_path / "a"])
    assert f"is an old Office file (.{kind}), which LibreOffice reads; install it, or save it as .{kind}x" in str(found)


def libreoffice(folder: Path, action: str) -> None:
    """A program called soffice, which does this with the folder that it is to write into as `into`."""
    folder.mkdir()
    program = folder / "soffice"
    arguments = "import shutil, sys, time; into = sys.argv[sys.argv.index('--outdir') + 1]"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{arguments}; {action}" "$@"\n')
    program.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="the program is a script of sh")
def test_an_old_office_file_is_what_libreoffice_makes_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    word_file(tmp_path / "made")
    seen = f"import os; open('{tmp_path / 'seen'}', 'w').write(str(os.environ.get('RAG_PASSWORD')))"
    libreoffice(tmp_path / "bin", f"shutil.copy('{tmp_path / 'made'}', into + '/old.docx'); {seen}")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    (tmp_path / "a.doc").write_bytes(old("WordDocument"))
    monkeypatch.setenv("RAG_PASSWORD", "secret")
    (found,) = read([tmp_path / "a.doc"])
    assert (tmp_path / "seen").read_text() == "None"
    assert found == Article("a.doc", f"{LINES[0]}\nالاسم · خالد\n{LINES[1]}", "عنوان", None, tmp_path.name)


@pytest.mark.skipif(os.name == "nt", reason="the program is a script of sh")
@pytest.mark.parametrize(
    ("action", "why"), [("pass", "LibreOffice makes nothing"), ("time.sleep(60)", "takes LibreOffice more than 1 s")]
)
def test_what_libreoffice_does_not_convert_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str, why: str
) -> None:
    monkeypatch.setattr(conversion, "SECONDS", 1)
    libreoffice(tmp_path / "bin", action)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    (tmp_path / "a.doc").write_bytes(old("WordDocument"))
    (found,) = read([tmp_path / "a.doc"])
    assert why in str(found)
