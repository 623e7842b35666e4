"""Cold `rag ask` and `rag index seeds` as whole processes: seconds, peak memory, heavy modules imported.

python -m benchmarks.main_path [--runs 5]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "gradio", "sentence_transformers", "llama_cpp", "transformers")
_MAIN = "import sys; from rag.cli import app; app(sys.argv[1:], standalone_mode=False); "
_MAIN += f"print('imported:', *(m for m in {HEAVY} if m in sys.modules), file=sys.stderr)"


def run(home: Path, *arguments: str) -> tuple[float, float, str]:
    """Seconds, peak memory in MB and the line of heavy modules of one `rag` process."""
    env = {**os.environ, "RAG_HOME": str(home)}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", _MAIN, *arguments], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"rag {' '.join(arguments)} failed: {said}")
    return seconds, usage.ru_maxrss / 1024, said.splitlines()[-1]


def main() -> None:
    """Prints a line for each command: median (least–most) seconds, most memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    question = json.loads((ROOT / "tests/data/seeds_qa.jsonl").open(encoding="utf-8").readline())["question"]
    with tempfile.TemporaryDirectory() as folder:
        indexing = [run(Path(folder) / str(i), "index", str(ROOT / "seeds")) for i in range(runs)]
        asking = [run(Path(folder) / "0", "ask", question, "--json", "--writer", "quote") for _ in range(runs)]
    for name, found in (("rag index seeds", indexing), ("rag ask, quote writer", asking)):
        seconds, memory = [s for s, _, _ in found], max(m for _, m, _ in found)
        print(
            f"{name:22} {statistics.median(seconds):.2f} s ({min(seconds):.2f}–{max(seconds):.2f}), {memory:.0f} MB, {found[0][2]}"
        )


if __name__ == "__main__":
    main()
