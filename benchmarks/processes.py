"""A process that says how far it is, one JSON object a line, watched from outside: its memory, and how long it may take."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.main_path import ROOT, held

_PAUSE = 0.05
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true", "PYTHONPATH": str(ROOT)}


class _Watch:
    """The most MB since last asked; why the process was stopped, "" where it was not."""

    def __init__(self, process: subprocess.Popen[str], seconds: float, memory: float) -> None:
        self._process, self._seconds, self._memory = process, seconds, memory
        self.most, self.why = 0.0, ""
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self) -> None:
        end = time.monotonic() + self._seconds
        while now := held(self._process.pid):
            self.most = max(self.most, now)
            if now > self._memory:
                self.why = f"more than {self._memory / 1000:.0f} GB"
            elif time.monotonic() > end:
                self.why = f"more than {self._seconds:.0f} s"
            if self.why:
                os.killpg(self._process.pid, signal.SIGKILL)
                return
            time.sleep(_PAUSE)

    def taken(self) -> float:
        most, self.most = self.most, held(self._process.pid)
        return max(most, self.most)


def events(
    command: Sequence[str], given: Mapping[str, object], seconds: float, memory: float
) -> Iterator[dict[str, Any]]:
    """What a module says, each with `memory`, the most MB that it and its children held since it spoke last.

    given: its only argument, as JSON. At most so many seconds and MB; where it is stopped or fails, the last event is
    "stopped" with the reason.
    """
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [*command, json.dumps(given)],
            cwd=ROOT,
            env={**os.environ, **_OFFLINE},
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            start_new_session=True,
        )
        watch = _Watch(process, seconds, memory)
        assert process.stdout is not None
        try:
            with process.stdout:
                for line in process.stdout:
                    if line.startswith('{"event"'):
                        yield {**json.loads(line), "memory": watch.taken()}
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            watch.thread.join()
        if process.wait():
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip().splitlines()
            yield {"event": "stopped", "why": watch.why or (said[-1] if said else f"exit {process.returncode}")}


def size(folder: Path) -> int:
    """The bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
