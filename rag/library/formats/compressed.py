"""Single files that are compressed, .gz and .zst, written out plain."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import zstandard

from rag.library.formats.document import Unfit

LARGEST = 20_000_000_000
"""Bytes written out."""
_FREE, _RATIO = 1_000_000_000, 300
"""Bytes from which a file must not be larger than so many times what it is compressed to; text packs 3 to 20 times."""
_STEP, _PIECE = 1 << 20, 1 << 12
"""Bytes read at once, plain and packed: what a piece unpacks to is held in memory."""


def unpacked(path: Path) -> Iterator[tuple[str, Path | Unfit]]:
    """The file that a compressed one holds, under its name without .gz or .zst; gone when the next is asked for.

    Its place within is "", for there is but one. Unfit where it is damaged or cut short, or grows as no text does.
    """
    with tempfile.TemporaryDirectory(prefix="rag-") as folder:
        yield "", _plain(path, Path(folder))


def _plain(path: Path, folder: Path) -> Path:
    suffix = path.suffix.lower()
    out = folder / (path.stem if suffix in (".gz", ".zst") else path.name)
    with path.open("rb") as file:
        zst = file.read(4) == b"\x28\xb5\x2f\xfd"
    limit = min(LARGEST, max(_FREE, _RATIO * path.stat().st_size))
    size = 0
    try:
        with out.open("wb") as whole:
            for data in _of_zst(path) if zst else _of_gz(path):
                size += len(data)
                if size > limit:
                    raise Unfit(f"unpacks to more than {limit:,} bytes; expected text; unpack it first")
                whole.write(data)
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as e:
        raise Unfit(
            f"is damaged or cut short ({e}); expected a whole {'.zst' if zst else '.gz'} file; fetch it again"
        ) from e
    return out


def _of_gz(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as file:
        while data := file.read(_STEP):
            yield data


def _of_zst(path: Path) -> Iterator[bytes]:
    """The frames of a file, one behind the other; the reader of the library does not say where the last is cut short."""
    with path.open("rb") as file:
        frame = zstandard.ZstdDecompressor(max_window_size=1 << 30).decompressobj()
        while data := file.read(_PIECE):
            while data:
                if frame.eof:
                    frame = zstandard.ZstdDecompressor(max_window_size=1 << 30).decompressobj()
                yield frame.decompress(data)
                data = frame.unused_data
        if not frame.eof:
            raise EOFError("the end is missing")
