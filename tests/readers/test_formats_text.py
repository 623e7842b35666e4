"""Text, Markdown, pages, tables and dumps: what goes into a file comes out of it, and what is no such file is named."""

import bz2
import csv
import gzip
import html
import io
import json
import lzma
import random
import re
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import InputError
from rag.library.origins import ReadArticle
from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.html import read_html
from rag.readers.formats.sniffing import sniff
from rag.readers.formats.tables import read_csv, read_json, read_jsonl
from rag.readers.formats.text import read_markdown, read_text
from rag.readers.readers import Unreadable, read, readings
from rag.types import Article
from tests.conftest import SEEDS

SENTENCES = [
    sentence.strip() + "."
    for path in sorted(SEEDS.glob("*.txt"))
    for sentence in path.read_text(encoding="utf-8").split(".")
    if 40 < len(sentence) < 400
]


@dataclass(frozen=True)
class Known:
    """An article whose every part is known."""

    title: str
    date: str
    written: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


def known(seed: int) -> Known:
    chance = random.Random(seed)
    title = " ".join(chance.choice(SENTENCES).split()[:6]).strip(" .،«»\"'")
    date, written = chance.choice(
        [("2015-07-23", "٢٣ تموز/يوليو 2015"), ("2015-07-23", "23/7/2015"), ("2015-06-22", "5 رمضان 1436 هـ")]
    )
    return Known(title, date, written, tuple(chance.sample(SENTENCES, 4)))


def plain(text: str) -> str:
    return " ".join(text.split())


def as_markdown(k: Known) -> str:
    first, *rest = k.paragraphs
    words = first.split()
    marked = " ".join([f"**{words[0]}**", f"[{words[1]}](https://example.com/a_(b))", *words[2:]])
    return f"---\ndate: {k.written}\n---\n\n# {k.title}\n\n{marked}\n\n> " + "\n\n- ".join(rest) + "\n\n---\n"


def as_html(k: Known, charset: str = "utf-8") -> str:
    body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in k.paragraphs)
    return (
        f"<!DOCTYPE html><html><head><meta charset={charset}><title>{html.escape(k.title)}</title>"
        f"</head><body><nav><a href=/>الرئيسية</a> <a href=/s>رياضة</a></nav><article><h1>{html.escape(k.title)}</h1>"
        f"<span class=date>{k.written}</span>{body}</article><footer>جميع الحقوق محفوظة</footer><script>x()</script></body></html>"
    )


def as_csv(k: Known, delimiter: str) -> str:
    out = io.StringIO()
    rows = csv.writer(out, delimiter=delimiter)
    rows.writerow(["المعرّف", "العنوان", "المتن", "التاريخ", "المصدر", "رابط"])
    rows.writerow(["7", k.title, k.text, k.written, "صحيفة", "https://example.com/7"])
    return out.getvalue()


def as_row(k: Known) -> dict[str, object]:
    return {
        "id": "7",
        "عنوان": k.title,
        "نص": k.text,
        "تاريخ": k.written,
        "مصدر": "صحيفة",
        "رابط": "https://example.com/7",
    }


FORMATS: dict[str, tuple[str, Callable[[Known], str]]] = {
    "json object": (".json", lambda k: json.dumps({"articles": [as_row(k)]}, ensure_ascii=False, indent=1)),
    "csv of Excel": (".csv", lambda k: as_csv(k, ";")),
    "markdown": (".md", as_markdown),
    "html of another name": (".txt", as_html),
}


def one(path: Path) -> Article:
    (found,) = read([path])
    assert isinstance(found, Article), found
    return found


def failure(path: Path) -> str:
    (found,) = read([path])
    assert isinstance(found, Unreadable), found
    return str(found)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1256", "iso8859_6"])
@pytest.mark.parametrize("kind", FORMATS)
def test_what_goes_in_in_other_ways_comes_out(tmp_path: Path, kind: str, encoding: str) -> None:
    suffix, made = FORMATS[kind]
    for seed in range(3):
        k = known(seed)
        if encoding in ("cp1256", "iso8859_6"):  # which have no Arabic digits
            k = replace(k, written=k.written.translate({0x660 + n: str(n) for n in range(10)}))
        parts = [part.encode(encoding, "ignore").decode(encoding) for part in (k.title, k.written, *k.paragraphs)]
        k = Known(parts[0], k.date, parts[1], tuple(parts[2:]))
        path = tmp_path / f"file{seed}{suffix}"
        path.write_bytes(made(k).encode(encoding, "ignore"))
        found = one(path)
        text = plain(found.text).removeprefix(plain(k.title)).strip().removeprefix(plain(k.written)).strip()
        assert (found.title, found.date, text) == (k.title, k.date, plain(k.text))
        if suffix in (".md", ".html", ".txt"):
            assert (found.id, found.source) == (path.name, tmp_path.name)
        else:
            assert (found.id, found.source, found.url) == ("7", "صحيفة", "https://example.com/7")


@pytest.mark.parametrize("encoding", ["cp1256", "iso8859_6"])
def test_a_page_is_in_the_encoding_that_it_is_in_whatever_it_declares(tmp_path: Path, encoding: str) -> None:
    k = known(1)
    for declared in (encoding, "utf-8", "none-such"):
        (tmp_path / "a.html").write_bytes(as_html(k, declared).encode(encoding, "ignore"))
        text = one(tmp_path / "a.html").text
        assert plain(k.paragraphs[0].encode(encoding, "ignore").decode(encoding)) in plain(text)


PACKS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda data: gzip.compress(data[:900]) + gzip.compress(data[900:]),
    "zst": lambda data: zstandard.compress(data[:900]) + zstandard.compress(data[900:]),
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


@pytest.mark.parametrize("kind", PACKS)
def test_a_compressed_dump_is_read_and_a_cut_one_named(tmp_path: Path, kind: str) -> None:
    data = "".join(json.dumps({"id": str(i), "text": f"نص رقم {i}"}) + "\n" for i in range(500)).encode()
    path = tmp_path / f"d.jsonl.{kind}"
    path.write_bytes(PACKS[kind](data))
    found = list(read([path]))
    assert [item.id for item in found if isinstance(item, Article)] == [str(i) for i in range(500)]
    assert found[0] == Article("0", "نص رقم 0", source="d")
    path.write_bytes(PACKS[kind](data)[:-9])
    assert failure(path).startswith(f"{path}: is damaged or cut short")


def test_a_large_compressed_dump_takes_little_memory(tmp_path: Path) -> None:
    chance, path = random.Random(1), tmp_path / "d.jsonl.zst"
    with path.open("wb") as file, zstandard.ZstdCompressor(level=1).stream_writer(file) as stream:
        for n in range(500):
            stream.write((json.dumps({"id": str(n), "text": chance.randbytes(40_000).hex()}) + "\n").encode())
    tracemalloc.start()
    try:
        assert sum(isinstance(item, Article) for item in read([path])) == 500
        assert tracemalloc.get_traced_memory()[1] < 20_000_000, "of 40 MB much was held in memory"
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", PACKS)
def test_a_compressed_text_keeps_the_names_of_file_and_folder(tmp_path: Path, kind: str) -> None:
    for name in (f"a.txt.{kind}", f"b.txt.{kind}.gz", f"..{kind}", "c.txt"):
        packed = PACKS[kind]("نص واحد.".encode())
        (tmp_path / name).write_bytes(gzip.compress(packed) if name.endswith(f"{kind}.gz") else packed)
        plain = {f"..{kind}": "."}.get(name, f"{name[0]}.txt")
        assert one(tmp_path / name) == Article(plain, "نص واحد.", source=tmp_path.name)


def test_a_bomb_is_named_before_it_fills_the_disk(tmp_path: Path) -> None:
    for bomb, pack in (("a.txt.gz", gzip.compress), ("b.jsonl.zst", zstandard.compress), ("c.txt.xz", lzma.compress)):
        (tmp_path / bomb).write_bytes(pack(bytes(50_000_000)))
        assert "times its size" in failure(tmp_path / bomb)


def test_the_files_of_an_archive_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/x.txt", "نص أول")
        archive.writestr("rows.jsonl", '{"id": "7", "text": "نص ثان"}')
        archive.writestr("empty.txt", "")
    found = list(read([tmp_path / "a.zip"]))
    assert [item for item in found if isinstance(item, Article)] == [
        Article("x.txt", "نص أول", source="in"),
        Article("7", "نص ثان", source="rows"),
    ]
    assert "a.zip: empty.txt: is empty" in str(found[-1])


def test_columns_can_be_given_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("الخبر;عنوان;س\nقال نعم;أول;1\n\nقال لا;ثان;\n", encoding="utf-8")
    assert "has no column of text in its first line" in failure(tmp_path / "a.csv")
    found = readings([tmp_path / "a.csv"], {"text": "الخبر", "id": "س"})
    assert [item.article for item in found if isinstance(item, ReadArticle)] == [
        Article("1", "قال نعم", "أول", source="a"),
        Article("a.csv:3", "قال لا", "ثان", source="a"),
    ]
    with pytest.raises(InputError, match="no field 'body'"):
        list(readings([tmp_path / "a.csv"], {"body": "x"}))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("id,text\n1,نص,زائد\n", "row 1: has 3 fields; expected 2"),
        ('id,text\n1,"نص\n2,نص\n', "row 1: and those behind it are no table"),
        ("id,text\n1,نص من كلمات كثيرة\0\n", "NUL"),
        ("", "is empty"),
    ],
)
def test_a_broken_table_is_named(tmp_path: Path, data: str, why: str) -> None:
    (tmp_path / "a.csv").write_text(data, encoding="utf-8")
    assert why in failure(tmp_path / "a.csv")


def test_the_kind_is_told_by_content(tmp_path: Path) -> None:
    for name, data, kind in [
        ("a.txt", b"%PDF-1.4", "pdf"),
        ("b.txt", b"<html><p>x", "html"),
        ("c", "نص".encode(), "text"),
        ("d.pdf", "نص".encode(), "text"),
        ("e.txt", b'{"id": "1", "text": "x"}\n{"id": "2", "text": "y"}\n', "jsonl"),
        ("f", b'[{"id": "1"}]', "json"),
        ("g", b"\x89PNG\r\n\x1a\n\0", ""),
        ("h.txt", b"a < b > c", "text"),
    ]:
        (tmp_path / name).write_bytes(data)
        assert sniff(tmp_path / name) == kind, name
    (tmp_path / "g.dat").write_bytes(b"\x89PNG\r\n\x1a\n\0")
    (tmp_path / "i.log").write_text("نص آخر", encoding="utf-8")
    ids = [item.id for item in read([tmp_path]) if isinstance(item, Article)]
    assert "i.log" in ids
    assert "c" in ids


@pytest.mark.parametrize(
    ("sent", "ids"),
    [
        (b'{"id": "1", "text": "a"}\n{"id": "2", "text": "b"}\n', ["1", "2"]),
        (b'{"id": "1", "text": "a"}\n', ["1"]),
        ("نص واحد".encode(), ["stdin-70a95e2c"]),
    ],
)
def test_standard_input_is_rows_or_a_text(monkeypatch: pytest.MonkeyPatch, sent: bytes, ids: list[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sent)))
    assert [item.id for item in read([Path("-")]) if isinstance(item, Article)] == ids


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("3 * 4 * 5 و a_b_c", "3 * 4 * 5 و a_b_c"),
        ("`a_b` و\\*هذا\\*", "a_b و*هذا*"),
        ("![صورة](x.png) *مائل* __غليظ__ ~~لا~~", "صورة مائل غليظ لا"),
        ("1. أول\n2. ثان", "1. أول\n2. ثان"),
        ("```\n# ليس عنوانا\n```", "# ليس عنوانا"),
        ("قوس [1] و[نص](ن)", "قوس [1] و نص".replace(" و نص", " ونص")),
        ("#وسم", "#وسم"),
    ],
)
def test_only_sure_marks_of_markdown_are_left_out(tmp_path: Path, line: str, text: str) -> None:
    (tmp_path / "a.md").write_text(line, encoding="utf-8")
    assert read_markdown(tmp_path / "a.md") == Document(text)


HOSTILE = {
    "nul.html": b"<html><body><p>\xd9\x86\xd8\xb5 \0 one two</p>",
    "deep.html": b"<html><body>" + b"<div>" * 100_000 + "نص عميق".encode(),
    "entities.html": b'<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><html><p>&b;&b; text'
    + b"&amp;" * 200_000,
    "deep.json": b"[" * 200_000 + b"]" * 200_000,
    "deep.jsonl": b'{"id": "1", "text": ' + b"[" * 200_000 + b"\n",
    "long.txt": "كلمة ".encode() * 1_200_000,
    "long.md": b"[*_`" * 500_000,
    "stars.md": b"**a" * 500_000,
    "long.jsonl": json.dumps({"id": "1", "text": "كلمة " * 400_000}).encode(),
    "bidi.txt": "قال \u202eنعم\u202c \u2066لا\u2069".encode(),
    "surrogate.json": b'[{"id": "1", "text": "\\ud800 x"}]',
    "surrogate.txt": b"\xed\xa0\x80 text",
    "quotes.csv": b'text\n"' + b"a" * 10_000_000,
    "external.html": b'<!DOCTYPE html SYSTEM "http://10.0.0.1/x.dtd"><html><img src="http://10.0.0.1/a.png"><p>one two three',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gives_an_article_or_its_fault(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(HOSTILE[name])
    (tmp_path / "z.txt").write_text("نص سليم", encoding="utf-8")
    first, last = read([tmp_path])
    assert last == Article("z.txt", "نص سليم", source=tmp_path.name)
    if isinstance(first, Article):
        assert "\0" not in first.text
        first.text.encode("utf-8")
    else:
        assert "defect" not in str(first)
        assert "\n" not in str(first)


PIECES = st.sampled_from(
    [
        *(
            "<html>",
            "<p>",
            "</div>",
            "<!--",
            "<script>",
            "<meta charset=x>",
            "&",
            "&#0;",
            "&#xD800;",
            '{"id": "1", "text": "x"}',
        ),
        *(
            "[",
            "]",
            "{",
            "}",
            ",",
            '"',
            "\\",
            "\n",
            "#",
            "*",
            "_",
            "`",
            "[a](b)",
            "---",
            ">",
            "|",
            ";",
            "\0",
            "\u202e",
            "نص",
            "قال",
        ),
    ]
)
BYTES = st.binary(max_size=200) | st.lists(PIECES, max_size=40).map(lambda parts: " ".join(parts).encode())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(data=BYTES, name=st.sampled_from(["a.txt", "a.md", "a.html", "a.csv", "a.tsv", "a.json", "a.jsonl", "a"]))
def test_any_bytes_give_a_document_or_unfit(tmp_path: Path, data: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    try:
        sniff(path)
    except Unfit as e:
        assert re.match("is (?:an? |packed by )", str(e))  # noqa: PT017
    for reader in (read_text, read_markdown, read_html):
        try:
            assert isinstance(reader(path), Document)
        except Unfit:
            continue
    for rows in (read_jsonl, read_json, read_csv):
        try:
            for _, id_, item in rows(path, {}, name):
                assert isinstance(item, Unfit) or id_
        except Unfit:
            continue
