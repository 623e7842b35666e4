"""Cold `rag ask` and `rag index seeds` as whole processes: seconds, peak memory, heavy modules imported.

python -m benchmarks.main_path [--runs 5]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "gradio", "sentence_transformers", "llama_cpp", "transformers")
_MAIN = "import sys; from rag.cli.main import app; app(sys.argv[1:], standalone_mode=False); "
_MAIN += f"print('imported:', *(m for m in {HEAVY} if m in sys.modules), file=sys.stderr)"


def run(home: Path, *arguments: str) -> tuple[float, float, str]:
    """Seconds, the most memory in MB, that of the processes it starts included, and the line of heavy modules of `rag`."""
    env = {**os.environ, "RAG_HOME": str(home)}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", _MAIN, *arguments], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    memory: list[float] = []
    watched = threading.Thread(target=lambda: memory.append(_most_memory(process.pid)))
    watched.start()
    said = process.stderr.read()
    process.wait()
    seconds = time.perf_counter() - began
    watched.join()
    if process.returncode:
        raise SystemExit(f"rag {' '.join(arguments)} failed: {said}")
    return seconds, memory[0], said.splitlines()[-1]


def _most_memory(pid: int) -> float:
    """The most that a process and those it starts hold together, in MB, until it ends; looked at fifty times a second."""
    most = 0.0
    while now := held(pid):
        most = max(most, now)
        time.sleep(0.02)
    return most


def held(pid: int) -> float:
    """What a process and those it started hold together now, in MB; 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        threads = Path(f"/proc/{pid}/task").glob("*/children")  # any of them may have started processes
        children = [child for thread in threads for child in thread.read_text().split()]
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 + sum(map(held, map(int, children))) if found else 0.0


def cold(runs: int) -> dict[str, list[tuple[float, float, str]]]:
    """What `run` gives for each command, again and again, each run in a new process."""
    question = json.loads((ROOT / "tests/data/seeds_qa.jsonl").open(encoding="utf-8").readline())["question"]
    with tempfile.TemporaryDirectory() as folder:
        indexing = [run(Path(folder) / str(i), "index", str(ROOT / "seeds")) for i in range(runs)]
        asking = [run(Path(folder) / "0", "ask", question, "--json", "--writer", "quote") for _ in range(runs)]
    return {"rag index seeds": indexing, "rag ask, quote writer": asking}


def main() -> None:
    """Prints a line for each command: median (least–most) seconds, most memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    for name, found in cold(parser.parse_args().runs).items():
        seconds, memory = [s for s, _, _ in found], max(m for _, m, _ in found)
        print(
            f"{name:22} {statistics.median(seconds):.2f} s ({min(seconds):.2f}–{max(seconds):.2f}), {memory:.0f} MB, {found[0][2]}"
        )


if __name__ == "__main__":
    main()
