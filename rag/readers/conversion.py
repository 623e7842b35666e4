"""Old Office files (.doc, .xls, .ppt) as new ones, made by LibreOffice where it is installed; it may run longer than a reader."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from rag.readers.formats.document import Unfit

SECONDS = 120
_NEW = {"doc": "docx", "xls": "xlsx", "ppt": "pptx"}


def converted(path: Path, kind: str, into: Path) -> Path:
    """The file in the form of today, written into a folder; Unfit where LibreOffice is missing, or makes nothing of it.

    Nothing of a person's settings of LibreOffice is used, and macros do not run.
    """
    new = _NEW[kind]
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise Unfit(
            f"is an old Office file (.{kind}), which LibreOffice reads; install it, or save it as .{new} or as text"
        )
    before = into / f"old.{kind}"
    shutil.copyfile(path, before)
    settings = f"-env:UserInstallation={(into / 'settings').as_uri()}"
    command = [program, settings, "--headless", "--norestore", "--convert-to", new, "--outdir", str(into), str(before)]
    try:
        subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as e:
        raise Unfit(
            f"takes LibreOffice more than {SECONDS} s; expected a file that it opens in less; save it as .{new}"
        ) from e
    made = into / f"old.{new}"
    if not made.exists():
        raise Unfit(f"is an old Office file (.{kind}) of which LibreOffice makes nothing; save it as .{new} or as text")
    return made
