"""One file that holds what cannot be made again: the library, the conversations, and which model was chosen.

A zip with a `manifest.json` of the format, the counts and the SHA-256 of each file in it. The indexes are left out, for they
are rebuilt; so are the models, which can be pulled, and rag.toml, which may hold passwords.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from zlib import error as zlib_error

from filelock import FileLock, Timeout

from rag import __version__, wiring
from rag.errors import BusyError, InputError, LibraryError, RagError
from rag.files import clear, make_durable
from rag.models import chosen
from rag.search.catch_up import Progress
from rag.search.index_state import WRITING
from rag.settings import Settings
from rag.stored import restored

FORMAT = 1
_DATABASES = ("library.sqlite", "conversations.sqlite")
_CHOSEN, _MANIFEST = "chosen", "manifest.json"
_PIECE = 1 << 20
_LONGEST_MANIFEST = 1 << 20
_ALWAYS_FITS, _MOST_PACKED = 1 << 20, 200
"""Bytes; how often larger a database is than its packed form at most."""
_DAMAGE = (
    *(zipfile.BadZipFile, zlib_error, EOFError, KeyError, TypeError, ValueError),
    *(RuntimeError, RecursionError, OverflowError),  # of encrypted members, of deep JSON, of sizes that are none
)
REPLACED = "replaced-"
"""How the folders begin in which a restore keeps the old files until the new ones stand."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. made: ISO, UTC. files: the SHA-256 of each by its name."""

    library: str
    generation: int
    articles: int
    passages: int
    conversations: int
    made: str
    version: str = __version__
    files: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT


def backup(settings: Settings, file: Path) -> Manifest:
    """Writes a backup and gives back what it holds, after every byte of it was read again and compared.

    Others may read and write meanwhile: each database is copied as it was at one moment. The file appears when it is whole;
    until then it lies in the folder `.NAME.part` beside it. Raises InputError where the file exists or the library is none,
    LibraryError or HistoryError where something is damaged or the disk refuses.
    """
    if file.exists():
        raise InputError(f"{file} exists already and is not written over; give another name, or delete it first")
    if not (settings.index_dir / _DATABASES[0]).is_file():
        raise InputError(f"there is no library in {settings.index_dir}; RAG_HOME names the folder of another")
    part = file.parent / f".{file.name}.part"
    with _disk(f"the backup {file} cannot be written"):
        clear(part)
        part.mkdir(mode=0o700)
        try:
            copies = part / "index"
            copies.mkdir()
            for name in _DATABASES:
                if (settings.index_dir / name).is_file():
                    _copy(settings.index_dir / name, copies / name)
            manifest = _examined(settings.model_copy(update={"home": part}))
            if name := chosen.read(settings.models_dir):
                (copies / _CHOSEN).write_text(f"{name}\n", encoding="utf-8")
            paths = [copies / name for name in (*_DATABASES, _CHOSEN) if (copies / name).is_file()]
            files = {path.name: _sha256_of(path) for path in paths}
            row = {**asdict(manifest), "files": files}
            with (part / "zip").open("wb") as whole:
                with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                    archive.writestr(_MANIFEST, json.dumps(row, indent=2))
                    for path in paths:
                        archive.write(path, path.name)
                whole.flush()
                os.fsync(whole.fileno())
            manifest = _unpacked(part / "zip", None)
            os.replace(part / "zip", file)
            make_durable(file.parent)
        finally:
            clear(part)
    return manifest


def restore(settings: Settings, file: Path, replace: bool = False, progress: Progress | None = None) -> Manifest:
    """Puts a backup in the place of the home's library and conversations, rebuilds the indexes, and gives back what it held.

    All of it is unpacked, compared with its checksums and opened before anything is touched. What was there lies in a folder
    `replaced-…` of the index folder until the new files stand and are searched; it stays where the restore is stopped or
    fails on the way. Each database is replaced at once, so that one that is killed can be run again. Raises InputError for a
    file that is no whole backup or of a later format, and where the home holds something and not `replace`; BusyError while
    another process has it open; LibraryError where the disk refuses.
    """
    folder = settings.index_dir
    with _disk(f"the index folder {folder} cannot be written"):
        if not file.is_file():
            raise InputError(f"{file} is no file; expected one that `rag backup` made")
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / WRITING)
        try:
            lock.acquire(timeout=0)
        except Timeout as e:
            raise _busy(folder) from e
        staging = folder / "restoring"
        try:
            clear(staging)
            new = staging / "index"
            new.mkdir(parents=True)
            manifest = _unpacked(file, new)
            _compare(manifest, settings.model_copy(update={"home": staging}), file)
            if not replace and (held := _held(settings)):
                raise InputError(
                    f"{folder} holds {held}; `--replace` puts the backup in its place, or RAG_HOME names another folder"
                )
            old = _put_in_place(new, folder, manifest, settings)
        finally:
            clear(staging)
            lock.release()
    with wiring.open_library(settings) as library:
        wiring.open_retriever(settings, library, wiring.open_embedder(settings)).catch_up(progress)
    clear(old)
    return manifest


def _copy(path: Path, to: Path) -> None:
    """A copy of a database as it is at one moment, be it written meanwhile."""
    try:
        with closing(sqlite3.connect(path, timeout=30)) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target)
    except sqlite3.DatabaseError as e:
        raise LibraryError(f"{path} cannot be copied: {e}; `rag doctor` says what mends it") from e


def _examined(settings: Settings) -> Manifest:
    """What the databases of a home hold; raises LibraryError or HistoryError where one is damaged or of another format."""
    with wiring.open_library(settings) as library:
        library.check()
        articles, passages = library.count()
        library_id, generation = library.id, library.generation
    with wiring.open_conversations(settings) as conversations:
        conversations.check()
        count = conversations.count()
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return Manifest(library_id, generation, articles, passages, count, made)


def _compare(manifest: Manifest, settings: Settings, file: Path) -> None:
    """Raises InputError where the unpacked files do not hold what the manifest says, or cannot be opened."""
    try:
        found = _examined(settings)
    except (RagError, TypeError, ValueError) as e:  # the latter of numbers that are none
        raise InputError(f"the backup {file} cannot be taken: {e}") from e
    names = ("library", "generation", "articles", "passages", "conversations")
    for name in names:
        if getattr(found, name) != getattr(manifest, name):
            raise InputError(
                f"the backup {file} holds {name} {getattr(found, name)}, its manifest says {getattr(manifest, name)}; take "
                "another copy of it"
            )


def _unpacked(file: Path, to: Path | None) -> Manifest:
    """The manifest of a backup, each of its files compared with it and written to a folder, where there is one."""
    damaged = f"the backup {file} is damaged or none ({{}}); take another copy of it"
    try:
        with zipfile.ZipFile(file) as archive:
            with archive.open(_MANIFEST) as entry:
                row = json.loads(entry.read(_LONGEST_MANIFEST))
            if isinstance(row, dict) and isinstance(row.get("format"), int) and row["format"] > FORMAT:
                raise InputError(
                    f"{file} is a backup of format {row['format']}, this program reads up to {FORMAT}; use the program that "
                    "made it, or a later one"
                )
            manifest = restored(Manifest, row)
            if _DATABASES[0] not in manifest.files or not set(manifest.files) <= {*_DATABASES, _CHOSEN}:
                raise InputError(damaged.format(f"it names the files {', '.join(manifest.files)}"))
            free = shutil.disk_usage(to or file.parent).free
            for entry_ in map(archive.getinfo, manifest.files):
                if entry_.file_size > max(_ALWAYS_FITS, entry_.compress_size * _MOST_PACKED):
                    raise InputError(damaged.format(f"{entry_.filename} is packed as no backup is"))
                if to and entry_.file_size > free:
                    raise InputError(
                        f"{entry_.filename} in {file} needs {entry_.file_size:,} bytes, and {free:,} are free; free some space"
                    )
            for name, sha256 in manifest.files.items():
                with archive.open(name) as entry, (to / name if to else Path(os.devnull)).open("wb") as copy:
                    if _sha256(entry, copy) != sha256:
                        raise InputError(damaged.format(f"{name} fails its checksum"))
    except _DAMAGE as e:
        raise InputError(damaged.format(e)) from e
    return manifest


def _held(settings: Settings) -> str:
    """What the home holds already, in words; "" for nothing."""
    if not any((settings.index_dir / name).exists() for name in _DATABASES):
        return ""
    try:
        with wiring.open_library(settings) as library, wiring.open_conversations(settings) as conversations:
            articles, talks = library.count()[0], conversations.count()
    except RagError:
        return "a library or conversations that cannot be read"
    return f"{articles:,} articles and {talks:,} conversations" if articles or talks else ""


def _put_in_place(new: Path, folder: Path, manifest: Manifest, settings: Settings) -> Path:
    """Moves the unpacked files to where they belong; gives back the folder that holds the old ones."""
    for name in _DATABASES:
        _alone(folder / name)
    old = Path(tempfile.mkdtemp(prefix=REPLACED, dir=folder))
    for name in _DATABASES:
        if (folder / name).is_file():
            shutil.copy2(folder / name, old / name)
        for log in (f"{name}-wal", f"{name}-shm", f"{name}-journal"):  # of a damaged one; it must not meet the new file
            if (folder / log).exists():
                os.replace(folder / log, old / log)
    for index in ("vectors.faiss", "lexical"):
        clear(folder / index)
    for name in _DATABASES:
        if (new / name).is_file():
            with (new / name).open("rb") as file:
                os.fsync(file.fileno())
            os.replace(new / name, folder / name)
    make_durable(folder)
    if _CHOSEN in manifest.files:
        chosen.write((new / _CHOSEN).read_text(encoding="utf-8").strip(), settings.models_dir)
    return old


def _alone(path: Path) -> None:
    """Leaves a database without its log, all of it in one file; BusyError where another process has it open."""
    if not path.is_file():
        return
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = DELETE").fetchall()  # refused while anybody else has it open
    except sqlite3.OperationalError as e:
        if "locked" in str(e):
            raise _busy(path.parent) from e
    except sqlite3.DatabaseError:  # damaged: it is replaced as it is
        pass


def _busy(folder: Path) -> BusyError:
    return BusyError(
        f"the library in {folder} is open in another process; close the chat and other commands, and try again"
    )


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file, open(os.devnull, "wb") as nowhere:
        return _sha256(file, nowhere)


def _sha256(file: IO[bytes], copy: IO[bytes]) -> str:
    """The SHA-256 of what is read, which is copied on the way."""
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
        copy.write(piece)
    return digest.hexdigest()


@contextmanager
def _disk(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise LibraryError(f"{what}: {e.strerror or e}; check the space and the permissions there") from e
