"""The checksums of the shipped files, in `SHA256SUMS` beside them, as `sha256sum -c` reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from rag.models.pulled import digest

LIST = "SHA256SUMS"
_READ = (".json", ".gz", ".safetensors", ".onnx")
"""What the program reads there; the others are for people."""


def write(folder: Path) -> None:
    """Writes the list anew."""
    lines = [f"{_sha256(folder / name)}  {name}\n" for name in _names(folder)]
    (folder / LIST).write_text("".join(lines), encoding="utf-8")


def damage(folder: Path) -> Iterator[str]:
    """What is wrong with each file that is not as it was made; nothing where every byte is. 45 MB take 0.05 s."""
    try:
        lines = (folder / LIST).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as e:
        yield f"{folder / LIST} cannot be read ({e})"
        return
    listed = {name: expected for expected, _, name in (line.partition("  ") for line in lines)}
    for name in sorted({*listed, *_names(folder)}):
        if not (folder / name).is_file():
            yield f"{name} is missing"
        elif (found := _sha256(folder / name)) != (expected := listed.get(name, "none")):
            yield f"{name} has the sha256 {found[:12]}…, expected {expected[:12]}…"


def _names(folder: Path) -> list[str]:
    paths = (path for path in folder.rglob("*") if path.suffix in _READ and path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def _sha256(file: Path) -> str:
    return digest(file, hashlib.sha256(), lambda done: None)
