"""Word and EPUB files: what was written comes out; archives: only files, only inside the folder, only so much."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import zstandard
from docx import Document as new_docx
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.readers.formats import archives
from rag.readers.formats.archives import packing, unpacked
from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.docx import read_docx
from rag.readers.formats.epub import read_epub
from rag.readers.sandbox import limited

LINES = ["قال الوزير إن الاتفاق «جيد».", "Mixed 2015 نص"]


def word_file(path: Path) -> Path:
    document = new_docx()
    document.core_properties.title = "عنوان"
    document.core_properties.created = datetime(2015, 7, 23)
    document.add_paragraph(LINES[0])
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "الاسم", "خالد"
    document.add_paragraph(LINES[1])
    document.save(str(path))
    return path


CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="b/p.opf"/></rootfiles></container>"""
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>
<dc:title>كتاب</dc:title><dc:date>2015-07-23T10:00:00Z</dc:date></metadata><manifest>
<item id="a" href="second%20one.xhtml" media-type="application/xhtml+xml"/>
<item id="b" href="../first.xhtml" media-type="application/xhtml+xml"/>
<item id="c" href="empty.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="b"/><itemref idref="c"/><itemref idref="a"/></spine></package>"""
CHAPTERS = {
    "first.xhtml": "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head><title>x</title><style>p{}</style></head>"
    f"<body><h1>الأول</h1><p>{LINES[0]}<script>no()</script></p></body></html>",
    "b/second one.xhtml": f"<html><body><p>{LINES[1]} <!-- no --><b>bold</b>&nbsp;&#1575;</p>tail</body></html>",
    "b/empty.xhtml": "",
}


def book(path: Path, **changed: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        members = {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "b/p.opf": PACKAGE,
        } | CHAPTERS
        for name, content in (members | changed).items():
            file.writestr(name, content)
    return path


def test_a_word_file(tmp_path: Path) -> None:
    found = read_docx(word_file(tmp_path / "a.docx"))
    assert found == Document(f"{LINES[0]}\nالاسم · خالد\n{LINES[1]}", "عنوان")


def test_a_book(tmp_path: Path) -> None:
    found = read_epub(book(tmp_path / "a.epub"))
    assert found == Document(f"الأول\n{LINES[0]}\n{LINES[1]} bold ا\ntail", "كتاب", "2015-07-23")


def test_a_book_that_refers_outside_gives_nothing_of_it(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    entity = f'<!DOCTYPE p [<!ENTITY e SYSTEM "file://{secret}">]>'
    try:
        found = read_epub(book(tmp_path / "a.epub", **{"b/p.opf": entity + PACKAGE.replace("كتاب", "&e;")}))
    except Unfit:
        return
    assert "SECRET" not in found.title + found.text


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"META-INF/container.xml": "<container/>"}, "where its book is"),
        ({"b/p.opf": PACKAGE.replace("../first", "lost")}, "lacks its part"),
        ({"b/p.opf": "<package>" * 1000}, "damaged"),
        (dict.fromkeys(CHAPTERS, "<html/>"), "no text"),
        ({"META-INF/encryption.xml": '<e><x:CipherReference xmlns:x="x" URI="first.xhtml"/></e>'}, "DRM"),
    ],
)
def test_books_that_give_nothing_say_why(tmp_path: Path, changed: dict[str, str], why: str) -> None:
    with pytest.raises(Unfit, match=why):
        read_epub(book(tmp_path / "a.epub", **changed))


@pytest.mark.parametrize("read", [read_docx, read_epub])
def test_a_bomb_in_a_document_is_not_unpacked(tmp_path: Path, read: Callable[[Path], Document]) -> None:
    path = tmp_path / "bomb"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", bytes(101 << 20))
    with pytest.raises(Unfit, match="101 MB of text"):
        read(path)


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        for info, content in members:
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return out.getvalue()


def plain(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), content


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def contents(path: Path) -> list[tuple[str, bytes | str]]:
    """Each member with what is in it, or why it is none; nothing else may have been written beside the archive."""
    into = path.parent / "into"
    found = [(n, p.read_bytes() if isinstance(p, Path) else str(p)) for n, p in unpacked(path, into)]
    assert {p.name for p in path.parent.iterdir()} == {path.name, "into"}
    assert all(p.is_file() and not p.is_symlink() for p in into.iterdir())
    return found


FILES = {"أ.txt": "مرحبا".encode(), "b/c.jsonl": b"{}\n"}
PACKED = {
    "a.zip": zipped(**FILES),
    "a.tar": tar(*(plain(*item) for item in FILES.items())),
}
PACKED |= {
    "a.tar.gz": gzip.compress(PACKED["a.tar"]),
    "a.tar.bz2": bz2.compress(PACKED["a.tar"]),
    "a.tar.xz": lzma.compress(PACKED["a.tar"]),
    "a.tar.zst": zstandard.compress(PACKED["a.tar"]),
}


@pytest.mark.parametrize("name", PACKED)
def test_files_come_out_of_archives(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(PACKED[name])
    assert contents(path) == list(FILES.items())


@pytest.mark.parametrize("name", [name for name in PACKED if name != "a.zip"])
def test_an_archive_that_is_cut_off_says_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(PACKED[name][:-9000] if name == "a.tar" else PACKED[name][:-9])
    assert "damaged" in str(contents(path)[-1][1])


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_a_packed_dump_is_its_content(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "dump.jsonl.XZ"
    content = random.Random(1).randbytes(300_000)
    path.write_bytes(pack(content))
    assert contents(path) == [("", content)]
    assert [item.suffix for item in (tmp_path / "into").iterdir()] == [".jsonl"]


def test_archives_within_archives_one_level(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(
        zipped(**{"in.tar.gz": PACKED["a.tar.gz"], "deep.zip": zipped(**{"a.zip": PACKED["a.zip"], "t": b"x"})})
    )
    found = contents(path)
    assert found[:2] == [(f"in.tar.gz/{name}", content) for name, content in FILES.items()]
    assert found[2][0] == "deep.zip/a.zip"
    assert "one within at most" in str(found[2][1])
    assert found[3:] == [("deep.zip/t", b"x")]


def test_documents_are_no_archives(tmp_path: Path) -> None:
    assert packing(word_file(tmp_path / "a.docx")) is None
    assert packing(book(tmp_path / "a.epub")) is None
    with pytest.raises(Unfit, match="no archive"):
        list(unpacked(tmp_path / "a.epub", tmp_path / "into"))


UNSAFE = ["../out.txt", "/abs.txt", "a/../../out.txt", "C:\\x.txt", "..\\out.txt"]


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_that_lead_outside_are_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    files = dict.fromkeys([*UNSAFE, "good.txt"], b"x")
    path.write_bytes(zipped(**files) if kind == "zip" else tar(*(plain(*item) for item in files.items())))
    found = contents(path)
    assert len(found) == len(files)
    assert all("leads out" in str(why) for _, why in found[:-1])
    assert found[-1] == ("good.txt", b"x")


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    kinds = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
    members = []
    for i, kind in enumerate(kinds):
        info = tarfile.TarInfo(f"l{i}")
        info.type, info.linkname = kind, "/etc/passwd"
        members.append((info, b""))
    path = tmp_path / "a.tar"
    path.write_bytes(tar(*members, plain("l0/x.txt", b"x")))
    found = contents(path)
    assert all("link" in str(why) for _, why in found[:-1])
    assert found[-1] == ("l0/x.txt", b"x")
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    path = tmp_path / "b" / "a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(link, "/etc/passwd")
    assert "link" in str(contents(path)[0][1])


@pytest.mark.parametrize("encoding", ["cp1256", "cp720", "utf-8"])
def test_names_of_old_programs_are_readable(tmp_path: Path, encoding: str) -> None:
    name = "تقرير المدينة.txt"
    stood = b"n" * len(name.encode(encoding))
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(**{stood.decode(): b"x"}).replace(stood, name.encode(encoding)))
    assert contents(path) == [(name, b"x")]


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar.zst", "a.gz"])
def test_bombs_end(tmp_path: Path, name: str) -> None:
    blank = bytes(archives.FREE + (1 << 20))
    whole = tar(plain("big", blank))
    path = tmp_path / name
    packs = {
        "zip": lambda: zipped(big=blank),
        "gz": lambda: gzip.compress(whole),
        "zst": lambda: zstandard.compress(whole),
    }
    path.write_bytes(packs[name.rpartition(".")[2]]())
    assert "times its size" in str(contents(path)[-1][1])
    assert list((tmp_path / "into").iterdir()) == []


def test_too_many_and_too_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    monkeypatch.setattr(archives, "LARGEST_FILE", 4)
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(a=b"1234", b=b"12345", c=b"", d=b"", e=b""))
    found = contents(path)
    assert [found[0], found[2]] == [("a", b"1234"), ("c", b"")]
    assert "expected a smaller" in str(found[1][1])
    assert "expected fewer" in str(found[3][1])


def test_a_tar_header_that_would_fill_the_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    path = tmp_path / "a.tar"
    path.write_bytes(tar((info, bytes(archives.LARGEST_HEADER + 1)), plain("a", b"x")))
    assert "header of" in str(contents(path)[-1][1])


def test_a_window_that_would_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.zst"
    wide = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    with path.open("wb") as file, zstandard.ZstdCompressor(compression_params=wide).stream_writer(file) as stream:
        stream.write(random.Random(1).randbytes(1000))
    assert "--long=27" in str(contents(path)[-1][1])


def slow(path: Path) -> Document:
    while True:
        pass


def asleep(path: Path) -> Document:
    import time

    time.sleep(60)
    raise AssertionError


def hungry(path: Path) -> Document:
    return Document("x" * (4 << 30))


def dying(path: Path) -> Document:
    import os

    os.kill(os.getpid(), 11)
    raise AssertionError


def calling(path: Path) -> Document:
    import socket

    socket.create_connection(("127.0.0.1", 9))
    raise AssertionError


def starting(path: Path) -> Document:
    import subprocess

    subprocess.run(["true"], check=True)
    raise AssertionError


def failing(path: Path) -> Document:
    raise KeyError("odd\nthing")


def fine(path: Path) -> Document:
    print("noise")
    return Document(path.read_text(), "t", "2015", "u", "s", (0, 1))


@pytest.mark.parametrize(
    ("read", "why"),
    [
        (slow, "more than 1 s"),
        (asleep, "more than 1 s"),
        (hungry, "more than 200 MB"),
        (dying, "SIGSEGV"),
        (calling, "may not use socket|PermissionError"),
        (starting, "may not use subprocess|PermissionError"),
        (failing, "breaks its reader .KeyError: 'odd"),
    ],
)
def test_a_reader_that_exceeds_its_limits_is_stopped_and_the_next_file_is_read(
    tmp_path: Path, read: Callable[[Path], Document], why: str
) -> None:
    path = tmp_path / "a"
    path.write_text("نص\0")
    with pytest.raises((Unfit, OSError), match=why):
        limited(read, path, 1, 200)
    assert limited(fine, path, 20, 200) == Document("نص\0", "t", "2015", "u", "s", (0, 1))


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        limited(fine, tmp_path / "none", 20, 200)


DOCUMENTS = {"docx": (word_file, read_docx), "epub": (book, read_epub)}


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([*PACKED, *DOCUMENTS]), st.integers(0, 2**32), st.booleans())
def test_flipped_bytes_give_files_or_say_why(
    tmp_path_factory: pytest.TempPathFactory, name: str, seed: int, cut: bool
) -> None:
    folder = tmp_path_factory.mktemp("flipped")
    path = folder / "whole"
    write, read = DOCUMENTS.get(name, (None, None))
    data = bytearray(write(path).read_bytes() if write else PACKED[name])
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 12)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    path.write_bytes(data[: chance.randrange(len(data))] if cut else data)
    try:
        found = contents(path) if read is None else [("", limited(read, path, 20, 500).text)]
    except Unfit as e:
        found = [("", str(e))]
    assert all(isinstance(text, str | bytes) for _, text in found)


def test_notes_text_boxes_and_changes_in_a_word_file(tmp_path: Path) -> None:
    whole = word_file(tmp_path / "whole.docx")
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    changed = (
        f"<w:p {space}><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>"
        "<w:r><w:tab/><w:t>end</w:t><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></w:r></w:p>"
        f"<w:sdt {space}><w:sdtContent><w:p><w:r><w:t>control</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<w:sectPr", changed.encode() + b"<w:sectPr", 1))
    assert read_docx(path).text.splitlines()[-3:] == ["new\tend", "box", "control"]
