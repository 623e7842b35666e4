"""Debian's Chromium, and windows in it. A package of its own: while the browser is open, its thread has a running event loop."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.ui.browser.window import ARGS, ARTIFACTS, Window
from tests.ui.conftest import Scripted


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
    opened.context.close()


@pytest.fixture
def scripted(browser: object, scripted_api: tuple[Scripted, str]) -> Iterator[tuple[Scripted, Window]]:
    opened = Window(browser, scripted_api[1])
    yield scripted_api[0], opened
    opened.check()
    opened.context.close()
