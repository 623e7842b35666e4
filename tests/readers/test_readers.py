import gzip
import json
import os
import zipfile
from pathlib import Path

import pytest

from rag.errors import InputError
from rag.library.origins import ReadArticle
from rag.readers.readers import Unreadable, read, readings
from rag.types import Article


def articles(items: list[Article | Unreadable]) -> list[str]:
    return [item.id for item in items if isinstance(item, Article)]


def failures(items: list[Article | Unreadable]) -> list[str]:
    return [str(item) for item in items if isinstance(item, Unreadable)]


def test_a_text_file_is_one_article_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeff قالَ:\r\n«نعم» ".encode())
    (found,) = read([tmp_path / "a.txt"])
    assert found == Article("a.txt", " قالَ:\r\n«نعم» ", source=tmp_path.name)


def test_rows_carry_their_metadata(tmp_path: Path) -> None:
    row = {"id": 7, "text": "نص طويل", "title": "عنوان", "date": "2015-07-21", "source": "صحيفة", "url": None}
    (tmp_path / "dump.jsonl").write_text(
        json.dumps(row) + "\n\n" + json.dumps({"id": "x", "text": "نص"}), encoding="utf-8"
    )
    assert list(read([tmp_path])) == [
        Article("7", "نص طويل", "عنوان", "2015-07-21", "صحيفة", None),
        Article("x", "نص", source="dump"),
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{oops", "is not JSON"),
        ('["a"]', "is a list"),
        ('{"id": "a"}', "no text"),
        ('{"id": "a", "text": " "}', "no text"),
        ('{"id": "a", "text": 5}', "no text"),
        ('{"id": "a", "text": "نص", "title": 5}', "title"),
        ('{"id": "a", "text": "نص\\ud800"}', "surrogate"),
        ('{"id": "a", "text": "نص\\u0000"}', "NUL"),
        ("[" * 100_000, "is not JSON"),
        ('{"id": true, "text": "نص"}', "no id"),
        ('{"id": "a\\tb", "text": "نص"}', "line ends and tabs"),
        ('{"id": "a\\ud800", "text": "نص"}', "ud800"),
        ('{"id": "1", "text": "آخر"}', "row 1"),
    ],
)
def test_a_broken_row_is_named_by_number_and_the_others_go_in(tmp_path: Path, line: str, why: str) -> None:
    (tmp_path / "d.jsonl").write_text(
        '{"id": "1", "text": "نص"}\n' + line + '\n{"id": "3", "text": "نص"}\n', encoding="utf-8"
    )
    found = list(read([tmp_path / "d.jsonl"]))
    assert articles(found) == ["1", "3"]
    (failure,) = failures(found)
    assert "d.jsonl: row 2: " in failure
    assert why in failure


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"", "is empty"), (b" \n", "is empty"), (b"...", "no words"), (b"\xff\xfe\x00", "not UTF-8"), (b"a\0b", "NUL")],
)
def test_a_file_that_is_no_text_is_named(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "bad.txt").write_bytes(data)
    (tmp_path / "good.txt").write_text("نص", encoding="utf-8")
    found = list(read([tmp_path]))
    assert articles(found) == ["good.txt"]
    assert why in failures(found)[0]


def test_the_same_name_twice_is_made_longer_by_its_folder(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").write_text(folder + " نص", encoding="utf-8")
    assert articles(list(read([tmp_path]))) == ["x.txt", "b/x.txt"]


def test_an_id_that_rows_of_two_files_bring_is_made_longer_by_its_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text('{"id": "1", "text": "نص"}\n', encoding="utf-8")
    found = list(read([tmp_path]))
    assert articles(found) == ["1", "b/1"]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("نص", encoding="utf-8")
    assert articles(list(read([tmp_path, tmp_path / "x.txt", tmp_path / "." / "x.txt"]))) == ["x.txt"]


@pytest.mark.parametrize("name", [b"bad\xff.txt", b"two\nlines.txt"])
def test_a_file_name_that_cannot_be_printed_is_left_out_and_named(tmp_path: Path, name: bytes) -> None:
    for file in (os.fsencode(tmp_path) + b"/" + name, os.fsencode(tmp_path) + b"/good.txt"):
        Path(os.fsdecode(file)).write_text("نص", encoding="utf-8")
    found = list(read([tmp_path]))
    assert articles(found) == ["good.txt"]
    assert "rename it" in failures(found)[0]
    failures(found)[0].encode("utf-8")


def test_nothing_is_read_where_a_path_is_missing_or_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        list(read([tmp_path / "none"]))
    with pytest.raises(InputError, match="holds no articles"):
        list(read([tmp_path]))


def test_another_kind_of_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    (tmp_path / "photo").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    assert "an old Office file; save it as .docx" in failures(list(read([tmp_path / "a.doc"])))[0]
    assert "of no kind that is read" in failures(list(read([tmp_path / "photo"])))[0]


def test_rows_without_an_id_are_called_by_their_file_wherever_it_was_packed(tmp_path: Path) -> None:
    table = "text\nنص أول\nنص ثان\n"
    (tmp_path / "one.csv.gz").write_bytes(gzip.compress(table.encode()))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/two.csv", table)
        archive.writestr("three.json", '[{"text": "نص ثالث"}]')
    found = {item.id: item.source for item in read([tmp_path]) if isinstance(item, Article)}
    assert found == {
        "one.csv:1": "one",
        "one.csv:2": "one",
        "two.csv:1": "two",
        "two.csv:2": "two",
        "three.json:1": "three",
    }


def dated(path: Path) -> dict[str, tuple[str | None, str]]:
    """The date of each article, and what was written there, where that cannot be read."""
    items = list(readings([path]))
    assert not failures([item for item in items if isinstance(item, Unreadable)])
    return {i.article.id: (i.article.date, i.unread_date) for i in items if isinstance(i, ReadArticle)}


ROWS = [
    ("أمس", None),
    ("2015-13-40", None),
    ("07/23/2015", "2015-07-23"),
    ("03/04/2015", "2015-03-04"),
    ("20150101", "2015-01-01"),
]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_a_row_whose_date_cannot_be_read_goes_in_without_and_is_told(tmp_path: Path, kind: str) -> None:
    rows = [{"id": str(n), "text": "نص", "date": written} for n, (written, _) in enumerate(ROWS)]
    rows.append({"id": "none", "text": "نص", "date": "غير معروف"})
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    table = "id,text,date\n" + "".join(f"{row['id']},{row['text']},{row['date']}\n" for row in rows)
    text = {"csv": table, "jsonl": "\n".join(lines), "json": f"[{','.join(lines)}]"}[kind]
    (tmp_path / f"d.{kind}").write_text(text, encoding="utf-8")
    expected = {str(n): (iso, "" if iso else written) for n, (written, iso) in enumerate(ROWS)}
    assert dated(tmp_path / f"d.{kind}") == {**expected, "none": (None, "")}


def test_the_date_of_a_file_is_that_of_its_head_its_name_or_its_folder(tmp_path: Path) -> None:
    text = "قال الوزير إن المشروع سيبدأ غدا."
    files = {
        "2015-07-23/a.txt": text,
        "2014/03/02/b.txt": text,
        "2014/3/c.txt": text,
        "x/خبر 23-7-2015.txt": text,
        "2015-07-23/20150101.txt": text,
        "2015-07-23/d.txt": f"عنوان\n1 يناير 2013\n{text}",
        "2015-07-23/e.md": f"---\ndate: 2012-05-06\n---\n1 يناير 2013\n\n{text}",
    }
    for name, written in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(written, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr("2011-02-03/g.txt", text)
    found = {item.id: item.date for item in read([tmp_path]) if isinstance(item, Article)}
    assert found == {
        "a.txt": "2015-07-23",
        "b.txt": "2014-03-02",
        "c.txt": None,
        "خبر 23-7-2015.txt": "2015-07-23",
        "20150101.txt": "2015-01-01",
        "d.txt": "2013-01-01",
        "e.md": "2012-05-06",
        "g.txt": "2011-02-03",
    }
