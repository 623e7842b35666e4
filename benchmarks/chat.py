"""The chat as a whole process: the page's first byte, and many people who ask at once; seconds.

    python -m benchmarks.chat --data ../shared/data [--askers 20] [--rounds 5] [--home FOLDER]

Over all articles of SaudiNewsNet (`--home`: a folder whose index is filled already). Each asker has a browser's cookie and
a conversation of its own, and asks ARCD's questions one after another, all of them at the same moment. At the end each
conversation must hold the questions of its asker and nothing else; exit 1 where one does not, or where an answer failed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from html import escape
from pathlib import Path

import httpx

from datasets.reading import load
from rag.evaluate.metrics import percentile
from rag.settings import load_settings
from rag.wiring import open_assistant, open_library

ROOT = Path(__file__).resolve().parent.parent
_PASSWORD = "benchmark"
AUTH = {"authorization": f"Bearer {_PASSWORD}"}
_SECONDS = 120


class Chat:
    """`python app.py` over a home, and when its page answered: first_byte, ready (seconds from its start)."""

    def __init__(self, home: Path, **more: str) -> None:
        """more: variables of its environment."""
        env = {**os.environ, "RAG_HOME": str(home), "RAG_PORT": "0", "RAG_PASSWORD": _PASSWORD, "RAG_WRITER": "quote"}
        env |= more
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split("; ")[0].split()[-1]
        with httpx.stream("GET", self.url, headers=AUTH, trust_env=False) as answer:
            next(answer.iter_bytes())
        self.first_byte = time.perf_counter() - began
        httpx.get(f"{self.url}ui/app", headers=AUTH, timeout=_SECONDS, trust_env=False).raise_for_status()
        self.ready = time.perf_counter() - began

    def close(self) -> None:
        self._process.terminate()  # whoever runs this may be deaf to Ctrl-C, and then so is the chat
        self._process.wait(_SECONDS)


class Asker:
    """One person with a conversation: asks in turn, and keeps how long each whole answer took."""

    def __init__(self, url: str, questions: list[str], together: threading.Barrier) -> None:
        self._client = httpx.Client(base_url=url, headers=AUTH, timeout=_SECONDS, trust_env=False)
        self._client.get("ui/app").raise_for_status()
        self.questions, self._together = questions, together
        self.seconds: list[float] = []
        self.wrong: list[str] = []

    def run(self) -> None:
        conversation = ""
        for question in self.questions:
            self._together.wait()
            began = time.perf_counter()
            answer = self._client.post(
                "ui/ask", content=json.dumps({"question": question, "conversation": conversation})
            )
            self.seconds.append(time.perf_counter() - began)
            last = json.loads(answer.text.splitlines()[-1])
            conversation = last["conversation"]
            self._client.get(
                f"ui/conversations/{conversation}/following/{last['turn']}"
            )  # as the page does, while others still wait
            if last["failed"] or not last["done"]:
                self.wrong.append(f"no answer to {question}: {last['html']}")
        kept = self._client.get(f"ui/conversations/{conversation}").json()
        for question, turn in zip(self.questions, kept, strict=True):
            if f'data-question="{escape(" ".join(question.split()))}"' not in turn["html"]:
                self.wrong.append(f"{question} is not where it was asked")


def main() -> int:
    """0, or 1 where an answer failed or stands in another's conversation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--askers", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    asked = load(given.data, "arcd-news")
    with tempfile.TemporaryDirectory() as folder:
        home = given.home or Path(folder)
        if given.home is None:
            settings = load_settings(home=home, writer="quote")
            with open_library(settings) as library:
                library.add(asked.articles)
            open_assistant(settings)
        chat = Chat(home)
        print(f"page: first byte {chat.first_byte:.2f} s, ready {chat.ready:.2f} s")
        questions = [question for question, *_ in asked.questions]
        together = threading.Barrier(given.askers)
        askers = [
            Asker(chat.url, questions[i * given.rounds : (i + 1) * given.rounds], together) for i in range(given.askers)
        ]
        threads = [threading.Thread(target=asker.run) for asker in askers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        chat.close()
    seconds = [s for asker in askers for s in asker.seconds]
    wrong = [line for asker in askers for line in asker.wrong]
    print(
        f"{given.askers} at once, {len(seconds)} answers: p50 {percentile(seconds, 0.5):.2f} s, p95 "
        f"{percentile(seconds, 0.95):.2f} s, longest {max(seconds):.2f} s; {len(wrong)} wrong"
    )
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong or len(seconds) < given.askers * given.rounds else 0


if __name__ == "__main__":
    sys.exit(main())
