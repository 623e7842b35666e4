"""Which files are read of those that people name: files themselves, what folders hold, standard input."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from rag.errors import InputError
from rag.readers.formats.document import Unfit
from rag.readers.formats.sniffing import sniff

SUFFIXES = (
    *(".txt", ".md", ".html", ".htm", ".pdf", ".docx", ".epub", ".eml", ".mbox", ".mhtml", ".xml", ".warc"),
    *(".csv", ".tsv", ".json", ".jsonl", ".zip", ".tar", ".tgz", ".gz", ".zst", ".bz2", ".xz"),
)
"""What the files are called that are read; others are looked into, and read where they are one of these in spite of their name."""
STANDARD_INPUT = Path("-")
TOLD = "rag.toml"
"""In a folder: where its articles are from."""
_SPACE = ord(" ")


def files_of(paths: Sequence[Path], without: Sequence[Path] = (), follow_links: bool = False) -> list[Path]:
    """The files of files and folders (read through, in order of name), each once; "-" is standard input.

    without: files and folders that are passed by in folders. follow_links: whether links are read that lead out of their folder.
    Of a folder hidden files and README are passed by, and files that are no text where their name is of no kind that is read.
    Raises InputError if a path does not exist, or a folder holds no file that can be read.
    """
    found = (file for path in paths for file in _files(path, without, follow_links))
    return list({file if file == STANDARD_INPUT else file.resolve(): file for file in found}.values())


def links_out_of(paths: Sequence[Path]) -> list[Path]:
    """The links to files and folders that lead out of the folders among the paths, which `files_of` passes by."""
    folders = [path for path in paths if path != STANDARD_INPUT and path.is_dir()]
    return sorted(
        p for path in folders for p in path.rglob("*") if p.is_symlink() and p.exists() and leads_out(p, path)
    )


def leads_out(path: Path, folder: Path) -> bool:
    """Whether a path within a folder is, by a link, one that lies outside of it."""
    return not path.resolve().is_relative_to(folder.resolve())


def _files(path: Path, without: Sequence[Path], follow_links: bool) -> list[Path]:
    if path == STANDARD_INPUT or path.is_file():
        return [path]
    if not path.exists():
        raise InputError(f"{shown(name_of(path))} does not exist; expected a file or a folder of articles")
    out = [other.resolve() for other in without if other.resolve().is_relative_to(path.resolve())]
    inside = (p for p in path.rglob("*") if not any(p.resolve().is_relative_to(other) for other in out))
    found = sorted(p for p in inside if p.is_file() and is_read(p) and (follow_links or not leads_out(p, path)))
    if not found:
        raise InputError(
            f"{shown(name_of(path))} holds no articles; expected files of text, such as {', '.join(SUFFIXES)}"
        )
    return found


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
