"""`rag models list` and `remove`, and models of a person's own choice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import line
from tests.hub_server import HubServer
from tests.models.conftest import BYTES, SMALL, SMALL_FILE

NAMES = ["small", "balanced", "quality", "arabic", "e5-small", "bge-m3", "mmarco", "bge-reranker-v2-m3"]
ALLAM = "bartowski/ALLaM-AI_ALLaM-7B-Instruct-preview-GGUF"


def rows(models, **env: str) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in json.loads(models("list", "--json", **env).stdout)}


def test_the_list_says_what_is_here_and_what_is_taken(models, hub: HubServer, folder: Path) -> None:
    listed = rows(models)
    assert list(listed) == NAMES
    assert not any(row["path"] or row["in_use"] for row in listed.values())
    models("pull", "small")
    (folder / "mine.gguf").write_bytes(b"GGUF")
    listed = rows(models)
    assert list(listed) == [*NAMES, "mine.gguf"]
    assert {name for name, row in listed.items() if row["path"]} == {"small", "mine.gguf"}
    assert {name for name, row in listed.items() if row["in_use"]} == {"small"}  # the first of the folder by name
    assert [name for name, row in rows(models, RAG_MODEL=str(folder / "mine.gguf")).items() if row["in_use"]] == [
        "mine.gguf"
    ]
    table = models("list").stdout
    assert all(part in table for part in (*NAMES, "1.71 GB", "12-16 GB", "Gemma terms", "in use", "mine.gguf"))
    assert all(line.count("in use") == line.startswith("small") for line in table.splitlines())


def test_of_a_repository_without_a_named_file_the_usual_one_is_taken(models, hub: HubServer, folder: Path) -> None:
    hub.repositories[ALLAM] = {f"ALLaM-{kind}.gguf": kind.encode() * 999 for kind in ("Q2_K", "Q4_K_M", "Q8_0")}
    assert "set RAG_MODEL=arabic" not in models("pull", "arabic").stdout
    assert [path.name for path in folder.glob("*.gguf")] == ["ALLaM-Q4_K_M.gguf"]
    assert rows(models)["arabic"]["in_use"]
    models("remove", "arabic")
    assert list(folder.glob("ALLaM*")) == []


def test_a_model_of_ones_own_choice(models, hub: HubServer, folder: Path) -> None:
    hub.repositories["someone/Some-GGUF"] = {"deep/Some-Q8_0.gguf": BYTES, "Some.Q4_K_M.gguf": b"GGUF" * 99}
    shown = models("pull", "someone/Some-GGUF", "deep/Some-Q8_0.gguf").stdout
    assert "licence: mit" in shown
    assert (folder / "Some-Q8_0.gguf").read_bytes() == BYTES
    models("pull", "someone/Some-GGUF")
    assert {"Some-Q8_0.gguf", "Some.Q4_K_M.gguf"} <= set(rows(models))
    assert "is here already" in models("pull", "someone/Some-GGUF", "deep/Some-Q8_0.gguf").stdout
    hub.repositories["other/Copy"] = {"Some-Q8_0.gguf": BYTES[::-1]}
    assert "is of someone/Some-GGUF" in line(models("pull", "other/Copy", "Some-Q8_0.gguf", code=2).stderr)
    models("remove", "Some-Q8_0.gguf")
    assert "Some-Q8_0.gguf" not in rows(models)
    models("pull", SMALL, SMALL_FILE)
    assert rows(models)["small"]["path"]
    assert "it holds Some.Q4_K_M.gguf, deep/Some-Q8_0.gguf" in line(
        models("pull", "someone/Some-GGUF", "x.gguf", code=1).stderr
    )


@pytest.mark.parametrize("arguments", [["poet"], ["poet", "x.gguf"], ["small", "x.gguf"]])
def test_an_unknown_model(models, arguments: list[str]) -> None:
    said = line(models("pull", *arguments, code=2).stderr)
    assert "expected one of small, balanced" in said
    assert "is no repository's name" in line(models("pull", "a b/c", code=2).stderr)


def test_removing_says_what_it_freed_and_leaves_nothing(models, hub: HubServer, folder: Path) -> None:
    assert "here are: none" in line(models("remove", "small", code=2).stderr)
    models("pull", "small")
    (folder / "mine.gguf").write_bytes(b"GGUF")
    assert "here are: mine.gguf, small" in line(models("remove", "poet", code=2).stderr)
    assert models("remove", "small").stdout == "small removed; 2 MB freed\n"
    hub.left = 1_500_000
    models("pull", "small", code=1)
    assert models("remove", "small").stdout == "small removed; 2 MB freed\n"
    models("remove", "mine.gguf")
    assert [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"] == []
    assert "here are: none" in line(models("remove", "../..", code=2).stderr)
