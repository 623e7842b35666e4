"""What goes wrong on the command line: one clear line each, and nothing lost."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, SEEDS, Rag, line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", ""], "empty"),
        (["ask", "؟"], "empty"),
        (["ask", "m" * 100_000], "100,000 characters"),
        (["search", " "], "empty"),
        (["index", "nowhere"], "does not exist"),
        (["index", "folder"], "holds no articles"),
        (["show", "x"], "no article"),
        (["eval", "nowhere.jsonl"], "cannot be read"),
        (["eval", "broken.jsonl"], "row 2 is not JSON"),
        (["eval", "odd.jsonl"], "not a question"),
        (["eval", "other.jsonl"], "the library lacks"),
        (["eval", "other.jsonl", "--index-contexts"], "brings no contexts"),
        (["eval", "none.jsonl"], "row 1: the question is empty"),
        (["index", ""], "a path is empty"),
        (["index", "seeds", ""], "a path is empty"),
        (["ask"], "Missing argument"),
        (["ask", "ماذا؟", "--writer", "poet"], "'quote'"),
        (["paint"], "No such command"),
    ],
)
def test_bad_input_gets_one_clear_line(seeded: Rag, tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken.jsonl").write_text(
        '{"id": "1", "question": "كم؟", "answers": [], "articles": []}\n{oops\n', encoding="utf-8"
    )
    (tmp_path / "none.jsonl").write_text('{"id": "1", "question": "؟", "answers": []}', encoding="utf-8")
    (tmp_path / "odd.jsonl").write_text('["x"]\n', encoding="utf-8")
    (tmp_path / "other.jsonl").write_text(
        '{"id": "1", "question": "أين؟", "answers": ["x"], "articles": ["none.txt"]}\n', encoding="utf-8"
    )
    assert said in line(seeded(*arguments, code=2).stderr)
    assert len(json.loads(seeded("list", "--json").stdout)) == 5


def test_what_cannot_be_read_is_named_and_the_rest_goes_in(rag: Rag, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    (mixed / "empty.txt").write_bytes(b"")
    (mixed / "image.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    (mixed / "good.txt").write_text("قال الوزير إن السعر ثابت.", encoding="utf-8")
    (mixed / "rows.jsonl").write_text(
        '{"id": "a", "text": "نص"}\n{broken\n{"id": "c", "text": "نص"}\n', encoding="utf-8"
    )
    done = rag("index", mixed, code=2)
    assert done.stdout.startswith("3 new, 0 replaced, 0 unchanged, 3 left out")
    assert [
        said
        for said in ("empty.txt: is empty", "image.txt: is not UTF-8", "rows.jsonl: row 2: is not JSON")
        if said not in done.stderr
    ] == []


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_an_index_that_is_gone_or_damaged_is_repaired_and_says_so(seeded: Rag, tmp_path: Path, how: str) -> None:
    before = json.loads(seeded("ask", "ماذا قال تشوركين؟", "--json").stdout)
    vectors = tmp_path / "home" / "index" / "vectors.faiss"
    if how == "missing":
        vectors.unlink()
    else:
        vectors.write_bytes(vectors.read_bytes()[:-7])
    assert "dense index" in seeded("doctor", code=1).stdout
    done = seeded("ask", "ماذا قال تشوركين؟", "--json")
    assert f"the dense index was {how}" in line(done.stderr)
    after = json.loads(done.stdout)
    assert f"the dense index was {how}" in after["notice"]
    assert after["citations"] == before["citations"]
    assert seeded("ask", "ماذا قال تشوركين؟", "--json").stderr == ""


def test_a_library_that_is_none_is_refused(seeded: Rag, tmp_path: Path) -> None:
    library = tmp_path / "home" / "index" / "library.sqlite"
    for extra in library.parent.glob("library.sqlite-*"):
        extra.unlink()
    library.write_bytes(b"something else entirely " * 50)
    assert "cannot be used" in line(seeded("ask", "ماذا قال تشوركين؟", code=1).stderr)


def test_an_empty_library_says_so(rag: Rag) -> None:
    done = rag("ask", "ماذا قال تشوركين؟", "--json")
    assert json.loads(done.stdout)["status"] == "abstained"
    assert "the library is empty" in line(done.stderr)
    assert "the library is empty" in json.loads(done.stdout)["notice"]


def test_a_library_of_which_all_was_removed_is_empty(seeded: Rag) -> None:
    seeded("remove", *(row["article"] for row in json.loads(seeded("list", "--json").stdout)))
    assert "the library is empty" in line(seeded("search", "روسيا").stderr)


def test_an_emptied_library_beside_its_indexes_is_refused(seeded: Rag, tmp_path: Path) -> None:
    for path in (tmp_path / "home" / "index").glob("library.sqlite*"):
        path.unlink()
    (tmp_path / "home" / "index" / "library.sqlite").touch()
    assert "has 0 bytes" in line(seeded("ask", "ماذا قال تشوركين؟", code=1).stderr)


def test_something_else_in_an_indexs_place_gives_way(seeded: Rag, tmp_path: Path) -> None:
    index = tmp_path / "home" / "index"
    (index / "vectors.faiss").unlink()
    (index / "vectors.faiss").mkdir()
    shutil.rmtree(index / "lexical")
    (index / "lexical").write_text("a file")
    assert "supported" in seeded("ask", "ماذا قال تشوركين؟").stdout
    assert seeded("doctor").stdout


def test_a_full_disk_and_a_closed_pipe(seeded: Rag, tmp_path: Path) -> None:
    environment = {**os.environ, "RAG_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "rag", "search", "روسيا"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, env=environment, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "No space left on device" in line(done.stderr)
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


def test_an_interrupted_evaluation_keeps_its_rows_and_an_earlier_page(seeded: Rag, tmp_path: Path) -> None:
    code = """
import sys
import rag.cli.main, rag.evaluate.run
whole = rag.evaluate.run.run
def run(*arguments):
    results = whole(*arguments)
    yield next(results)
    yield next(results)
    raise KeyboardInterrupt
rag.evaluate.run.run = run
rag.cli.main.main(["eval", *sys.argv[1:]])
"""
    out, page = tmp_path / "out.jsonl", tmp_path / "page.html"
    page.write_text("earlier")
    testset = ROOT / "tests" / "data" / "seeds_qa.jsonl"
    command = [sys.executable, "-c", code, str(testset), "--out", str(out), "--report", str(page)]
    environment = {**os.environ, "RAG_HOME": str(tmp_path / "home")}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 130, done.stderr
    assert [json.loads(row)["id"] for row in out.read_text(encoding="utf-8").splitlines()] == ["s001", "s002"]
    assert page.read_text() == "earlier"


def test_a_defect_is_one_line(tmp_path: Path) -> None:
    code = "import rag.cli.main as c; c._settings = lambda **f: 1 / 0; c.main(['list'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, line(done.stderr)[:22]) == (1, "rag: ZeroDivisionError")


def test_a_gguf_that_is_none(seeded: Rag, tmp_path: Path) -> None:
    fake = tmp_path / "fake.gguf"
    fake.write_bytes(b"<html>not found</html>")
    assert "is not a GGUF model" in line(
        seeded("ask", "ماذا قال تشوركين؟", "--writer", "llama", code=1, RAG_MODEL=str(fake)).stderr
    )
    done = seeded("ask", "ماذا قال تشوركين؟", RAG_MODEL=str(fake))
    assert "is not a GGUF model" in line(done.stderr)
    assert (
        "is not a GGUF model"
        in json.loads(seeded("ask", "ماذا قال تشوركين؟", "--json", RAG_MODEL=str(fake)).stdout)["notice"]
    )
    assert "MEND  writer" in seeded("doctor", code=1, RAG_MODEL=str(fake)).stdout
    assert "supported" in done.stdout
    assert "no language model" in line(seeded("ask", "ماذا؟ قال", "--writer", "llama", code=1).stderr)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"RAG_PORT": "x"}, "setting 'port' cannot be taken: Input should be a valid integer"),
        ({"RAG_WRITER": "poet"}, "setting 'writer' cannot be taken: Input should be 'auto', 'quote'"),
        ({"RAG_PORT": "-1"}, "setting 'port' cannot be taken: Input should be greater"),
        ({"RAG_CONTEXT": "-1"}, "'context'"),
    ],
)
def test_a_setting_that_is_wrong_is_named(rag: Rag, env: dict[str, str], said: str) -> None:
    assert said in line(rag("list", code=2, **env).stderr)


def test_no_secret_is_in_what_is_said_of_settings(rag: Rag, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    for held in ("pasword = 'hidden'", "password = ['hidden']", "remote_key = 'hidden", "port = 'hidden'"):
        (tmp_path / "home" / "rag.toml").write_text(held)
        said = line(rag("list", code=2).stderr)
        assert "rag.toml" in said
        assert "hidden" not in said
    (tmp_path / "home" / "rag.toml").unlink()
    url = "http://me:hidden@127.0.0.1:9/v1?key=hidden"
    env = {"RAG_REMOTE_URL": url, "RAG_REMOTE_MODEL": "m", "RAG_REMOTE_KEY": "hidden"}
    assert "127.0.0.1:9" in (said := rag("doctor", code=1, **env).stdout)
    assert "hidden" not in said


def test_a_system_without_posix_modules_indexes_and_answers(rag: Rag, tmp_path: Path) -> None:
    """As far as that can be tried here: Windows has no fcntl, resource, pwd, grp and termios."""
    hidden = {"PYTHONPATH": f"{ROOT / 'tests' / 'posix_hidden'}:{ROOT}"}
    shutil.copytree(SEEDS, tmp_path / "papers")
    (tmp_path / "papers" / "page.html").write_text("<p>قال الوزير سمير إن الجسر سيفتح.</p>", encoding="utf-8")
    assert "index" in rag("--help", **hidden).stdout
    assert "6 new" in rag("index", "papers", **hidden).stdout
    assert "الجسر" in rag("ask", "ماذا قال الوزير سمير؟", **hidden).stdout
