"""Pulled embedders and rerankers: only what is needed arrives, and the short name is the setting."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from rag import wiring
from rag.errors import InputError, ModelError
from rag.search.embedding import TransformerEmbedder
from rag.search.reranking import CrossEncoderReranker
from rag.settings import load_settings
from tests.conftest import Rag, line
from tests.hub_server import HubServer
from tests.models.conftest import E5, MMARCO
from tests.tiny_transformer import build_cross_encoder, build_embedder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    build_embedder(folder / "embedder")
    build_cross_encoder(folder / "reranker")
    return folder


@pytest.fixture
def e5(hub: HubServer, built: Path) -> None:
    """The hub holds an embedder, as multilingual-e5-small lies there: with other formats, without any prompts."""
    hub.serve_folder(E5, built / "embedder")
    files = hub.repositories[E5]
    config = json.loads(files.pop("config_sentence_transformers.json"))
    assert not any(config["prompts"].values())
    files |= {
        "onnx/model.onnx": b"x" * 99,
        "onnx/config.json": b"{}",
        "pytorch_model.bin": b"x" * 99,
        ".gitattributes": b"",
    }
    files |= {"1_Pooling/../../../../escaped.json": b"{}", "README.md": b"# e5", "model_quantized.onnx": b"x"}


def test_e5_gets_its_prompts_under_its_short_name(models, e5: None, folder: Path, built: Path) -> None:
    assert "set RAG_EMBEDDER=e5-small to take it" in models("pull", "e5-small").stdout
    there = {path.relative_to(folder / "e5-small").as_posix() for path in (folder / "e5-small").rglob("*")}
    assert {"model.safetensors", "modules.json", "tokenizer.json", "1_Pooling/config.json"} <= there
    assert not [name for name in there if "onnx" in name or name.endswith((".bin", ".md"))]
    assert not list(folder.parent.parent.parent.rglob("escaped.json"))

    bare = SentenceTransformer(str(built / "embedder"), device="cpu")
    pulled = wiring.open_embedder(load_settings(home=folder.parent.parent, embedder="e5-small"))
    copied = folder.parent / "a copy of another name"
    shutil.copytree(folder / "e5-small", copied)
    asked, told = bare.encode(["query: روسيا قال", "passage: روسيا قال"], normalize_embeddings=True)
    assert np.abs(asked - told).max() > 1e-3
    for embedder in (pulled, TransformerEmbedder(str(copied))):
        np.testing.assert_allclose(embedder.questions(["روسيا قال"])[0], asked, atol=1e-6)
        np.testing.assert_allclose(embedder.passages(["روسيا قال"])[0], told, atol=1e-6)


@pytest.mark.slow
def test_the_command_line_searches_with_a_pulled_embedder(models, seeded: Rag, e5: None, tmp_path: Path) -> None:
    assert "`rag models pull e5-small`" in line(seeded("search", "روسيا", code=1, RAG_EMBEDDER="e5-small").stderr)
    models("pull", "e5-small")
    assert "another library, model or version" in seeded("search", "روسيا", RAG_EMBEDDER="e5-small").stderr
    assert seeded("search", "روسيا", RAG_EMBEDDER="e5-small").stderr == ""
    rows = json.loads(models("list", "--json", RAG_EMBEDDER="e5-small").stdout)
    assert {row["name"] for row in rows if row["in_use"]} == {"e5-small"}
    context = {
        "id": "1",
        "question": "أين روسيا؟",
        "context": "وقعت حرب في روسيا.",
        "answers": [{"text": "روسيا", "start": 12}],
    }
    (tmp_path / "set.jsonl").write_text(json.dumps(context), encoding="utf-8")
    seeded("eval", tmp_path / "set.jsonl", "--index-contexts", "--only-search", RAG_EMBEDDER="e5-small")


def test_a_folder_that_was_cut_or_damaged_is_mended(models, e5: None, hub: HubServer, folder: Path) -> None:
    hub.left = 1000
    models("pull", "e5-small", code=1)
    assert not (folder / "e5-small").exists()
    hub.left, hub.sent = None, 0
    size = len(hub.repositories[E5]["model.safetensors"])
    models("pull", "e5-small")
    assert hub.sent == size - 1000
    assert "every byte is as it was pulled" in models("pull", "e5-small").stdout
    (folder / "e5-small" / "tokenizer.json").write_text("{}")
    assert "tokenizer.json has the sha256" in line(models("pull", "e5-small").stderr)
    (folder / "e5-small" / "modules.json").unlink()
    assert "modules.json is missing" in line(models("pull", "e5-small").stderr)
    assert "every byte is as it was pulled" in models("pull", "e5-small").stdout


def test_a_pulled_reranker(models, hub: HubServer, built: Path, folder: Path) -> None:
    hub.serve_folder(MMARCO, built / "reranker")
    weights = hub.repositories[MMARCO].pop("model.safetensors")
    hub.repositories[MMARCO]["pytorch_model.bin"] = b"taken where there is no other"
    models("pull", "mmarco")
    assert (folder / "mmarco" / "pytorch_model.bin").exists()
    models("remove", "mmarco")
    hub.repositories[MMARCO]["model.safetensors"] = weights
    models("pull", "mmarco")
    assert not (folder / "mmarco" / "pytorch_model.bin").exists()
    settings = load_settings(home=folder.parent.parent, reranker="mmarco")
    with wiring.open_library(settings) as library:
        retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
    assert isinstance(retriever.reranker, CrossEncoderReranker)


def test_a_name_of_another_kind_and_one_that_was_not_pulled(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is the reranker .* expected one of e5-small, bge-m3"):
        wiring.open_embedder(load_settings(home=tmp_path, embedder="mmarco"))
    with pytest.raises(ModelError, match="`rag models pull bge-m3`, or unset RAG_EMBEDDER"):
        wiring.open_embedder(load_settings(home=tmp_path, embedder="bge-m3"))
    with pytest.raises(ModelError, match="`rag models pull small`, or unset RAG_MODEL"):
        wiring.open_writer(load_settings(home=tmp_path, model="small", writer="llama"))
    assert wiring.open_writer(load_settings(home=tmp_path, model="small"))[1].why == "unusable"


def test_a_repository_without_weights(models, hub: HubServer) -> None:
    hub.repositories[E5] = {"config.json": b"{}", "README.md": b""}
    assert "holds no sentence-transformers model" in line(models("pull", "e5-small", code=1).stderr)
