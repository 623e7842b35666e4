"""Debian's Chromium, and windows in it. A package of its own: while the browser is open, its thread has a running event loop."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from tests.ui.browser.window import ARGS, ARTIFACTS, Window
from tests.ui.conftest import Scripted, served


@pytest.fixture(scope="package")
def browser() -> Iterator[object]:
    chromium = shutil.which("chromium")
    if chromium is None:
        reason = "no chromium: install Debian's package (apt-get install chromium)"
        if os.environ.get("RAG_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    ARTIFACTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGS.split())
        yield opened
        opened.close()


@pytest.fixture
def window(browser: object, api: str) -> Iterator[Window]:
    opened = Window(browser, api)
    yield opened
    opened.check()
    opened.close()


@pytest.fixture
def scripted(browser: object, scripted_api: tuple[Scripted, str]) -> Iterator[tuple[Scripted, Window]]:
    opened = Window(browser, scripted_api[1])
    yield scripted_api[0], opened
    opened.check()
    opened.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def own(archive: Assistant, home: Path) -> Iterator[str]:
    """The address of a server whose conversations are this test's alone."""
    with served(archive, home) as url:
        yield url
