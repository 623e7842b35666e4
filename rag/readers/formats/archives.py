"""The files in archives, .zip and .tar, and the one that .gz, .bz2, .xz and .zst hold; archives within them one level deep.

Whatever an archive calls its files, they are written into one folder under names of our own; what is counted are the
bytes that come out, never what the archive says of itself.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from rag.arabic.text.filenames import readable
from rag.readers.formats.document import Unfit, is_damage

MOST_FILES = 500_000
"""In one archive; the greatest collections of news in Arabic that are shared have some hundred thousand articles."""
LARGEST_FILE = 20 << 30
"""Bytes; a dump of a million articles is about 3 GB."""
LARGEST_WHOLE = 32 << 30
"""Bytes that come out of one archive: what a disk can be expected to have free."""
RATIO = 250
"""Bytes out for a byte in; Arabic text packs to a tenth or a twentieth, deflate's bombs to a thousandth and less."""
FREE = 32 << 20
"""Bytes that may come out whatever the ratio: small files of blanks or tables pack very well."""
LARGEST_HEADER = 1 << 20
"""Bytes of a header in a tar file, which is read at once: names and times take a few hundred."""
LARGEST_WINDOW = 128 << 20
"""Bytes of memory that unpacking may take; `zstd --long` asks for this much."""
_CHUNK = 1 << 16
_BROKEN = (
    tarfile.TarError,
    BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    ValueError,
    RuntimeError,
    ArithmeticError,
    LookupError,
)
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}$")
_UNSAFE = re.compile(r"^/|^[A-Za-z]:|(?:^|/)\.\.(?:/|$)|\0")
_NOTES = re.compile(r"(?:^|/)(?:\.[^/]*|__MACOSX)(?:/|$)")
_PACKED_NAME = re.compile(r"(?<=.)(?:\.(?:gz|bz2|xz|zst))+$", re.I)
_TAR_MAGIC, _TAR_AT = b"ustar", 257
_DOCUMENTS = ("[Content_Types].xml", "mimetype", "META-INF/container.xml", "META-INF/manifest.xml")
"""Names that are in ZIP files which are one document: Word, EPUB, OpenDocument."""

Member = tuple[str, "Path | Unfit"]


def unpacked(path: Path, into: Path) -> Iterator[Member]:
    """The name in the archive and the path in the folder `into` of each file, or what is wrong with it, in order.

    The one file of a packed file that is no archive has the name "". Names within an archive within are as
    `inner.zip/name`. Notes of systems (`.DS_Store`, `__MACOSX`) are left out, as they are in folders. Files stay where
    they were written, under their own suffix; whoever reads them may remove each one.
    Raises Unfit if the file is no archive and not packed; what is broken or too large later on is the last item, under
    the empty name.
    """
    if packing(path) is None:
        raise Unfit("is no archive that is read; expected .zip, .tar, .gz, .bz2, .xz or .zst")
    into.mkdir(parents=True, exist_ok=True)
    yield from _Unpacking(path, into).members()


def plain(name: str) -> str:
    """What the one file in a packed file of this name is called: `dump.jsonl` of `dump.jsonl.zst`."""
    return _PACKED_NAME.sub("", name)


def packing(path: Path) -> str | None:
    """How a file is packed ("zip", "tar", "gz", "bz2", "xz", "zst"), by its content; None for a file of another kind."""
    with path.open("rb") as file:
        first = file.read(_TAR_AT + len(_TAR_MAGIC))
    if first.startswith((b"PK\3\4", b"PK\5\6")):
        return None if _is_document(path) else "zip"
    return next((kind for kind, magic in _MAGIC.items() if first.startswith(magic)), "tar" if _is_tar(first) else None)


def _is_tar(first: bytes) -> bool:
    return first[_TAR_AT : _TAR_AT + len(_TAR_MAGIC)] == _TAR_MAGIC


def _is_document(path: Path) -> bool:
    try:
        with ZipFile(path) as file:
            return not set(_DOCUMENTS).isdisjoint(file.namelist())
    except _BROKEN:
        return False


_MAGIC = {"gz": b"\x1f\x8b", "bz2": b"BZh", "xz": b"\xfd7zXZ\0", "zst": b"\x28\xb5\x2f\xfd"}
_OPENERS: dict[str, Callable[[IO[bytes]], Any]] = {
    "gz": lambda file: gzip.GzipFile(fileobj=file),
    "bz2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
    "zst": lambda file: _Zst(file),
}
_HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
"""What tarfile reads whole, as parts of the header of the member behind it."""


class _Zst:
    """The content of a .zst file; zstandard's own reader takes a file that is cut off for one that has ended."""

    def __init__(self, file: IO[bytes]) -> None:
        import zstandard

        self._new = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj
        self._file, self._frame, self._fed = file, self._new(), b""
        self._begun = False

    def read(self, size: int) -> bytes:
        """At most 1 KiB of the file at once, of which 32 MB can come; what comes is more than `size` then, or less."""
        while data := self._fed or self._file.read(1 << 10):
            self._begun = True
            content: bytes = self._frame.decompress(data)
            self._fed = b""
            if self._frame.eof:
                self._fed, self._frame, self._begun = self._frame.unused_data, self._new(), False
            if content:
                return content
        if self._begun:
            raise EOFError("it ends within a frame")
        return b""


class _TooMuch(Exception):
    """The archive as a whole exceeds a limit: nothing more is read from it."""


class _Unpacking:
    """One archive, those within it included, and what has come out of it."""

    def __init__(self, path: Path, into: Path) -> None:
        self._path, self._into = path, into
        self._packed = path.stat().st_size
        self._files = 0
        self._bytes = 0

    def members(self) -> Iterator[Member]:
        try:
            yield from self._of(self._path, "", 0)
        except _TooMuch as e:
            yield "", Unfit(str(e))

    def _of(self, path: Path, name: str, depth: int) -> Iterator[Member]:
        """The members of an archive; `name` is its own within the outer one, "" for that and for what it alone holds."""
        prefix = f"{name}/" if name else ""
        try:
            for inner, item in self._zip(path) if packing(path) == "zip" else self._stream(path, name):
                kind = packing(item) if isinstance(item, Path) else None
                if kind is None or isinstance(item, Unfit):
                    yield prefix + inner, item
                elif depth:
                    item.unlink()
                    why = f"is packed ({kind}) in an archive within an archive; expected one within at most; unpack it"
                    yield prefix + inner, Unfit(why)
                else:
                    yield from self._of(item, inner, 1)
                    item.unlink()
        except Exception as e:
            if not _is_damage(e):
                raise
            yield prefix.removesuffix("/"), _damaged(e)

    def _zip(self, path: Path) -> Iterator[Member]:
        with ZipFile(path) as archive:
            for member in archive.infolist():
                self._count_file()
                if member.is_dir():
                    continue
                name = _zip_name(member)
                refused = _refused(name)
                if member.external_attr >> 28 not in (0, 8):  # the kind of file in Unix's mode
                    refused = "is a link or a device; expected a file"
                elif member.flag_bits & 1:
                    refused = "is protected by a password; expected a file that opens without one; pack it without"
                if refused or _NOTES.search(name):
                    yield from [(name, Unfit(refused))] if refused else []
                    continue
                try:
                    with archive.open(member) as stream:
                        yield name, self._written(name, stream)
                except Exception as e:
                    if not _is_damage(e):
                        raise
                    yield name, _damaged(e)

    def _stream(self, path: Path, name: str) -> Iterator[Member]:
        """The files of a tar file, packed or not; the one file of a packed file that holds no tar file."""
        kind = packing(path)
        with path.open("rb") as raw:
            content = _Readable(raw if kind == "tar" else _OPENERS[kind or ""](raw))
            stream = io.BufferedReader(cast(Any, content), _CHUNK)
            if not _is_tar(stream.peek(_CHUNK)):
                self._count_file()
                inner = plain(name.rpartition("/")[2])
                yield inner, self._written(inner or plain(os.fsdecode(self._path.name)), stream)
                return
            yield from self._tar(stream)
            while rest := stream.read(_CHUNK):  # to the end, where the checksum stands
                self._count(len(rest))
            if content.tail.strip(b"\0"):
                raise EOFError("it ends without the mark of its end")

    def _tar(self, stream: IO[bytes]) -> Iterator[Member]:
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header, errorlevel=2) as archive:
            while (member := archive.next()) is not None:
                cast(Any, archive).members = []  # it keeps all that it met
                self._count_file()
                name = readable(member.name.encode("utf-8", "surrogateescape"))
                if member.isdir() or (_NOTES.search(name) and not _refused(name)):
                    continue
                refused = _refused(name)
                if not member.isreg() or member.issparse():
                    refused = "is a link, a device or a file with holes; expected a plain file"
                if refused:
                    yield name, Unfit(refused)
                    continue
                content = archive.extractfile(member)
                assert content is not None, "a plain file has content"
                yield name, self._written(name, content)

    def _written(self, name: str, stream: IO[bytes]) -> Path | Unfit:
        """Where the content was written; Unfit if it alone is too large."""
        suffix = _SUFFIX.search(name)
        path = self._into / f"{self._files:06}{suffix.group().lower() if suffix else ''}"
        size = 0
        try:
            with path.open("xb") as file:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    self._count(len(chunk))
                    if size > LARGEST_FILE:
                        break
                    file.write(chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        if size > LARGEST_FILE:
            path.unlink()
            return Unfit(f"is over {LARGEST_FILE >> 30} GB; expected a smaller file; split it")
        return path

    def _count_file(self) -> None:
        self._files += 1
        if self._files > MOST_FILES:
            raise _TooMuch(f"holds over {MOST_FILES:,} files; expected fewer; split it (those before this were read)")

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > LARGEST_WHOLE:
            raise _TooMuch(
                f"unpacks to over {LARGEST_WHOLE >> 30} GB; expected less; split it (what came before was read)"
            )
        if self._bytes > max(FREE, RATIO * self._packed):
            raise _TooMuch(f"unpacks to over {RATIO} times its size, as no archive of articles does; unpack it by hand")


class _Readable(io.RawIOBase):
    """What decompressors give, as a stream for `BufferedReader` whose reads are short only at the end.

    tail: the last bytes read, as many as a block of a tar file has.
    """

    def __init__(self, stream: Any) -> None:
        self._stream, self._over, self.tail = stream, b"", b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        filled = 0
        while filled < len(buffer) and (data := self._over or self._stream.read(len(buffer) - filled)):
            taken = data[: len(buffer) - filled]
            buffer[filled : filled + len(taken)] = taken
            filled, self._over = filled + len(taken), data[len(taken) :]
        self.tail = (self.tail + bytes(buffer[:filled]))[-tarfile.BLOCKSIZE :]
        return filled


class _Header(tarfile.TarInfo):
    """A member of a tar file; of what is read into memory at once, a bounded size."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _HEADERS and self.size > LARGEST_HEADER:
            raise tarfile.ReadError(f"has a header of {self.size:,} bytes")
        return cast(tarfile.TarInfo, super()._proc_member(archive))  # type: ignore[misc]


def _refused(name: str) -> str:
    """Why a name is not taken; empty for one that is."""
    if _UNSAFE.search(name.replace("\\", "/")):
        return "has a name that leads out of its archive; expected a name within it; pack it anew"
    return ""


def _zip_name(member: ZipInfo) -> str:
    """The member's name; ZIP says of a name only whether it is UTF-8, and programs do not always say it."""
    name = member.orig_filename
    if not member.flag_bits & 0x800:
        name = readable(name.encode("cp437", "replace"))
    return name.replace("\\", "/")


def _is_damage(e: Exception) -> bool:
    """Whether an error tells of the archive."""
    known = (*_BROKEN, OSError)
    return is_damage(e) and (isinstance(e, known) or type(e).__module__.partition(".")[0] == "zstandard")


def _damaged(e: Exception) -> Unfit:
    why = " ".join(str(e).split())[:120] or type(e).__name__
    if "too much memory" in why:
        return Unfit(
            f"takes over {LARGEST_WINDOW >> 20} MB of memory to unpack; expected less; pack it again with --long=27"
        )
    return Unfit(
        f"is damaged or cut short, or packed in an unknown way ({why}); expected a file that unpacks; fetch or pack it again"
    )
