"""Documents are read ahead on all cores: in order, as one by one, and without waiting where reading ends early."""

import time
from pathlib import Path

import pytest

from rag.library.origins import FileFingerprint
from rag.readers import finding, sandbox
from rag.readers.folders import files_of
from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.html import read_html
from rag.readers.readers import Place, Unreadable, read, readings
from rag.types import Article

PATIENCE = 30


def awaits_another(path: Path) -> Document:
    """A document once another one is being read too."""
    path.with_suffix(".begun").write_text("")
    until = time.monotonic() + PATIENCE
    while len(list(path.parent.glob("*.begun"))) < 2:
        if time.monotonic() > until:
            raise Unfit("is alone")
        time.sleep(0.01)
    return Document(f"نص {path.stem}")


def lasts(path: Path) -> Document:
    path.with_suffix(".begun").write_text("")
    time.sleep(PATIENCE)
    path.with_suffix(".done").write_text("")
    return Document("نص")


def pages(folder: Path, count: int) -> list[Path]:
    files = []
    for i in range(count):
        files.append(folder / f"{i:02}.html")
        files[-1].write_text(
            f"<html><title>عنوان {i}</title><body><p>هذا هو الخبر رقم {i} من أخبار اليوم.</p></body></html>"
        )
    return files


def apart(monkeypatch: pytest.MonkeyPatch, reader: object) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(finding, "DOCUMENTS", {**finding.DOCUMENTS, "html": finding._apart(reader)})  # type: ignore[arg-type]


def test_two_documents_are_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apart(monkeypatch, awaits_another)
    found = list(read(pages(tmp_path, 2)))
    assert [item.text for item in found if isinstance(item, Article)] == ["نص 00", "نص 01"]


def test_what_is_read_ahead_comes_in_order_and_in_its_place(tmp_path: Path) -> None:
    pages(tmp_path, 12)
    (tmp_path / "05.html").write_bytes(b"\x00\x01")
    (tmp_path / "03.jsonl").write_text('{"id": "x", "text": "نص"}\n{"id": "y", "text": "نص"}\n')
    (tmp_path / "04.pdf").write_bytes(b"%PDF-1.4 damaged")
    places: list[Place] = []
    ids = []
    for item in readings(files_of([tmp_path]), told=places.append):
        if not isinstance(item, FileFingerprint):
            ids.append(Path(item.where).name if isinstance(item, Unreadable) else item.article.id)
    expected = [f"{i:02}.html" for i in range(12)]
    assert ids == [*expected[:4], "x", "y", expected[4], "04.pdf", *expected[5:]]
    assert [place.share for place in places] == sorted(place.share for place in places)
    assert places[-1].done == places[-1].files == 14


def test_reading_that_ends_early_waits_for_no_file_and_leaves_other_reading_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart(monkeypatch, lasts)
    files = pages(tmp_path, 6)
    (tmp_path / "a.txt").write_text("خبر أول")
    reading = read([tmp_path / "a.txt", *files])
    assert isinstance(next(reading), Article)
    while not list(tmp_path.glob("*.begun")):
        time.sleep(0.01)
    reading.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.glob("*.done")), "it waited for a file that takes longer"
    assert sandbox.limited(read_html, pages(tmp_path, 1)[0], 20, 500).title == "عنوان 0"
