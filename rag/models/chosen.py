"""What a person chose to write the answers, remembered beside the models for the next start.

A name in a file: "quote", "remote", or a language model as `rag models list` shows it. Whether it is still here, others see.
"""

from __future__ import annotations

import os
from pathlib import Path

from rag.errors import ModelError


def _file(folder: Path) -> Path:
    return folder / "chosen"


def read(folder: Path) -> str:
    """The name that was chosen, "" where none was or the file cannot be read."""
    try:
        return _file(folder).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def write(name: str, folder: Path) -> None:
    """Remembers a name, wholly or not at all. Raises ModelError where the disk refuses."""
    new = folder / "chosen.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        new.write_text(f"{name}\n", encoding="utf-8")
        os.replace(new, _file(folder))
    except OSError as e:
        raise ModelError(
            f"{_file(folder)} cannot be written ({e.strerror}); {name} is used until the program ends; mend the folder's "
            "permissions, or free some space, and choose again"
        ) from e


def forget(name: str, folder: Path) -> None:
    """Forgets the name, where it is the one that was chosen."""
    if read(folder) == name:
        _file(folder).unlink(missing_ok=True)
