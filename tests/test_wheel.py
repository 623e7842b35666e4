"""`pip install .`: the wheel carries the prompts and the shipped model, and its `rag` works outside the checkout."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, SEEDS


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True, timeout=240, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_what_is_read_at_run_time(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    for folder, inside in (
        (ROOT / "prompts", "rag/_prompts"),
        (ROOT / "rag" / "models" / "shipped", "rag/models/shipped"),
        (ROOT / "rag" / "arabic" / "lexicon", "rag/arabic/lexicon"),
    ):
        for file in folder.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                assert f"{inside}/{file.relative_to(folder).as_posix()}" in names
    static = {f"rag/ui/static/{file.name}" for file in (ROOT / "rag/ui/static").iterdir()}
    assert {"rag/ui/static/app.js", "rag/ui/static/chat.css"} <= static <= names
    assert "rag/ui/export.css" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_an_installed_rag_answers_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """The wheel in an environment of its own, which borrows the dependencies of this one."""
    env = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")}
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True, timeout=120)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "-q", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)],
        check=True,
        timeout=120,
        capture_output=True,
    )
    env["PYTHONPATH"] = sysconfig.get_paths()["purelib"]
    rag = [str(tmp_path / "venv" / "bin" / "rag")]
    where = subprocess.run(
        [str(python), "-c", "import rag; print(rag.__file__)"],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(tmp_path / "venv"))
    subprocess.run([*rag, "index", str(SEEDS)], env=env, cwd=tmp_path, check=True, timeout=120, capture_output=True)
    done = subprocess.run(
        [*rag, "ask", "ماذا قال تشوركين؟", "--json"],
        env=env,
        cwd=tmp_path,
        check=True,
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert len({c["article"] for c in json.loads(done.stdout)["citations"]}) == 2
    assert (tmp_path / "data" / "rag" / "index" / "library.sqlite").is_file()
