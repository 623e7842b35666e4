"""What clients that are slow, hung or deaf do to everybody else: seconds until the page answers meanwhile, and memory.

    python -m benchmarks.hostile [--half-open 2000] [--uploads 50] [--hung 45] [--questions 2000] [--deaf 24]

Each load meets a chat of its own over the seeds, with a password that the clients know. Half-open: connections that never end
the head of a request. Uploads: files that come a byte a second. Hung: /v1 calls to a model that never answers. Questions: asked
one after another in the page's way, after 200 to warm up; then, likewise, over Gradio's queue by sessions that never fetch the answer.
Deaf: clients that ask for more than 10 MB each and read nothing. Exit 1 where the page took longer than 2 seconds, where 2,000
questions took 5 % more memory, or the deaf more than 200 MB.
"""

from __future__ import annotations

import argparse
import json
import resource
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmarks.chat import AUTH, Chat
from benchmarks.main_path import ROOT, held
from rag import open_archive
from rag.evaluate.testset import load

PAGE_SECONDS, GROWTH, DEAF_MB = 2.0, 0.05, 200.0
_PROBES, _WARM_UP = 12, 200
_TOKEN = AUTH["authorization"]


def page_seconds(url: str, probes: int = _PROBES) -> float:
    """The longest that the page and its content took, of several tries by new connections."""
    longest = 0.0
    for _ in range(probes):
        for path in ("", "ui/app"):
            began = time.perf_counter()
            httpx.get(url + path, headers=AUTH, timeout=60, trust_env=False).raise_for_status()
            longest = max(longest, time.perf_counter() - began)
        time.sleep(0.5)
    return longest


@contextmanager
def connections(url: str, heads: Sequence[bytes]) -> Iterator[list[socket.socket]]:
    """Sockets that have sent these bytes each, and nothing more."""
    at = urlsplit(url)
    with ExitStack() as stack:
        opened = []
        for head in heads:
            opened.append(stack.enter_context(socket.create_connection((at.hostname or "", at.port or 0), timeout=30)))
            opened[-1].sendall(head)
        yield opened


def head(url: str, line: str, length: int = 0) -> bytes:
    """The head of a request."""
    sized = f"Content-Length: {length}\r\n" if length else ""
    return f"{line} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nAuthorization: {_TOKEN}\r\n{sized}\r\n".encode()


def half_open(home: Path, many: int) -> float:
    """Seconds of the page beside connections without a whole head."""
    with chatting(home) as chat, connections(chat.url, [b"GET / HTTP/1.1\r\nHost: "] * many):
        return page_seconds(chat.url)


def slow_uploads(home: Path, many: int) -> float:
    """Seconds of the page beside files that come a byte a second."""
    ended = threading.Event()

    def trickle(opened: list[socket.socket]) -> None:
        while not ended.wait(1):
            for one in opened:
                with suppress(OSError):  # it was ended
                    one.sendall(b"x")

    with chatting(home) as chat:
        heads = [head(chat.url, f"POST /ui/library/files?name={i}.txt", 1_000_000) for i in range(many)]
        with connections(chat.url, heads) as opened:
            threading.Thread(target=trickle, args=(opened,)).start()
            try:
                return page_seconds(chat.url)
            finally:
                ended.set()


def hung(home: Path, many: int) -> float:
    """Seconds of the page beside /v1 calls to a model's server that takes requests and never answers."""
    body = json.dumps({"model": "rag", "messages": [{"role": "user", "content": "ماذا قال تشوركين؟"}]}).encode()
    with socket.create_server(("127.0.0.1", 0), backlog=many) as model:
        to = f"http://127.0.0.1:{model.getsockname()[1]}/v1"
        with chatting(home, RAG_WRITER="remote", RAG_REMOTE_URL=to, RAG_REMOTE_MODEL="none") as chat:
            heads = [head(chat.url, "POST /v1/chat/completions", len(body)) + body] * many
            with connections(chat.url, heads):
                return page_seconds(chat.url)


def questions(home: Path, many: int) -> list[float]:
    """MB after the warm-up and after so many questions more, and the same of answers that nobody fetches."""
    asked = [example.question for example in load(ROOT / "tests" / "data" / "seeds_qa.jsonl")[0]]
    with chatting(home) as chat, httpx.Client(base_url=chat.url, headers=AUTH, timeout=60, trust_env=False) as client:
        client.get("ui/app").raise_for_status()

        def ask(i: int) -> None:
            client.post("ui/ask", json={"question": asked[i % len(asked)]}).raise_for_status()

        def leave(i: int) -> None:
            body = {"data": [asked[i % len(asked)], "", "", []], "session_hash": f"s{i}", "fn_index": 0}
            while client.post("gradio_api/queue/join", json=body).status_code != HTTPStatus.OK:
                time.sleep(0.1)  # the queue is full

        sizes = []
        for what in (ask, leave):
            for times in (_WARM_UP, many):
                for i in range(times):
                    what(i)
                sizes.append(held(chat.pid))
        return sizes


def deaf(home: Path, many: int) -> float:
    """MB that clients take which ask for much and read nothing."""
    with chatting(home) as chat:
        page_seconds(chat.url, 1)
        before = held(chat.pid)
        many_heads = [head(chat.url, "GET /ui/app") * 500] * many
        with suppress(OSError), connections(chat.url, many_heads):
            time.sleep(10)
            return held(chat.pid) - before
    return 0.0


@contextmanager
def chatting(home: Path, **more: str) -> Iterator[Chat]:
    """A chat that is ended."""
    chat = Chat(home, **more)
    try:
        yield chat
    finally:
        chat.close()


def main() -> int:
    """0, or 1 where something was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, many in (("half-open", 2000), ("uploads", 50), ("hung", 45), ("questions", 2000), ("deaf", 24)):
        parser.add_argument(f"--{name}", type=int, default=many)
    given = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
    met = True

    def told(line: str, holds: bool) -> None:
        nonlocal met
        met = met and holds
        print(line, "" if holds else "MISSED", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with open_archive(home=home) as archive:
            archive.index([ROOT / "seeds"])
        for name, load, many in (
            ("half-open connections", half_open, given.half_open),
            ("slow uploads", slow_uploads, given.uploads),
            ("/v1 calls to a hung model", hung, given.hung),
        ):
            if many:
                seconds = load(home, many)
                told(f"{many:,} {name}: the page within {seconds:.2f} s", seconds <= PAGE_SECONDS)
        if given.questions:
            sizes = questions(home, given.questions)
            for what, warm, after in zip(("questions", "answers not fetched"), sizes[::2], sizes[1::2], strict=True):
                told(f"{given.questions:,} {what}: {warm:.0f} MB -> {after:.0f} MB", after <= (1 + GROWTH) * warm)
        if given.deaf:
            grown = deaf(home, given.deaf)
            told(f"{given.deaf} clients that read nothing: {grown:+.0f} MB", grown <= DEAF_MB)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
