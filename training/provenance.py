"""What a shipped file says of how it was made."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path


def made(command: str, data: Sequence[Path]) -> dict[str, object]:
    """The command, the date, and the SHA-256 of each file that it has read, by the file's name."""
    return {"command": command, "date": date.today().isoformat(), "data": {file.name: _sha256(file) for file in data}}


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
