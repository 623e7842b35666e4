"""Clients that are slow, hung or deaf: their connections end, and the page answers others meanwhile."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from rag.answer.assistant import Assistant
from rag.ui import deadlines
from tests.ui.conftest import Scripted

SECONDS = 20
"""Longer than any of these deadlines takes, in a test, on a busy machine."""


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(deadlines, "PACE_SECONDS", 0.3)


def connected(stack: ExitStack, url: str, said: bytes) -> socket.socket:
    at = urlsplit(url)
    opened = stack.enter_context(socket.create_connection((at.hostname or "", at.port or 0), timeout=SECONDS))
    opened.sendall(said)
    return opened


def ends(opened: socket.socket) -> bool:
    """Whether the server ends the connection, whatever it says before."""
    with contextlib.suppress(ConnectionError):
        while opened.recv(1 << 16):
            pass
    return True


def refuses(opened: socket.socket, said: bytes) -> bool:
    """Whether the server ends a connection over which this is said again and again."""
    began = time.monotonic()
    while time.monotonic() < began + SECONDS:
        try:
            opened.sendall(said)
        except OSError:
            return True
        time.sleep(0.05)
    return False


def head(url: str, line: str, *more: str) -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", f"Host: {urlsplit(url).netloc}", *more, "", ""]).encode()


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: ", b"\r\n"])
def test_a_head_that_does_not_end_is_not_waited_for(api: str, said: bytes) -> None:
    with ExitStack() as stack:
        assert ends(connected(stack, api, said))


def test_nor_is_that_of_a_second_request(api: str) -> None:
    with ExitStack() as stack:
        opened = connected(stack, api, head(api, "GET /ui/status"))
        assert opened.recv(1 << 16).startswith(b"HTTP/1.1 200")
        assert refuses(opened, b"G")  # little by little, which keeps uvicorn's own deadline away


def test_of_many_without_a_head_the_oldest_ends(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "HEAD_SECONDS", 600)
    monkeypatch.setattr(deadlines, "MOST_HEADS", 3)
    with ExitStack() as stack:
        oldest, *others = [connected(stack, api, b"GET") for _ in range(4)]
        assert ends(oldest)
        assert httpx.get(f"{api}ui/status", trust_env=False).status_code == 200  # which is a fifth for a moment
        others[-1].settimeout(0.5)
        with pytest.raises(TimeoutError):
            others[-1].recv(1)


def test_a_body_that_does_not_come_on_is_not_waited_for(api: str) -> None:
    with ExitStack() as stack:
        opened = connected(stack, api, head(api, "POST /ui/library/files?name=a.txt", "Content-Length: 1000") + b"x")
        assert ends(opened)
        assert httpx.get(f"{api}ui/status", trust_env=False).status_code == 200


def test_a_body_that_comes_on_is_taken_however_long_it_takes(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "PACE_BYTES", 1)

    def slowly() -> Iterator[bytes]:
        for _ in range(10):
            time.sleep(0.1)
            yield "سطر من مقال. ".encode()

    length = str(10 * len("سطر من مقال. ".encode()))
    given = {"content": slowly(), "headers": {"content-length": length}, "timeout": SECONDS}
    answer = httpx.post(f"{api}ui/library/files?name=slow.txt", trust_env=False, **given)
    assert answer.status_code == 200
    assert "slow.txt" in answer.text


def test_an_answer_that_is_not_read_is_not_kept(api: str) -> None:
    with ExitStack() as stack:
        deaf = connected(stack, api, head(api, "GET /ui/app") * 300)
        assert refuses(deaf, b"\r\n")


def test_calls_to_a_hung_model_leave_the_page_alone(scripted_api: tuple[Scripted, str]) -> None:
    _, url = scripted_api
    body = b'{"model": "rag", "messages": [{"role": "user", "content": "slow"}]}'
    with ExitStack() as stack:
        calls = [
            connected(stack, url, head(url, "POST /v1/chat/completions", f"Content-Length: {len(body)}") + body)
            for _ in range(66)
        ]
        began, refused = time.monotonic(), False
        while not refused and time.monotonic() < began + SECONDS:  # one writes, 64 wait
            more = httpx.post(f"{url}v1/chat/completions", content=body, timeout=SECONDS, trust_env=False)
            refused = more.status_code == 429
        assert refused
        for path in ("", "ui/app", "ui/conversations"):
            assert httpx.get(url + path, timeout=SECONDS, trust_env=False).status_code == 200
    assert len(calls) == 66


def test_a_search_takes_no_more_than_some_words(archive: Assistant) -> None:
    from rag.library.browsing import page

    many = page(archive.library, sought=" ".join(["كوكب"] * 100_000))
    assert many == page(archive.library, sought="كوكب")
