"""The pages that people read, and what stands in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / folder / "README.md" for folder in ("training", "index", "seeds")),
]
LANGUAGES = {"sh", "console", "python", "json", "toml", "yaml", "text"}
_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.M | re.S)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img [^>]*src=\"([^\"]+)\"|<a [^>]*href=\"([^\"]+)\"")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, whether it is run, and its text."""

    language: str
    runs: bool
    text: str


def name(page: Path) -> str:
    """A page as tests are called by it."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = _FENCE.findall(page.read_text(encoding="utf-8"))
    return [Block(info.partition(" ")[0], not info.endswith(" no-run"), text) for info, text in found]


def spans(page: Path) -> list[str]:
    """What stands between backticks in a page, outside its blocks."""
    return _SPAN.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))


def links(page: Path) -> list[str]:
    """Where the links and pictures of a page lead."""
    return [next(filter(None, found)) for found in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))]
