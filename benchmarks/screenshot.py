"""The README's picture: `python -m benchmarks.screenshot docs/chat.png`.

Needs Debian's Chromium (apt-get install chromium) and playwright. The chat runs over the seeds in a folder that is
thrown away; its first opening builds the indexes, so that the second, which is pictured, has nothing to say about them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from rag.answer.assistant import Assistant
from rag.library import read
from rag.settings import CHECKOUT, load_settings
from rag.types import Article
from rag.ui import start
from rag.ui.texts import texts
from rag.wiring import open_assistant, open_library

WIDTH, HEIGHT = 1280, 800


def assistant_over_seeds(home: Path) -> Assistant:
    """The quoting assistant over the seed articles, its library under `home`."""
    settings = load_settings(home=home, writer="quote")
    library = open_library(settings)
    library.add(item for item in read([CHECKOUT / "seeds"]) if isinstance(item, Article))
    library.close()
    open_assistant(settings)
    return open_assistant(settings)


def picture(url: str, chromium: str, target: Path) -> None:
    """Asks the first example, opens its first citation, and writes the window to `target`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(url)
        page.wait_for_selector(".rag-log")
        page.fill(".rag-ask textarea", texts()["example_questions"]["questions"][0])
        page.press(".rag-ask textarea", "Enter")
        page.wait_for_selector("button.rag-chip")
        page.locator("button.rag-chip").first.click()
        page.mouse.move(WIDTH - 5, HEIGHT - 5)
        page.wait_for_timeout(500)
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target)
        browser.close()


def main() -> int:
    """0, or 2 where no target is named, or 1 where the browser is missing."""
    if len(sys.argv) != 2:
        print("usage: python -m benchmarks.screenshot docs/chat.png", file=sys.stderr)
        return 2
    chromium = shutil.which("chromium")
    if chromium is None:
        print("no chromium; install Debian's package: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as home:
        url, close = start(assistant_over_seeds(Path(home)), "127.0.0.1", 0)
        picture(url, chromium, Path(sys.argv[1]))
        close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
