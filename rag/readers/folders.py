"""Which files are read of those that people name: files themselves, what folders hold, standard input."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rag.errors import InputError
from rag.readers.formats.document import Unfit
from rag.readers.formats.sniffing import sniff

SUFFIXES = (
    *(".txt", ".md", ".html", ".htm", ".pdf", ".docx", ".epub", ".odt", ".odp", ".pptx", ".rtf", ".fb2"),
    *(".csv", ".tsv", ".json", ".jsonl", ".xml", ".xlsx", ".ods", ".eml", ".emlx", ".mbox", ".mhtml", ".mht", ".warc"),
    *(".zip", ".tar", ".tgz", ".gz", ".zst", ".bz2", ".xz"),
)
"""What the files are called that are read; others are looked into, and read where they are one of these in spite of their name."""
STANDARD_INPUT = Path("-")
TOLD = "rag.toml"
"""In a folder: where its articles are from."""
_SPACE = ord(" ")


@dataclass(frozen=True, slots=True)
class FilesFound:
    """The files that are read, and what is passed by in spite of what people may expect: links and folders, and why."""

    files: list[Path]
    passed_by: list[tuple[Path, str]]


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files of `listing`."""
    return listing(paths).files


def listing(paths: Sequence[Path], without: Sequence[Path] = (), follow_links: bool = False) -> FilesFound:
    """The files of files and folders (read through, in order of name), each once; "-" is standard input.

    without: files and folders that are passed by in folders. follow_links: whether links are followed that lead out of all that is
    named here; those that do not lead to what is read anyway. Of a folder hidden files and README are passed by, and files that
    are no text where their name is of no kind that is read. Raises InputError if a path does not exist, or a folder holds no file
    that can be read.
    """
    walk = _FolderWalk(paths, without, follow_links)
    found = {file if file == STANDARD_INPUT else file.resolve(): file for path in paths for file in walk.files(path)}
    return FilesFound(list(found.values()), walk.passed_by)


class _FolderWalk:
    """Goes through folders, each once. passed_by: as in FilesFound, as far as it has gone."""

    def __init__(self, paths: Sequence[Path], without: Sequence[Path], follow_links: bool) -> None:
        self.passed_by: list[tuple[Path, str]] = []
        self._named = [path.resolve() for path in paths if path != STANDARD_INPUT]
        self._without = [path.resolve() for path in without]
        self._follow_links = follow_links
        self._seen: set[Path] = set()

    def files(self, path: Path) -> list[Path]:
        """The files of one path; InputError where there are none."""
        if path == STANDARD_INPUT or path.is_file():
            return [path]
        name = shown(name_of(path))
        if not path.exists():
            raise InputError(f"{name} does not exist; expected a file or a folder of articles")
        real, before, passed_by = path.resolve(), set(self._seen), len(self.passed_by)
        found = list(self._beneath(path, real))
        if found or any(folder.is_relative_to(real) for folder in before):  # the rest was named before it
            return found
        if why := [why for _, why in self.passed_by[passed_by:]]:
            raise InputError(f"{name} holds nothing that is read; the first thing in it {why[0]}")
        raise InputError(f"{name} holds no articles; expected files of text, such as {', '.join(SUFFIXES)}")

    def _beneath(self, folder: Path, real: Path) -> Iterator[Path]:
        """The files of a folder; real: where it is."""
        if real in self._seen:
            return
        self._seen.add(real)
        try:
            names = sorted(os.listdir(folder))
        except OSError as e:
            self.passed_by.append(
                (folder, f"is a folder that cannot be read ({e.strerror}); give the right to read it")
            )
            return
        for path in (folder / name for name in names):
            try:
                place = self._place(path, real)
                is_folder = place is not None and path.is_dir()
            except OSError as e:
                self.passed_by.append((path, f"cannot be looked at ({e.strerror}); give the right to enter its folder"))
                continue
            if place and is_folder:
                yield from self._beneath(path, place)
            elif place and path.is_file() and is_read(path):
                yield path

    def _place(self, path: Path, folder: Path) -> Path | None:
        """Where a path in a folder is, by a link, too; None for what is passed by, and for a link that leads to what is read anyway,
        or nowhere."""
        if not path.is_symlink():
            place = folder / path.name
            return None if place in self._without else place
        try:
            place = path.resolve(strict=True)
        except (FileNotFoundError, RuntimeError):  # it leads nowhere, or to itself
            return None
        if any(map(place.is_relative_to, self._without)):
            return None
        if any(map(place.is_relative_to, self._named)):
            return None if place.is_dir() else place
        if self._follow_links:
            return place
        self.passed_by.append((path, "is a link that leads out of the folder; --follow-links reads it"))
        return None


def leads_out(path: Path, folder: Path) -> bool:
    """Whether a path within a folder is, by a link, one that lies outside of it."""
    return not path.resolve().is_relative_to(folder.resolve())


def is_read(path: Path) -> bool:
    """Whether a file of a folder is read when the folder is, or named among what could not be."""
    return not _is_note(path) and _is_fit(path)


def _is_note(path: Path) -> bool:
    """Whether a file of a folder is hidden, or says what the folder holds."""
    return path.name.startswith(".") or path.stem.lower() == "readme" or path.name == TOLD


def _is_fit(path: Path) -> bool:
    """Whether a file of a folder is one that people would miss: read, or named among what could not be read."""
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        return sniff(path) != ""
    except (Unfit, OSError):
        return True


def name_of(path: Path) -> str:
    """A path in UTF-8, as names are written on disks, whatever the machine's language takes them for."""
    return os.fsencode(path).decode("utf-8", "surrogateescape")


def shown(name: str) -> str:
    """A name as it can be printed: bytes of it that are not UTF-8 as backslash escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


def source_of(file: Path) -> str:
    """The `source` in the `rag.toml` of the nearest folder around a file that has one with it; "" where there is none.

    Raises InputError where one is not TOML, or its source no text.
    """
    for folder in file.resolve().parents:
        told = folder / TOLD
        try:
            changed = told.stat().st_mtime_ns
        except OSError:
            continue
        if source := _source_in(told, changed):
            return source
    return ""


@lru_cache(maxsize=1 << 10)
def _source_in(told: Path, changed: int) -> str:
    """What a file says as it was when it was changed."""
    try:
        source = tomllib.loads(told.read_text(encoding="utf-8-sig")).get("source", "")
    except (OSError, ValueError) as e:
        raise InputError(f'{shown(name_of(told))} cannot be read ({e}); expected a line such as source = "…"') from e
    if not isinstance(source, str) or any(ord(c) < _SPACE for c in source):
        raise InputError(f'{shown(name_of(told))} has the source {source!r}; expected a line such as source = "…"')
    return " ".join(source.split())


def folders_of(file: Path) -> tuple[str, ...]:
    """The names of the folders that a file lies in, the nearest last, as they can stand in an id."""
    inside = file.resolve().parent
    return tuple(printable(name_of(Path(name))) for name in inside.relative_to(inside.anchor).parts)


def printable(name: str) -> str:
    """A name on one line: what is no letter of it as backslash escapes."""
    return "".join(c if ord(c) >= _SPACE else c.encode("unicode_escape").decode() for c in shown(name))
