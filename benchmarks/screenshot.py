"""The README's pictures: `python -m benchmarks.screenshot docs` writes chat.png and library.png there.

Needs Debian's Chromium (apt-get install chromium) and playwright. The chat runs over the seeds in a folder that is
thrown away; its first opening builds the indexes, so that the second, which is pictured, has nothing to say about them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from rag.readers.readers import read
from rag.settings import CHECKOUT, Settings, load_settings
from rag.types import Article
from rag.ui import start
from rag.wiring import open_assistant, open_library

WIDTH, HEIGHT = 1440, 860
QUESTION = "ماذا قال تشوركين؟"


def settings_over_seeds(home: Path) -> Settings:
    """Settings with the seed articles in a library under `home`, its indexes built."""
    settings = load_settings(home=home, writer="auto", port=0)
    with open_library(settings) as library:
        library.add(item for item in read([CHECKOUT / "seeds"]) if isinstance(item, Article))
    open_assistant(settings)
    return settings


def pictures(url: str, chromium: str, folder: Path) -> None:
    """Asks a question and opens its first citation, then looks at the library and reads an article there."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(url)
        page.wait_for_selector("#rag[data-ready]")
        page.fill("#rag-ask textarea", QUESTION)
        page.press("#rag-ask textarea", "Enter")
        page.wait_for_selector(".rag-following button")
        page.locator("button.rag-chip").first.click()
        page.mouse.move(WIDTH - 5, HEIGHT - 5)
        page.wait_for_timeout(500)
        page.screenshot(path=folder / "chat.png")
        page.click("nav [data-view=library]")
        page.locator("#rag-articles [data-article]").nth(1).click()
        page.wait_for_timeout(500)
        page.screenshot(path=folder / "library.png")
        browser.close()


def main() -> int:
    """0, or 2 where no folder is named, or 1 where the browser is missing."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print("usage: python -m benchmarks.screenshot docs", file=sys.stderr)
        return 2
    chromium = shutil.which("chromium")
    if chromium is None:
        print("no chromium; install Debian's package: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as home:
        settings = settings_over_seeds(Path(home))
        url, close = start(open_assistant(settings), settings)
        pictures(url, chromium, Path(sys.argv[1]))
        close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
