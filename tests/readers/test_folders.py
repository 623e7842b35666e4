"""Which files folders hold: links that stay within, links that lead out, folders that cannot be read."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import InputError
from rag.readers.folders import FilesFound, files_of, listing


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    for name in ("papers/a/1.txt", "papers/b/2.txt", "papers/3.txt", "other/4.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("نص", "utf-8")
    return tmp_path / "papers"


def names(found: FilesFound) -> list[str]:
    return [file.name for file in found.files]


def test_what_links_within_lead_to_is_read_once(papers: Path) -> None:
    (papers / "0").symlink_to(papers / "b")
    (papers / "a" / "up").symlink_to(papers)
    (papers / "0.txt").symlink_to(papers / "3.txt")
    (papers / "self").symlink_to(papers / "self")
    (papers / "nowhere.txt").symlink_to(papers / "none.txt")
    found = listing([papers])
    assert [file.resolve().name for file in found.files] == ["3.txt", "1.txt", "2.txt"]
    assert found.passed_by == []


def test_a_link_that_leads_to_what_is_named_too_stays_within(papers: Path) -> None:
    (papers / "link").symlink_to(papers.parent / "other")
    found = listing([papers, papers.parent / "other"])
    assert (names(found), found.passed_by) == (["3.txt", "1.txt", "2.txt", "4.txt"], [])
    alone = listing([papers])
    assert names(alone) == ["3.txt", "1.txt", "2.txt"]
    assert [(path.name, why[:24]) for path, why in alone.passed_by] == [("link", "is a link that leads out")]
    followed = listing([papers], follow_links=True)
    assert (names(followed), followed.passed_by) == (["3.txt", "1.txt", "2.txt", "4.txt"], [])


def test_links_that_are_followed_go_nowhere_twice(papers: Path) -> None:
    (papers / "x").symlink_to(papers.parent / "other")
    (papers / "y").symlink_to(papers.parent / "other")
    (papers.parent / "other" / "back").symlink_to(papers.parent)
    assert sorted(names(listing([papers], follow_links=True))) == ["1.txt", "2.txt", "3.txt", "4.txt"]


def test_folders_within_each_other_can_be_named_in_any_order(papers: Path) -> None:
    (papers / "3.txt").unlink()
    (papers / "b" / "2.txt").unlink()
    assert [file.name for file in files_of([papers / "a", papers])] == ["1.txt"]
    assert [file.name for file in files_of([papers, papers / "a", papers])] == ["1.txt"]


def refusing(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Has the system refuse a folder, as it does not to root."""
    listed: Callable[[Path], list[str]] = os.listdir

    def refused(path: Path) -> list[str]:
        if path == folder:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return listed(path)

    monkeypatch.setattr(os, "listdir", refused)


def test_a_folder_that_cannot_be_read_is_named(papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch, papers / "a")
    found = listing([papers])
    assert names(found) == ["3.txt", "2.txt"]
    why = "is a folder that cannot be read (Permission denied); give the right to read it"
    assert found.passed_by == [(papers / "a", why)]
    with pytest.raises(
        InputError, match=r"a holds nothing that is read; the first thing in it is a folder that cannot"
    ):
        listing([papers / "a"])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be another")
def test_a_folder_that_may_not_be_entered_is_named(papers: Path) -> None:
    for folder in (papers, *papers.parents):
        if not folder.stat().st_mode & 0o005:
            folder.chmod(0o755)
    (papers / "a").chmod(0o744)
    (papers / "b").chmod(0o700)
    os.seteuid(65534)
    try:
        found = listing([papers])
    finally:
        os.seteuid(0)
    assert names(found) == ["3.txt"]
    assert [(path.name, why.split(" (")[0]) for path, why in found.passed_by] == [
        ("1.txt", "cannot be looked at"),
        ("b", "is a folder that cannot be read"),
    ]


PLACES = ["a", "b", "a/c", "b/d"]


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(["", *PLACES])), max_size=6))
@settings(max_examples=50)
def test_whatever_links_there_are_within_every_file_is_read_once(links: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as made:
        root = Path(made).resolve()
        for place in PLACES:
            (root / place).mkdir(parents=True, exist_ok=True)
            (root / place / f"{place.replace('/', '')}.txt").write_text("نص", "utf-8")
        for number, (at, to) in enumerate(links):
            (root / at / f"link{number}").symlink_to(root / to)
        found = listing([root])
        assert sorted(names(found)) == ["a.txt", "ac.txt", "b.txt", "bd.txt"]
        assert found.passed_by == []
