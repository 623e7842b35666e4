"""The commands `rag backup` and `rag restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.terminal import note, progress

if TYPE_CHECKING:
    from rag.backup import Manifest

Backup = Annotated[Path, typer.Argument(metavar="FILE", help="The backup, such as archive-2026-01-31.zip.")]


def backup(file: Backup) -> None:
    """Write the library, the conversations and the chosen model to one file, checked; the chat may run meanwhile."""
    from rag import backup as backups
    from rag.settings import load_settings

    try:
        held = backups.backup(load_settings(), file)
    except KeyboardInterrupt:
        note("interrupted; no backup was made")
        raise
    print(f"{file}: {_in_words(held)}; every byte was read again and is right")


def restore(
    file: Backup,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of what the library holds now.")
    ] = False,
) -> None:
    """Check a backup, put it in place and rebuild the indexes."""
    from rag import backup as backups
    from rag.settings import load_settings

    with progress() as bar:
        held = backups.restore(load_settings(), file, replace, bar)
    print(f"restored {_in_words(held)}, from the backup of {held.made}")


def _in_words(held: Manifest) -> str:
    return f"{held.articles:,} articles in {held.passages:,} passages, {held.conversations:,} conversations"
