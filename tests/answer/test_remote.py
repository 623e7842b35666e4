"""The writer `remote` against a real server, llama-cpp-python's own, and against servers that fail."""

import gzip
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag import wiring
from rag.addresses import shown_addresses
from rag.answer import prompts, remote
from rag.answer.remote import RemoteWriter
from rag.errors import InputError, ModelError
from rag.query.question import Question
from rag.settings import load_settings
from rag.types import Passage
from tests.answer.conftest import QUESTION
from tests.conftest import parsed
from tests.tiny_gguf import build

SAID = "أكد تشوركين أن المشروع مرفوض [1]."
PASSAGE = Passage(1, "a", 0, 36, "أكد تشوركين أن المشروع مرفوض تماما.", source="seeds")


def writer(url: str, key: str = "", context: int = 4096) -> RemoteWriter:
    return RemoteWriter(url, "tiny", key, context, 128)


def ask(asked: RemoteWriter, question: Question = QUESTION) -> str:
    return "".join(piece for piece in asked.write(question, [PASSAGE], []) if isinstance(piece, str))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    model = build(folder / "tiny.gguf", SAID)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--model", model, "--model_alias", "tiny", "--n_ctx", "4096", "--api_key", "secret"]
    command = [sys.executable, "-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", port, *options]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(list(map(str, command)), stdout=log, stderr=log) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}/v1"
            for _ in range(300):
                assert process.poll() is None, (folder / "log").read_text()
                try:
                    httpx.get(f"{url}/models", headers={"Authorization": "Bearer secret"}, timeout=1).raise_for_status()
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
            yield url
        finally:
            process.terminate()


def test_a_real_server_streams_the_answer(server: str) -> None:
    pieces = list(writer(server, "secret").write(QUESTION, [PASSAGE], []))
    assert "".join(pieces) == SAID
    assert len(pieces) > 3


def test_a_wrong_key_is_named(server: str) -> None:
    with pytest.raises(ModelError, match="refuses the key; set RAG_REMOTE_KEY"):
        ask(writer(server, "wrong"))


def test_the_settings_open_it(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"URL": server, "MODEL": "tiny", "KEY": "secret"}.items():
        monkeypatch.setenv(f"RAG_REMOTE_{name}", value)
    settings = load_settings(home=tmp_path, writer="remote")
    assert "secret" not in repr(settings)
    opened, _ = wiring.open_writer(settings)
    assert "".join(opened.write(QUESTION, [PASSAGE], [])) == SAID  # type: ignore[arg-type]


def test_a_server_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="RAG_REMOTE_URL"):
        wiring.open_writer(load_settings(home=tmp_path, writer="remote"))


@contextmanager
def serving(answer: Callable[[Any, int], None]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server whose n-th request `answer` answers; its address, and the bodies that it was sent."""
    bodies: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            answer(self, len(bodies))

        def log_message(self, *_: object) -> None: ...

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}/v1", bodies
    finally:
        http.shutdown()
        http.server_close()


def send(handler: Any, status: int, body: str) -> None:
    handler.send_response(status)
    handler.end_headers()
    handler.wfile.write(body.encode())


def event(text: str, finish: str | None = None) -> str:
    return f"data: {json.dumps({'choices': [{'delta': {'content': text}, 'finish_reason': finish}]})}\n\n"


def test_an_overloaded_server_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_PAUSES", (0.01, 0.01))

    def answer(handler: Any, n: int) -> None:
        send(handler, *((503, "busy") if n < 3 else (200, event("<think>هكذا</think>نعم [1].") + "data: [DONE]\n\n")))

    with serving(answer) as (url, bodies):
        assert ask(writer(url)) == "نعم [1]."
    assert len(bodies) == 3
    complaint = "answers 503 for the model 'tiny': busy"
    with (
        serving(lambda handler, _: send(handler, 503, "busy")) as (url, bodies),
        pytest.raises(ModelError, match=complaint),
    ):
        ask(writer(url))
    assert len(bodies) == 3


@pytest.mark.parametrize(
    ("status", "body", "complaint"),
    [
        (404, '{"error": "no such model"}', "answers 404 for the model 'tiny': .*no such model"),
        (200, event("نصف"), "its answer broke off"),
        (200, "data: {broken\n\n", "failed while answering"),
        (200, 'data: {"error": {"message": "out of memory"}}\n\n', "out of memory"),
        (200, 'data: {"choices": [{"delta": null}]}\n\n', "failed while answering"),
        (200, "", "its answer broke off"),
    ],
)
def test_a_server_that_fails_is_a_model_error(status: int, body: str, complaint: str) -> None:
    with (
        serving(lambda handler, _: send(handler, status, body)) as (url, _),
        pytest.raises(ModelError, match=complaint),
    ):
        ask(writer(url))


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_SILENT_SECONDS", 0.2)
    with serving(lambda *_: time.sleep(1)) as (url, _), pytest.raises(ModelError, match="timed out"):
        ask(writer(url))


def test_questions_go_to_the_server_of_a_pool_that_writes_least() -> None:
    both = threading.Barrier(2, timeout=10)

    def answer(handler: Any, n: int) -> None:
        both.wait()  # each is answered only while the other one is
        send(handler, 200, event("نعم [1].", "stop"))

    with serving(answer) as (one, first), serving(answer) as (two, second):
        pool = writer(f"{one}, {two}/")
        with ThreadPoolExecutor(2) as askers:
            assert list(askers.map(lambda _: ask(pool), range(2))) == ["نعم [1]."] * 2
        assert (len(first), len(second)) == (1, 1)


def test_a_server_of_a_pool_that_is_away_or_overloaded_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_PAUSES", ())
    with (
        serving(lambda handler, _: send(handler, 503, "busy")) as (busy, refused),
        serving(lambda handler, _: send(handler, 200, event("نعم [1].", "stop"))) as (good, answered),
    ):
        pool = writer(f"http://127.0.0.1:9/v1,{busy},{good}")
        for _ in range(2):
            assert ask(pool) == "نعم [1]."
        assert (len(refused), len(answered)) == (2, 2)
    with pytest.raises(ModelError, match="cannot be reached"):
        ask(pool)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "no address", "http://"])
def test_no_server_at_all(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(remote, "_PAUSES", (0.01,))
    with pytest.raises(ModelError, match="the server"):
        ask(writer(url))


def test_markup_in_passages_and_questions_is_only_text() -> None:
    with serving(lambda handler, _: send(handler, 200, event("نعم [1].", "stop"))) as (url, bodies):
        ask(writer(url), parsed("ماذا قال <|im_end|>؟"))
    (body,) = bodies
    assert (body["stream"], body["temperature"], body["max_tokens"]) == (True, 0, 128)
    assert "<|im_end|>" not in json.dumps(body["messages"])
    assert PASSAGE.text in body["messages"][1]["content"]


def test_a_question_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(InputError, match="leaves no room for a passage"):
        ask(writer("http://127.0.0.1:9/v1", context=200), parsed("م" * 1999))


def test_closing_ends_the_request() -> None:
    gone = threading.Event()

    def endless(handler: Any, _: int) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(event("كلمة ").encode())
                time.sleep(0.01)
        except OSError:
            gone.set()

    with serving(endless) as (url, _):
        stream = writer(url).write(QUESTION, [PASSAGE], [])
        assert next(stream)
        stream.close()
        assert gone.wait(5)


def test_another_thing_may_be_asked(server: str) -> None:
    messages = prompts.rewriting(parsed("ومتى كان ذلك؟"), [("ماذا قال تشوركين؟", "قال إن الأمر تم.")])
    assert "".join(writer(server, "secret").reply(messages)).strip()


ENDLESS = b'data: {"choices": [{"delta": {"content": "' + "كلمة ".encode() * 200 + b'"}}]}\n\n'
MISBEHAVIOURS: dict[str, tuple[dict[str, str], list[bytes], int]] = {
    "a line without end": ({}, [b"data: " + b"x" * 65_536] * 40, 1),
    "a comment without end": ({}, [b": " + b"x" * 65_536] * 40, 1),
    "empty lines without end": ({}, [b"\n" * 65_536], 2000),
    "an answer without end": ({}, [ENDLESS], 2000),
    "events without words": ({}, [b'data: {"choices": [{"delta": {}}]}\n\n' * 2000], 2000),
    "a packed bomb": ({"content-encoding": "gzip"}, [gzip.compress(b"\n" * 50_000_000)], 1),
    "deep JSON": ({}, [b"data: " + b"[" * 100_000 + b"\n\n"], 1),
    "deep and closed JSON": ({}, [b'data: {"choices": ' + b"[" * 5000 + b"]" * 5000 + b"}\n\n"], 1),
    "no object": ({}, [b"data: 5\n\n"], 1),
    "no list": ({}, [b'data: {"choices": 5}\n\n'], 1),
    "no choice": ({}, [b'data: {"choices": [5]}\n\n'], 1),
    "no delta": ({}, [b'data: {"choices": [{}]}\n\n'], 1),
    "no words": ({}, [b'data: {"choices": [{"delta": {"content": 5}}]}\n\n'], 1),
    "words in a list": ({}, [b'data: {"choices": [{"delta": {"content": ["x"]}}]}\n\n'], 1),
    "half a letter": ({}, [b'data: {"choices": [{"delta": {"content": "\xd9'], 1),
    "bytes that are no text": ({}, [b"data: \xff\xfe\n\n"], 1),
    "an error": ({}, [b'data: {"error": {"message": "out of memory"}}\n\n'], 1),
    "nothing": ({}, [b""], 1),
    "a page": ({"content-type": "text/html"}, [b"<html><body>not here</body></html>"], 1),
    "a number that is none": ({}, [b'data: {"choices": [{"delta": {"content": NaN}}]}\n\n'], 1),
}


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_a_server_that_misbehaves_is_left_with_a_line_and_little_memory(name: str) -> None:
    headers, parts, times = MISBEHAVIOURS[name]
    sent = 0

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            nonlocal sent
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            for key, value in headers.items():
                self.send_header(key, value)
            self.end_headers()
            with suppress(OSError):  # the writer has had enough
                for _ in range(times):
                    for part in parts:
                        self.wfile.write(part)
                        sent += len(part)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as bad:
        threading.Thread(target=bad.serve_forever, daemon=True).start()
        address = f"http://user:hidden@127.0.0.1:{bad.server_port}/v1?key=hidden"
        with pytest.raises(ModelError, match="failed while answering") as told:
            ask(writer(address))
        bad.shutdown()
    assert "hidden" not in str(told.value)
    assert "\n" not in str(told.value)
    assert sent < 60_000_000


def test_what_a_refusal_says_is_read_in_part() -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(418)
            self.end_headers()
            with suppress(OSError):
                for _ in range(10_000):
                    self.wfile.write(b"no " * 20_000)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as bad:
        threading.Thread(target=bad.serve_forever, daemon=True).start()
        with pytest.raises(ModelError, match="answers 418 for the model 'tiny': no no") as told:
            ask(writer(f"http://127.0.0.1:{bad.server_port}/v1"))
        bad.shutdown()
    assert len(str(told.value)) < 400


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("http://u:p@host:8080/v1?key=k#f", "http://host:8080/v1"),
        ("https://host/v1, http://t@[::1]:1/", "https://host/v1, http://[::1]:1/"),
        ("http://[bad", "(an address that cannot be read)"),
        ("secret", "(an address that cannot be read)"),
        ("http://host:999999/", "(an address that cannot be read)"),
    ],
)
def test_an_address_is_shown_without_what_is_secret(given: str, shown: str) -> None:
    assert shown_addresses(given) == shown
