"""What answers while the archive is being opened: the page says so, others wait, a failure is told, Ctrl-C is heard."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from rag.answer.assistant import Assistant
from rag.errors import LibraryError
from rag.settings import load_settings
from rag.ui.server import Served
from rag.ui.texts import say

Opening = Callable[[Callable[[], Assistant]], Served]


def gated(archive: Assistant) -> tuple[threading.Event, Callable[[], Assistant]]:
    """Opens the archive as soon as the event is set."""
    gate = threading.Event()

    def opened() -> Assistant:
        gate.wait(60)
        return archive

    return gate, opened


@pytest.fixture
def opening(tmp_path: Path) -> Iterator[Opening]:
    begun: list[Served] = []

    def begin(open_assistant: Callable[[], Assistant]) -> Served:
        begun.append(Served(open_assistant, load_settings(home=tmp_path, port=0, token=False)))
        return begun[-1]

    yield begin
    for served in begun:
        served.close()


def test_the_page_answers_at_once_and_others_wait(opening: Opening, archive: Assistant) -> None:
    gate, opened = gated(archive)
    served = opening(opened)
    page = httpx.get(served.url, trust_env=False)
    assert page.status_code == 200
    assert say("opening") in page.text
    assert 'http-equiv="refresh"' in page.text
    found: list[httpx.Response] = []
    waiting = threading.Thread(
        target=lambda: found.append(httpx.get(f"{served.url}v1/models", timeout=90, trust_env=False))
    )
    waiting.start()
    time.sleep(0.3)
    assert not found
    gate.set()
    served.wait()
    waiting.join(60)
    assert found[0].json()["data"][0]["id"] == "rag"
    assert say("opening") not in httpx.get(served.url, trust_env=False).text


def test_what_cannot_be_opened_is_raised_and_told(opening: Opening) -> None:
    gate = threading.Event()

    def fail() -> Assistant:
        gate.wait(60)
        raise LibraryError("the library is damaged; restore it")

    served = opening(fail)
    found: list[httpx.Response] = []
    waiting = threading.Thread(
        target=lambda: found.append(httpx.get(f"{served.url}v1/models", timeout=90, trust_env=False))
    )
    waiting.start()
    time.sleep(0.3)
    gate.set()
    with pytest.raises(LibraryError, match="damaged"):
        served.wait()
    waiting.join(60)
    assert (found[0].status_code, found[0].text) == (503, "the library is damaged; restore it")


def test_it_ends_while_it_is_still_opening(opening: Opening, archive: Assistant) -> None:
    gate, opened = gated(archive)
    served = opening(opened)
    httpx.get(served.url, trust_env=False)
    served.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.url, trust_env=False)
    gate.set()
