"""The layout's promises: imports point one way, Arabic letters stay in their places, files stay short."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT

FILES = sorted((ROOT / "rag").rglob("*.py"))
LAYERS = [
    {"rag", "rag.types", "rag.errors", "rag.addresses", "rag.files", "rag.stored", "rag.arabic"},
    {"rag.database", "rag.logs", "rag.scratch"},
    {"rag.library", "rag.conversations", "rag.settings", "rag.query"},
    {"rag.readers"},
    {"rag.search"},
    {"rag.answer", "rag.models"},
    {"rag.evaluate"},
    {"rag.wiring"},
    {"rag.indexing"},
    {"rag.backup", "rag.archive"},
    {"rag.doctor", "rag.ui"},
    {"rag.cli"},
    {"rag.__main__"},
]
FACE = ("rag", "rag.archive")
"""The package offers the program as a library, imported when it is first used."""
LEVEL = {package: level for level, packages in enumerate(LAYERS) for package in packages}
MAY_IMPORT = {
    "rag": {"rag"},
    "datasets": {"datasets", "rag"},
    "training": {"training", "datasets", "rag"},
    "benchmarks": {"benchmarks", "datasets", "rag"},
}
"""What each folder may import of the others and of tests/; what training/ and benchmarks/ both read is in datasets/."""
ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")


def package(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:2]) if parts[1] != "__init__" else "rag"


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "rag":
            names = [f"rag.{alias.name}" for alias in node.names] if node.module == "rag" else [node.module]
            found |= {".".join(name.split(".")[:2]) for name in names}
        if isinstance(node, ast.Import):
            found |= {".".join(alias.name.split(".")[:2]) for alias in node.names if alias.name.split(".")[0] == "rag"}
    return {name for name in found if name != "rag.__version__"}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_point_one_way(path: Path) -> None:
    own = package(path)
    for name in imported(path):
        if name != own and (own, name) != FACE:
            assert LEVEL[name] < LEVEL[own] or {name, own} <= LAYERS[0], f"{own} imports {name}"


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_training_and_benchmarks_share_datasets_and_nothing_else(folder: str) -> None:
    for path in sorted((ROOT / folder).rglob("*.py")):
        code = ast.parse(path.read_text(encoding="utf-8"))
        names = [alias.name for node in ast.walk(code) if isinstance(node, ast.Import) for alias in node.names]
        names += [node.module or "" for node in ast.walk(code) if isinstance(node, ast.ImportFrom)]
        ours = {name.split(".")[0] for name in names} & {*MAY_IMPORT, "tests"}
        assert ours <= MAY_IMPORT[folder], path


def test_datasets_hides_no_library_of_that_name() -> None:
    """A package named `datasets` is installed with some of the libraries; a folder without __init__.py comes after it."""
    assert not (ROOT / "datasets" / "__init__.py").exists()


def test_every_module_has_a_layer_and_only_wiring_knows_concrete_classes() -> None:
    assert {package(path) for path in FILES} == set(LEVEL)
    classes = (
        "QuoteWriter LlamaWriter StaticEmbedder TransformerEmbedder LexicalIndex DenseIndex LocalEngine MilvusServer "
        "MilvusCollection MilvusEngine EvidenceFinder Assistant Conversations"
    )
    concrete = re.compile(rf"(?<!class )\b({'|'.join(classes.split())})\(")
    knowing = {package(path) for path in FILES if concrete.search(path.read_text(encoding="utf-8"))}
    assert knowing == {"rag.wiring"}


@pytest.mark.parametrize("path", sorted((ROOT / "rag" / "arabic" / "text").glob("*.py")), ids=str)
def test_letters_words_and_sentences_need_no_rules(path: Path) -> None:
    assert not re.search(r"rag\.arabic(\.rules|\.morphology| import )", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [*FILES, ROOT / "app.py"], ids=str)
def test_arabic_letters_live_in_arabic_and_prompts(path: Path) -> None:
    if "arabic" in path.parts:
        return
    code = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {
        id(node.value) for node in ast.walk(code) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    texts = [
        n.value
        for n in ast.walk(code)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in documentation
    ]
    assert not [text for text in texts if ARABIC.search(text)]


@pytest.mark.parametrize(
    "path", [p for p in ROOT.rglob("*.py") if not {".venv", "index", "build"} & set(p.relative_to(ROOT).parts)], ids=str
)
def test_files_stay_under_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", [*FILES, ROOT / "app.py"], ids=str)
def test_functions_stay_under_50_lines(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert not [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > 50]


def test_no_two_classes_have_one_name() -> None:
    names = Counter(
        node.name
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []
