"""A `rag` for tests that run many commands: one process imports the program, and forks for each command.

`python -m tests.warm FOLDER` listens in a folder and writes there `rag`, a small program that sends its arguments,
directory, environment and open files, and ends as the command does.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from rag.cli.main import main

_LONGEST = 1 << 20
_CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect({address!r})
    socket.send_fds(line, [b" "], [0, 1, 2])
    line.sendall(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode() + b"\\n")
    ended = line.recv(1)
sys.exit(ended[0] if ended else 70)
"""
_MODULES = "import sys, json; from rag.cli.main import main; from contextlib import suppress\nwith suppress(SystemExit): main()\n"
_MODULES += "print(json.dumps([n for n in sys.modules if n[0] != '_']), file=sys.stderr)"


def listen(folder: Path) -> None:
    """Answers until the process is ended."""
    address = folder / "rag.socket"
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(str(address))
        line.listen()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
        client = folder / "rag.new"
        client.write_text(_CLIENT.format(python=sys.executable, address=str(address)), encoding="utf-8")
        client.chmod(0o755)
        client.rename(folder / "rag")
        while True:
            asker, _ = line.accept()
            if not os.fork():
                line.close()
                _run(asker)
            asker.close()


def _run(asker: socket.socket) -> None:
    """One command, in a fork."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 70
    try:
        _, files, *_ = socket.recv_fds(asker, 1, 3)
        with asker.makefile("rb") as given:
            arguments, folder, environment = json.loads(given.readline(_LONGEST))
        for own, theirs in enumerate(files):
            os.dup2(theirs, own)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["rag", *arguments]
        try:
            main(arguments)
        except SystemExit as e:
            code = e.code if isinstance(e.code, int) else bool(e.code)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        atexit._run_exitfuncs()  # scratch folders go, as at any process's end
        asker.sendall(bytes([code]))
        os._exit(code)


def imported_by(arguments: list[str], environment: Mapping[str, str]) -> list[str]:
    """The modules that a command imports."""
    command = [sys.executable, "-c", _MODULES, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    return [str(name) for name in json.loads(done.stderr.strip().splitlines()[-1])]


if __name__ == "__main__":
    for module in imported_by(["ask", "?", "--writer", "quote"], os.environ):
        with suppress(ImportError):
            import_module(module)
    listen(Path(sys.argv[1]))
