"""What the pages tell people to type works: each block is run over the seeds, or, where it cannot be run here, names commands,
options and targets that there are.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import pytest

from tests.conftest import ROOT
from tests.docs.pages import PAGES, Block, blocks, name, spans

OTHERS = {"apt", "helm", "milvus-lite", "pip", "pre-commit", "python"}
"""Programs that are not this project's, of which nothing is known here."""
ANY = "[…]"
"""What an expected output leaves out."""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are those of a shell")
_PART = "\x1e"
_OPTION = re.compile(r"(?<![\w-])--?[a-z][\w-]*")
_ASSIGNED = re.compile(r"[A-Z][A-Z_0-9]*=.*", re.S)
_TARGET = re.compile(r"^([a-z][\w-]*):", re.M)


class Shell(Protocol):
    """Runs a script in a home with the seeds; gives what it printed."""

    def __call__(self, script: str) -> str: ...


def _environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RAG_")}
    own = {"RAG_HOME": str(folder / "home"), "COLUMNS": "200", "HF_HUB_OFFLINE": "1"}
    paths = {"PATH": f"{folder}:{kept['PATH']}", "PYTHONPATH": f"{ROOT / 'tests' / 'offline'}:{ROOT}"}
    return {**kept, **own, **paths}


@pytest.fixture
def shell(warm: Path, tmp_path: Path) -> Shell:
    """A shell in a folder that looks like the checkout, as far as commands of the pages ask for it."""
    env = {**_environment(tmp_path), "PATH": f"{warm}:{os.environ['PATH']}"}
    work = tmp_path / "work"
    (work / ".venv" / "bin").mkdir(parents=True)
    (work / ".venv" / "bin" / "rag").symlink_to(warm / "rag")
    for folder in ("seeds", "tests"):
        (work / folder).symlink_to(ROOT / folder)

    def run(script: str) -> str:
        bash = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(bash, cwd=work, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    run("rag index seeds")
    return run


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(b.runs for b in blocks(page) if b.language in ("sh", "console"))], ids=name
)
def test_the_commands_of_a_page_run_and_print_what_it_says(page: Path, shell: Shell) -> None:
    run = [block for block in blocks(page) if block.runs and block.language in ("sh", "console")]
    script, expected = "", []
    for block in run:
        for command, output in _session(block):
            script += f"{command}\nprintf '{_PART}'\n"
            expected.append((command, output))
    printed = shell(script).split(_PART)
    for (command, output), actual in zip(expected, printed, strict=False):
        if output is not None:
            wanted = "".join(".*" if part == ANY else re.escape(part) for part in re.split(r"(\[…\])", output))
            assert re.fullmatch(wanted, actual.strip(), re.S), f"{command} printed\n{actual}"


def _session(block: Block) -> list[tuple[str, str | None]]:
    """Commands with what they should print; None for those of which the page does not say."""
    if block.language == "sh":
        return [(block.text, None)]
    found: list[tuple[str, str | None]] = []
    for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        found.append((command, output.strip()))
    return found


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_options_and_targets_that_a_page_names_exist(page: Path, warm: Path) -> None:
    given = [line for block in blocks(page) if block.language == "sh" and not block.runs for line in _lines(block.text)]
    known = [span for span in spans(page) if span.startswith(("rag ", "make ", "python -m ", "RAG_"))]
    for line in given:
        assert _named(line, warm) is not None, (
            f"`{line}`: what program is this? OTHERS lists those that may stand in a page"
        )
    for line in [*given, *known]:
        assert not (wrong := _named(line, warm)), f"`{line}`: there is no {wrong}"


def _lines(text: str) -> list[str]:
    joined = text.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def _named(line: str, warm: Path) -> str | None:
    """What a line names that does not exist, "" for nothing, None where it begins with a program that is unknown here."""
    words = [word for word in shlex.split(line, comments=True) if word]
    while words and _ASSIGNED.fullmatch(words[0]):
        words.pop(0)
    if not words:
        return ""
    program, *rest = words
    program = program.removeprefix(".venv/bin/")
    options = [found[0] for word in rest if (found := _OPTION.match(word.lstrip("[")))]
    if program == "rag":
        return _not_of_rag(rest, options, warm)
    if (
        program in ("python", "python3")
        and rest[:1] == ["-m"]
        and rest[1].split(".")[0] in ("benchmarks", "training", "docs", "rag")
    ):
        return _not_of_module(rest[1], options[1:])
    if program == "make":
        targets = set(_TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
        wanted = [word for word in rest if re.fullmatch(r"[a-z][\w-]*", word)]
        return next((f"target {word}" for word in wanted if word not in targets), "")
    return "" if program in OTHERS else None


def _not_of_rag(rest: list[str], options: list[str], warm: Path) -> str:
    told = _help((), warm)
    commands = re.findall(r"^│ ([a-z]+) ", told, re.M)
    at = next((at for at, word in enumerate(rest) if word in commands), None)
    if at is None:
        unknown = rest[0] if rest and re.fullmatch("[a-z]+", rest[0]) else ""
        return f"command {unknown}" if unknown else _missing(options, told, "rag")
    command = rest[at : at + 1]
    if command == ["models"] and re.fullmatch("[a-z]+", next(iter(rest[at + 1 :]), "")):
        command = rest[at : at + 2]
    return _missing(options, told + _help(tuple(command), warm), f"rag {' '.join(command)}")


def _missing(options: list[str], told: str, what: str) -> str:
    known = set(_OPTION.findall(told))
    return next((f"option {option} of {what}" for option in options if option not in known), "")


@cache
def _help(command: tuple[str, ...], warm: Path) -> str:
    done = subprocess.run(
        [str(warm / "rag"), *command, "--help"], env=_environment(warm), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, f"rag {' '.join(command)} --help: {done.stderr}"
    return done.stdout


def _not_of_module(module: str, options: list[str]) -> str:
    spec = find_spec(module)
    if spec is None or not spec.origin:
        return f"module {module}"
    source = Path(spec.origin).read_text(encoding="utf-8")
    return next((f"option {option} of {module}" for option in options if f'"{option}"' not in source), "")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(b.language == "python" for b in blocks(page))], ids=name
)
def test_the_python_of_a_page_is_whole_and_runs(page: Path, shell: Shell, tmp_path: Path) -> None:
    found = [block for block in blocks(page) if block.language == "python"]
    for block in found:
        compile(block.text, name(page), "exec")
    whole = "\n\n".join(block.text for block in found if block.runs)
    if whole:
        (tmp_path / "page.py").write_text(whole, encoding="utf-8")
        shell(f"{shlex.quote(sys.executable)} ../page.py")
