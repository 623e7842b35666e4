"""Old Office files (.doc, .xls, .ppt) as new ones, made by LibreOffice where it is installed; it may run longer than a reader."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from rag.readers.formats.document import Unfit
from rag.readers.sandbox import environment

SECONDS = 120
_NEW = {"doc": "docx", "xls": "xlsx", "ppt": "pptx"}


def converted(path: Path, kind: str, into: Path) -> Path:
    """The file in the form of today, written into a folder; Unfit where LibreOffice is missing, or makes nothing of it.

    Nothing of a person's settings of LibreOffice is used, it sees no passwords and keys, and macros do not run.
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
    _run(command, f"takes LibreOffice more than {SECONDS} s; expected a file that it opens in less; save it as .{new}")
    made = into / f"old.{new}"
    if not made.exists():
        raise Unfit(f"is an old Office file (.{kind}) of which LibreOffice makes nothing; save it as .{new} or as text")
    return made


def _run(command: list[str], too_long: str) -> None:
    """Runs a program to its end, without a word from it; ends it and those that it has started by time, or by Ctrl-C."""
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(
        command, env=environment(), stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired as e:
        raise Unfit(too_long) from e
    finally:
        if process.poll() is None:
            if sys.platform == "win32":  # not run by the project's tests
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
