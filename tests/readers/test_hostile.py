"""Files made to do harm, read as `rag index` reads them: each is named in one line, does none, and the file behind it goes in."""

from __future__ import annotations

import errno
import io
import re
import tarfile
import zipfile
from functools import partial
from pathlib import Path

import pytest

from rag.readers import finding, sandbox
from rag.readers.formats import archives
from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.pdf import read_pdf
from rag.readers.readers import Unreadable, read
from rag.readers.sandbox import limited
from rag.types import Article
from tests.readers.pdf_files import assembled, drawn, pdf, stream
from tests.readers.test_formats_files import UNSAFE, book, plain, tar, zipped
from tests.readers.test_formats_pdf import CATALOG, FORM, PAGE, PAGES

TEXT = "نص سليم."
BOMB = bytes(archives.FREE + (1 << 20))
LOOP = assembled([CATALOG, "<</Type/Pages/Count 1/Kids[2 0 R]>>"])


def link() -> bytes:
    info = zipfile.ZipInfo("link.txt")
    info.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(info, "/etc/passwd")
    return out.getvalue()


def symlink() -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo("link.txt")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return info, b""


def nested(depth: int) -> bytes:
    data = zipped(**{"a.txt": TEXT.encode()})
    for _ in range(depth):
        data = zipped(**{"a.zip": data})
    return data


FILES = {
    "bomb.zip": (zipped(big=BOMB), "times its size"),
    "bombs.zip": (zipped(**{"a.zip": zipped(big=BOMB), "b.zip": zipped(big=BOMB)}), "times its size"),
    "up.zip": (zipped(**dict.fromkeys(UNSAFE, b"x")), "leads out"),
    "up.tar": (tar(*(plain(name, b"x") for name in UNSAFE)), "leads out"),
    "link.zip": (link(), "is a link"),
    "link.tar": (tar(symlink()), "is a link"),
    "deep.zip": (nested(30), "one within at most"),
    "pages.pdf": (LOOP, "damaged|without pages"),
    "forms.pdf": (assembled([CATALOG, PAGES, PAGE, FORM, stream("/X Do")]), "nests drawings"),
    "deep.pdf": (assembled([CATALOG, PAGES, "[" * 100_000]), "damaged|without pages|no text"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_would_do_harm(tmp_path: Path, name: str) -> None:
    data, why = FILES[name]
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / name).write_bytes(data)
    (folder / "z.txt").write_text(TEXT, "utf-8")
    *found, last = read([folder])
    assert last == Article("z.txt", TEXT, source="folder")
    assert found
    for item in found:
        assert isinstance(item, Unreadable)
        assert "\n" not in str(item)
    assert any(re.search(why, str(item)) for item in found), found
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(["folder", name, "z.txt"])


def test_a_file_that_takes_too_long_or_too_much_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf([drawn(["a line of words"] * 60)] * 300))
    (tmp_path / "b.pdf").write_bytes(pdf([drawn(["words"])]))
    while sandbox._idle:  # which hold memory that they took for other files
        sandbox._idle.pop().stop()
    for limits, why in (
        ({"seconds": 0.5, "megabytes": 900}, "more than 0.5 s"),
        ({"seconds": 60, "megabytes": 1}, "1 MB|more memory|breaks|ends"),
    ):
        limit = partial(limited, read_pdf, **limits)  # type: ignore[arg-type]
        monkeypatch.setitem(finding.DOCUMENTS, "pdf", limit)  # type: ignore[arg-type]
        first, *_ = read([tmp_path / "a.pdf"])
        assert isinstance(first, Unreadable)
        assert re.search(why, str(first)), first
    monkeypatch.undo()
    (last,) = read([tmp_path / "b.pdf"])
    assert isinstance(last, Article)


def without_memory(path: Path) -> Document:
    raise OSError(errno.ENOMEM, "Cannot allocate memory")


def test_a_reader_whose_files_find_no_memory_needs_too_much(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="needs more than 7 MB"):
        limited(without_memory, tmp_path / "a.pdf", seconds=60, megabytes=7)


def test_a_book_asks_nobody(tmp_path: Path) -> None:
    """Its pictures, styles and entities lie elsewhere; the process that reads it may not open a connection, and says so."""
    page = (
        '<!DOCTYPE html SYSTEM "http://10.0.0.1/x.dtd" [<!ENTITY e SYSTEM "file:///etc/passwd">]><html><head>'
        '<link rel="stylesheet" href="http://10.0.0.1/a.css"/></head><body><img src="http://10.0.0.1/a.png"/><p>كلمة &e;</p></body></html>'
    )
    book(tmp_path / "a.epub", **{"first.xhtml": page})
    (found,) = read([tmp_path / "a.epub"])
    assert isinstance(found, Article)
    assert "كلمة" in found.text
    assert "root:" not in found.text
