"""The rows of a file of JSON lines, plain or compressed: the form of every file in the data folder."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

Row = dict[str, Any]


def rows(path: Path) -> Iterator[Row]:
    """The objects of a file, one a line, in their order; a file that ends in .zst is decompressed, all frames of it."""
    with path.open("rb") as raw:
        packed = path.suffix == ".zst"
        plain = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) if packed else raw
        with io.TextIOWrapper(plain, encoding="utf-8") as lines:
            yield from map(json.loads, lines)
