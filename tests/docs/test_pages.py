"""The pages are whole: links lead somewhere, settings and tables are what the program and the files say, blocks are marked."""

import json
import re
import tomllib
import unicodedata
from pathlib import Path

import pytest
import yaml

from docs import picture, tables
from rag.settings import Settings, load_settings
from tests.conftest import ROOT
from tests.docs.pages import LANGUAGES, PAGES, blocks, links, name

README_BYTES = 8_000


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_and_pictures_of_a_page_exist(page: Path) -> None:
    for link in links(page):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        file, _, heading = link.partition("#")
        place = (page.parent / file).resolve() if file else page
        assert place.exists(), f"{link} leads nowhere"
        assert place.is_relative_to(ROOT), f"{link} leads out of the project"
        assert not heading or heading in headings(place), f"{link}: no such heading"


def headings(page: Path) -> set[str]:
    """What the headings of a page are called in links, as GitHub calls them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    plain = (re.sub(r"[`*]", "", title).strip().lower() for title in re.findall(r"^#+ (.+)$", text, re.M))
    return {re.sub(r"[^\w\- ]", "", unicodedata.normalize("NFC", title)).replace(" ", "-") for title in plain}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_blocks_of_a_page_say_what_they_are_and_can_be_read(page: Path) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, f"a block of {name(page)} says {block.language!r}: {block.text[:60]}"
        if block.language == "json":
            json.loads(block.text)
        if block.language == "yaml":
            yaml.safe_load(block.text)


def test_the_readme_is_short_and_whole_in_both_languages() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.encode()) <= README_BYTES
    arabic, english = text.split("\n---\n")
    for half in (arabic, english):
        assert "](docs/chat.png)" in half
        assert "make chat" in half
        assert "make test" in half
        assert len(re.findall(r"^\.venv/bin/rag ", half, re.M)) == 6
        assert "docs/README.md" in half


def test_every_setting_has_its_row_with_its_default() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(RAG_\w+)` \| (.+?) \|", page, re.M)
    assert [setting for setting, _, _ in rows] == list(Settings.model_fields)
    for setting, variable, default in rows:
        assert variable == f"RAG_{setting.upper()}"
        if setting != "home":
            assert default.partition(": ")[0] == shown(Settings.model_fields[setting].default), setting


def shown(default: object) -> str:
    """A default as the table says it."""
    if default is None:
        return "none"
    text = getattr(default, "get_secret_value", lambda: default)()
    return "empty" if text == "" else f"`{json.dumps(text) if isinstance(text, bool) else text}`"


@pytest.mark.parametrize("page", [page for page in PAGES if any(b.language == "toml" for b in blocks(page))], ids=name)
def test_a_rag_toml_of_a_page_is_one(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_HOME", str(tmp_path))
    for block in blocks(page):
        if block.language == "toml":
            (tmp_path / "rag.toml").write_text(block.text, encoding="utf-8")
            set_ = load_settings().model_dump(exclude_unset=True)
            assert set_.keys() >= tomllib.loads(block.text).keys()


def test_tables_of_figures_are_what_the_files_say() -> None:
    stale = tables.stale([page for page in PAGES if page.is_relative_to(tables.DOCS)])
    assert not stale, "run `make docs`"


def test_every_file_of_figures_stands_in_a_page_and_says_where_it_is_from() -> None:
    files = sorted(tables.FIGURES.glob("*.json"))
    stand = {shown for page in PAGES for shown in tables.named(page.read_text(encoding="utf-8"))}
    assert {file.stem for file in files} == stand
    for file in files:
        figures = json.loads(file.read_text(encoding="utf-8"))
        assert figures["command"]
        assert figures["measured"].keys() == {"version", "revision", "date", "machine"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", figures["measured"]["date"])
        assert re.fullmatch(r"[0-9a-f]{7}", figures["measured"]["revision"])


def test_a_table_shows_numbers_in_their_columns_format_and_nothing_as_a_dash() -> None:
    measured = {"version": "1", "revision": "abcdef0", "date": "2026-01-31", "machine": "one core"}
    by_row = {"columns": [["", ""], ["time", "{:.2f} s"]], "rows": [["a", 0.5], ["b", None], ["c", [1, 2]]]}
    by_group = {"columns": [["f1", "{:.1f}"]], "eval": {"all": {"f1": 0.25, "mrr": 1}, "none": {}}}
    lines = tables.table({"command": "x", "measured": measured, **by_row, "notes": ["so"]}).splitlines()
    assert lines[2:5] == ["| a | 0.50 s |", "| b | – |", "| c | 1.00 s / 2.00 s |"]
    assert lines[-1] == "- so"
    assert "`x`; 2026-01-31, 1 at abcdef0, one core." in lines
    grouped = tables.table({"command": "x", "measured": measured, **by_group}).splitlines()
    assert grouped[:4] == ["|  | f1 |", "| --- | --- |", "| all | 0.2 |", "| none | – |"]


def test_the_picture_of_the_packages_is_of_what_they_import() -> None:
    assert picture.PICTURE.read_text(encoding="utf-8") == picture.drawn(picture.imports()), "run `make docs`"


def test_arrows_that_follow_from_others_are_left_out_and_circles_are_named() -> None:
    assert picture.reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {"a": {"b"}, "b": {"c"}, "c": set()}
    with pytest.raises(ValueError, match="a → b → a"):
        picture.reduced({"a": {"b"}, "b": {"a"}})


def test_imports_are_read_from_every_form(tmp_path: Path) -> None:
    (tmp_path / "rag" / "search").mkdir(parents=True)
    (tmp_path / "rag" / "__main__.py").write_text("import rag.cli\n", encoding="utf-8")
    for file in ("errors", "types", "cli", "search/__init__", "search/query"):
        (tmp_path / "rag" / f"{file}.py").touch()
    (tmp_path / "rag" / "cli.py").write_text(
        "import rag.types\nfrom rag import errors, __version__\n", encoding="utf-8"
    )
    text = "from rag.search import x\ndef f():\n    from rag.errors import E\n"
    (tmp_path / "rag" / "search" / "query.py").write_text(text, encoding="utf-8")
    found = picture.imports(tmp_path / "rag")
    assert found == {"cli": {"types", "errors"}, "search": {"errors"}, "errors": set(), "types": set()}
