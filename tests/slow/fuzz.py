"""Fuzz targets for atheris, which is told which branches an input reached: `python -m tests.slow.fuzz TARGET -runs=N [CORPUS]`.

A target gets bytes and must come back: with a document, or with Unfit. What else it raises is a defect, and atheris writes the
bytes of it to a file `crash-…`; it belongs in tests/data/fuzzed.
"""

from __future__ import annotations

import gzip
import io
import logging
import random
import shutil
import sys
import tarfile
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import zstandard

_FOLDER = Path(tempfile.mkdtemp(prefix="rag-fuzz-"))


def reading(name: str) -> Callable[[bytes], None]:
    """A target that writes the bytes to a file of this name and has the reader of its kind read it."""
    from rag.readers.formats import (
        archives,
        docx,
        epub,
        html,
        mail,
        office,
        pdf,
        rtf,
        sniffing,
        tables,
        text,
        warc,
        whatsapp,
        xml_dumps,
    )
    from rag.readers.formats.document import Document, Part, Unfit

    documents = {
        "pdf": pdf.read_pdf,
        "docx": docx.read_docx,
        "epub": epub.read_epub,
        "html": html.read_html,
        "mhtml": mail.read_saved_page,
        "odf": office.read_odf,
        "pptx": office.read_slides,
        "rtf": rtf.read_rtf,
        "markdown": text.read_markdown,
    }
    by_rows = {"jsonl": tables.read_jsonl, "json": tables.read_json, "csv": tables.read_csv}
    by_parts = {
        "eml": mail.read_mail,
        "mbox": mail.read_mailbox,
        "xml": xml_dumps.read_xml,
        "whatsapp": whatsapp.read_whatsapp,
        "warc": warc.read_warc,
        "xlsx": office.read_workbook,
        "ods": office.read_ods,
    }
    path = _FOLDER / f"fuzzed.{name}"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        try:
            sniffing.sniff(path)
            if name in documents:
                found = documents[name](path)
                assert isinstance(found, Document)
                assert list(found.pages) == sorted(found.pages)
                assert all(0 <= page <= len(found.text) for page in found.pages)
            elif name in by_rows:
                assert all(isinstance(item, Unfit) or id_ for _, id_, item in by_rows[name](path, {}, name))
            elif name in by_parts:
                assert all(isinstance(part, Part) for part in by_parts[name](path, _FOLDER))
            else:
                into = _FOLDER / "into"
                shutil.rmtree(into, ignore_errors=True)
                for _, file in archives.unpacked(path, into):
                    assert isinstance(file, Unfit) or (file.is_file() and not file.is_symlink() and file.parent == into)
        except Unfit as e:
            if "\n" in str(e):
                raise ValueError(f"more than a line: {e}") from e
        except MemoryError:
            pass  # the process that reads a file has a bound of its own, and says so

    return read


def arabic(data: bytes) -> None:
    """Everything in rag.arabic, on a text and a question of it."""
    from tests.arabic.exact import check_bytes, check_text

    text, _, other = data[:600].decode("utf-8", "surrogateescape").partition("\0\0")
    check_text(text, other)
    check_bytes(data)


def asking() -> Callable[[bytes], None]:
    """A target that asks the bytes, as text, of small libraries of every kind."""
    from tests.asking import assistants, check

    opened = [assistant for _, assistant in assistants(_FOLDER / "homes", reader=False)]

    def ask(data: bytes) -> None:
        text = data[:300].decode("utf-8", "surrogateescape")
        for assistant in opened:
            check(assistant, text)

    return ask


def target(name: str) -> Callable[[bytes], None]:
    if name == "question":
        return asking()
    return arabic if name == "arabic" else reading(name)


TARGETS = (
    "arabic",
    "question",
    "pdf",
    "docx",
    "epub",
    "html",
    "markdown",
    "jsonl",
    "json",
    "csv",
    "eml",
    "mbox",
    "mhtml",
    "xml",
    "whatsapp",
    "warc",
    "odf",
    "ods",
    "pptx",
    "xlsx",
    "rtf",
    "packed",
)


def seeds(name: str, folder: Path) -> None:
    """Whole files of a kind, to begin with."""
    from tests.arabic.test_any_text import PIECES
    from tests.readers import pdf_files
    from tests.readers.test_formats_files import LINES, PACKED, book, word_file
    from tests.readers.test_formats_text import FORMATS, known

    folder.mkdir(parents=True, exist_ok=True)
    if name == "arabic":
        for n in range(0, len(PIECES), 8):
            both = " ".join(PIECES[n : n + 8]) + "\0\0" + " ".join(PIECES[n : n + 4])
            (folder / str(n)).write_bytes(both.encode("utf-8", "surrogatepass"))
    elif name == "question":
        from tests.asking import question

        for n in range(50):
            (folder / str(n)).write_bytes(question(random.Random(n)).encode("utf-8", "surrogatepass"))
    elif name == "pdf":
        (folder / "drawn").write_bytes(pdf_files.pdf([pdf_files.drawn(LINES)], "/Title(T)/CreationDate(D:2015)"))
        (folder / "glyphs").write_bytes(pdf_files.pdf([pdf_files.glyph_by_glyph(LINES[0])]))
    elif name == "docx":
        whole = io.BytesIO()
        with zipfile.ZipFile(word_file(folder / "whole")) as old, zipfile.ZipFile(whole, "w") as new:
            for part in old.namelist():
                if not part.endswith((".jpeg", ".png")):
                    new.writestr(part, old.read(part))  # not deflated, so that a changed byte is a changed letter
        (folder / "whole").write_bytes(whole.getvalue())
    elif name == "epub":
        with zipfile.ZipFile(book(folder / "packed")) as old, zipfile.ZipFile(folder / "plain", "w") as new:
            for part in old.namelist():
                new.writestr(part, old.read(part))
    elif name == "packed":
        for kind, data in PACKED.items():
            (folder / kind).write_bytes(data)
        (folder / "gz").write_bytes(gzip.compress(b"text"))
        (folder / "zst").write_bytes(zstandard.compress(b"text"))
        with tarfile.open(folder / "pax", "w", format=tarfile.PAX_FORMAT) as pax:
            member = tarfile.TarInfo("x" * 150)
            member.pax_headers = {"mtime": "1.5"}
            pax.addfile(member)
    elif name in ("eml", "mhtml", "mbox"):
        from tests.readers.test_mail import WHOLE

        (folder / "whole").write_bytes(WHOLE[("eml", "mhtml", "mbox").index(name)])
    elif name == "whatsapp":
        from tests.readers.test_whatsapp import STAMPS, chat

        for n, stamp in enumerate(STAMPS):
            (folder / str(n)).write_text(chat(stamp), encoding="utf-8")
    elif name in ("odf", "ods", "pptx", "xlsx", "rtf"):
        from tests.readers.test_office import WHOLE as files

        (folder / "whole").write_bytes(files[name][0])
    elif name == "warc":
        from tests.readers.test_warc import archive

        (folder / "whole").write_bytes(archive())
    elif name == "xml":
        from tests.readers.test_xml import WHOLE as documents

        for n, document in enumerate(documents):
            (folder / str(n)).write_text(document, encoding="utf-8")
    else:
        for n, (kind, (_, made)) in enumerate(FORMATS.items()):
            if kind.split()[0] == name:
                (folder / str(n)).write_bytes(made(known(n)).encode())


def main() -> None:
    name, *flags = sys.argv[1:]
    import atheris

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with atheris.instrument_imports(include=["rag", "pypdf", "docx", "trafilatura", "tarfile", "zipfile"]):
        import tests.arabic.exact  # noqa: F401

        wanted = target(name)
    corpus = _FOLDER / "corpus"
    seeds(name, corpus)
    atheris.Setup([sys.argv[0], *flags, str(corpus)], wanted)
    try:
        atheris.Fuzz()
    finally:
        shutil.rmtree(_FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
