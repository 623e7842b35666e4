"""Web archives: a page an article, by its address; what is no page is passed by."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.readers.formats.document import Part
from rag.readers.formats.warc import read_warc
from rag.readers.readers import Unreadable, read
from rag.types import Article
from tests.readers.warc_files import answer, record

TEXT = "افتتح الوزير محطة القطار في المدينة يوم الثلاثاء، وبلغت الكلفة 340 مليون دينار."
PAGE = "<html><head><title>{0}</title></head><body><article><p>{1}</p></article></body></html>"


def archive() -> bytes:
    page = PAGE.format("خبر", TEXT).encode()
    packed = gzip.compress(PAGE.format("محزوم", TEXT).encode(), mtime=0)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    records = [
        record("warcinfo", "", "2015-05-12", b"software: test\r\n"),
        answer("https://www.example.org/1", page),
        answer("https://www.example.org/1", page, day="2015-05-13"),
        answer("https://www.example.org/1", PAGE.format("خبر", TEXT + " وعاد.").encode(), day="2015-06-01"),
        answer("https://example.org/2", PAGE.format("آخر", TEXT).encode("cp1256"), "text/html; charset=windows-1256"),
        answer("https://example.org/3", chunked, **{"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}),
        answer("https://example.org/4", page, status="404 Not Found"),
        answer("https://example.org/5.png", b"\x89PNG", "image/png"),
        answer("https://example.org/6.txt", TEXT.encode(), "text/plain"),
        answer("https://example.org/7", b"<html><script>x</script></html>"),
    ]
    return b"".join(records)


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_web_archive_is_an_article_a_page(tmp_path: Path, name: str) -> None:
    data = archive()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    *found, last = read([tmp_path / name])
    one, two, three = (
        f"https://{host}/{n}" for host, n in (("www.example.org", 1), ("example.org", 2), ("example.org", 3))
    )
    assert found == [
        Article(one, TEXT, "خبر", "2015-05-12", "example.org", one),
        Article(f"{one} 2015-06-01", f"{TEXT} وعاد.", "خبر", "2015-06-01", "example.org", one),
        Article(two, TEXT, "آخر", "2015-05-12", "example.org", two),
        Article(three, TEXT, "محزوم", "2015-05-12", "example.org", three),
        Article("https://example.org/6.txt", TEXT, source=tmp_path.name),
    ]
    assert isinstance(last, Unreadable)
    assert "https://example.org/7: has no text beside menus" in str(last)


def test_one_that_is_cut_short_gives_what_is_before(tmp_path: Path) -> None:
    data = archive()
    (tmp_path / "a.warc").write_bytes(data[: data.index("وعاد".encode())])
    first, last = read([tmp_path / "a.warc"])
    assert isinstance(first, Article)
    assert first.id == "https://www.example.org/1"
    assert "is cut short" in str(last)


WHOLE = archive()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE)), st.binary(max_size=3)), max_size=10), st.integers(0, len(WHOLE)))
def test_a_damaged_archive_gives_parts_or_unfit(tmp_path: Path, changes: list[tuple[int, bytes]], end: int) -> None:
    damaged = bytearray(WHOLE)
    for at, piece in changes:
        damaged[at : at + len(piece)] = piece
    (tmp_path / "a.warc").write_bytes(bytes(damaged[:end]))
    for part in read_warc(tmp_path / "a.warc", tmp_path):
        assert isinstance(part, Part)
