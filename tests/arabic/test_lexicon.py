"""The tables of words: each is well formed, explained in their README and used; a damaged one is said in one line."""

import ast
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from rag.arabic import lexicon
from rag.arabic.lexicon import COLUMNS, NUMBER, WORDS, any_of, as_number, pattern_of, rows_of, spelled, table, words_of
from rag.arabic.text.folding import fold, words
from rag.errors import TableError
from tests.conftest import ROOT

FOLDER = Path(lexicon.__file__).parent
README = (FOLDER / "README.md").read_text(encoding="utf-8")
AS_SPELLED = {("speech", "topic"), ("clauses", "clause"), ("clauses", "contrast"), ("stop_words", "frequent")}
"""Uses whose words are looked for as they are spelled, so that two may fold to one."""
SHARED = ("word", "use", "sign")
"""Columns that the README explains once for all tables."""
SOURCES = sorted({*(ROOT / "rag" / "arabic").rglob("*.py")} - {*FOLDER.glob("*.py")})


def section(name: str) -> str:
    """What the README says of a table."""
    found = re.search(rf"^### {name}\.tsv$(.*?)(?=^##)", f"{README}\n## end", re.MULTILINE | re.DOTALL)
    assert found, f"lexicon/README.md says nothing of {name}.tsv"
    return found[1]


def calls() -> list[tuple[str, dict[str, str]]]:
    """(table, cells asked for) of each place in rag/arabic that asks for words."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in ("table", "words_of", "pattern_of", "spelled"):
                name = node.args[0]
                assert isinstance(name, ast.Constant), (
                    f"{path.name}, line {node.lineno}: a table is asked for by its name"
                )
                cells = {k.arg: k.value.value for k in node.keywords if k.arg and isinstance(k.value, ast.Constant)}
                found.append((name.value, cells))
    return found


def test_every_file_of_the_folder_is_a_known_table() -> None:
    assert {path.stem for path in FOLDER.glob("*.tsv")} == set(COLUMNS)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_table_holds_what_its_columns_say(name: str) -> None:
    rows = table(name)
    assert rows
    for column, expected in COLUMNS[name].items():
        if "|" in expected:
            assert {row[column] for row in rows} == set(expected.split("|")), (
                f"{column}: one of its names stands nowhere"
            )
    for row in rows:
        for column, expected in COLUMNS[name].items():
            cell = row[column]
            assert unicodedata.is_normalized("NFC", cell)
            assert not [char for char in cell if unicodedata.category(char) in ("Cf", "Mn") or char == "\u0640"], cell
            if expected == WORDS and cell not in ("-", "="):
                assert all(any(map(str.isalpha, word)) for word in cell.split()), cell
            if expected == NUMBER:
                assert as_number(cell) >= 0


@pytest.mark.parametrize("name", COLUMNS)
def test_no_word_stands_twice_for_one_use(name: str) -> None:
    group = next((column for column in ("use", "kind", "field", "calendar") if column in COLUMNS[name]), "")
    seen = set()
    for row in table(name):
        for column in COLUMNS[name]:
            if column in ("asked", "signs", "names", "arabic", "english"):
                folded = words(row[column])
                assert len(folded) == len(set(folded)), row[column]
        word = row.get("word") or row.get("affix") or " ".join(row.values())
        entry = (row.get(group, ""), word if (name, row.get(group)) in AS_SPELLED else fold(word), row.get("value", ""))
        assert entry not in seen, entry
        seen.add(entry)


def test_months_and_days_have_their_numbers() -> None:
    for name, latest in (("months", 12), ("weekdays", 7)):
        numbers = {as_number(row["number"]) for row in table(name)}
        assert numbers == set(range(1, latest + 1))


@pytest.mark.parametrize("name", COLUMNS)
def test_the_readme_explains_every_table_column_and_use(name: str) -> None:
    said = section(name)
    assert re.search("[\u0620-\u064a]{3}", said), "in Arabic, too"
    assert re.search("[A-Za-z]{3}", said)
    for column in COLUMNS[name]:
        assert f"`{column}`" in (README if column in SHARED else said), column
    for use in COLUMNS[name].get("use", "").split("|"):
        assert not use or f"| `{use}` |" in said, use


def test_every_table_and_use_is_asked_for() -> None:
    asked = calls()
    assert {name for name, _ in asked} == set(COLUMNS)
    for name, columns in COLUMNS.items():
        used = {use for table_, cells in asked if table_ == name for use in cells.get("use", "").split()}
        if "use" in columns:
            assert used == set(columns["use"].split("|")), name


def test_every_rule_that_takes_off_an_affix_asks_for_it() -> None:
    listed = {(row["kind"], rule) for row in table("affixes") for rule in row["used_by"].split()}
    asked = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                given = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                if node.func.id in ("affixes", "any_affix") and given:
                    asked |= {(kind, given[0]) for kind in given[1:]}
                if node.func.id == "any_article":
                    asked |= {(kind, given[0]) for kind in ("before_article", "article", "contracted") if given}
    assert asked == listed
    said = section("affixes")
    for names in zip(*listed, strict=True):
        assert all(f"| `{name}` |" in said for name in names)


def test_words_are_folded_and_spelled_ones_are_not() -> None:
    assert fold("أمس") in words_of("times", use="day") <= words_of("times")
    assert "أمس" in spelled("times", use="day era")
    assert re.fullmatch(pattern_of("months", calendar="hijri"), fold("ذو القعدة"))
    assert re.match(any_of(["كم", "كما"]), "كما")[0] == "كما"


def test_a_rule_never_goes_by_no_words() -> None:
    with pytest.raises(TableError, match=r"signs\.tsv: found no row with .*'who'.*, expected at least one"):
        words_of("signs", use="who")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("use\tword\nwhy\tكي\n".encode("cp1256"), "line 2: found bytes of another encoding, expected UTF-8"),
        (b"", "line 1: found [''], expected the columns ['use', 'word']"),
        (b"use;word\nwhy;x\n", "line 1: found ['use;word'], expected the columns"),
        (
            b"use\tword\nwhy\tx\n\n# a remark\nwhy x\n",
            "line 5: found 1 cells, expected 2 with tabs between them (use, word)",
        ),
        (b"use\tword\nwhy\tx\twhere\n", "line 2: found 3 cells, expected 2"),
        (b"use\tword\nhow\tx\n", "line 2, use: found 'how', expected why or where"),
        (b"use\tword\nwhy\t\n", "line 2, word: found '', expected words"),
        ("use\tword\nwhy\t\u0640\n".encode(), "line 2, word: found '\u0640', expected words"),
        (b"use\tword\nwhy\tx \n", "line 2, word: found 'x ', expected words"),
        (b"use\tword\nwhy\tx  y\n", "line 2, word: found 'x  y', expected words"),
    ],
)
def test_a_damaged_table_is_told_with_its_line(text: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "signs.tsv"
    path.write_bytes(text)
    with pytest.raises(TableError, match=re.escape(f"{path}, {said}")):
        rows_of(path, COLUMNS["signs"])


@pytest.mark.parametrize("cell", ["x", "1/0", "nan", "1/"])
def test_a_number_that_is_none_is_told(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "numbers.tsv"
    path.write_text(f"value\n{cell}\n", encoding="utf-8")
    with pytest.raises(TableError, match=f"line 2, value: found '{cell}', expected a number such as 12 or 2/3"):
        rows_of(path, {"value": NUMBER})


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"none\.tsv: found no such file, expected a table; install rag again"):
        rows_of(tmp_path / "none.tsv", COLUMNS["signs"])


def test_what_editors_add_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "signs.tsv"
    path.write_bytes("\ufeffuse\tword\r\nwhy\tبسبب\r\n\t\r\n\r\n".encode())
    assert rows_of(path, COLUMNS["signs"]) == ({"use": "why", "word": "بسبب"},)


def test_rag_says_in_one_line_which_table_is_damaged(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "rag", tmp_path / "rag", ignore=shutil.ignore_patterns("shipped", "static", "__pycache__"))
    damaged = tmp_path / "rag" / "arabic" / "lexicon" / "months.tsv"
    damaged.write_text(damaged.read_text(encoding="utf-8").replace("\tcommon\t1\t", "\tcommon\t", 1), encoding="utf-8")
    env = {"PATH": "", "PYTHONPATH": str(tmp_path), "RAG_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "rag", "ask", "متى؟"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "months.tsv, line 3: found 4 cells, expected 5" in line
