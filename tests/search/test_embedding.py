"""Both embedders on the shipped model: through model2vec and through sentence-transformers."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from model2vec import StaticModel

from rag import wiring
from rag.errors import ModelError
from rag.library import Library
from rag.search.embedding import SHIPPED, StaticEmbedder, TransformerEmbedder
from rag.search.tokens import Tokens
from rag.settings import load_settings
from rag.types import Article
from tests.tiny_transformer import LONGEST, build_embedder

TEXTS = ["ماذا قالَ تشوركين؟", "What did Churkin say?", "السفير الروسي في الأممالمتحدة", ""]


def test_both_give_the_same_unit_vectors() -> None:
    static, transformer = StaticEmbedder(SHIPPED), TransformerEmbedder(str(SHIPPED))
    vectors = static.passages(TEXTS)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 0], abs=1e-5)
    np.testing.assert_allclose(static.questions(TEXTS), vectors)
    np.testing.assert_allclose(transformer.questions(TEXTS), vectors, atol=1e-3)
    np.testing.assert_allclose(transformer.passages(TEXTS), vectors, atol=1e-3)


def test_a_model_that_is_not_there() -> None:
    with pytest.raises(ModelError, match="not on this machine"):
        TransformerEmbedder("nobody/no-such-model")


@pytest.mark.parametrize("how", ["missing", "truncated"])
def test_a_damaged_shipped_model(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    weights = folder / "model.safetensors"
    if how == "missing":
        weights.unlink()
        (folder / "tokenizer.json").unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match="install the program again"):
        StaticEmbedder(folder)


def test_another_embedder_embeds_the_library_again(tmp_path: Path, seeds: list[Article]) -> None:
    settings = load_settings(home=tmp_path, writer="quote")
    with Library(settings.index_dir / "library.sqlite") as library:
        library.add(seeds)
    assert wiring.open_assistant(settings).notices
    changed = wiring.open_assistant(settings.model_copy(update={"embedder": str(SHIPPED)}))
    assert any("another library, model or version" in notice for notice in changed.notices)
    *_, answer = changed.ask(changed.parse("ماذا قال تشوركين؟"))
    assert answer.status == "answered"


def test_prompts_normalisation_and_truncation_of_a_transformer(tmp_path: Path) -> None:
    folder = tmp_path / "multilingual-e5-tiny"
    model = build_embedder(folder)
    embedder = TransformerEmbedder(str(folder))

    def unit(text: str) -> np.ndarray:
        vector = model.encode([text])[0]
        return vector / np.linalg.norm(vector)

    np.testing.assert_allclose(embedder.questions(["روسيا قال"])[0], unit("query: روسيا قال"), atol=1e-6)
    np.testing.assert_allclose(embedder.passages(["روسيا قال"])[0], unit("passage: روسيا قال"), atol=1e-6)
    assert np.abs(unit("query: روسيا قال") - unit("passage: روسيا قال")).max() > 1e-3
    long = "روسيا " * LONGEST
    np.testing.assert_allclose(embedder.passages([long + "حرب"]), embedder.passages([long + "سلام"]), atol=1e-6)
    plain = tmp_path / "plain"
    shutil.copytree(folder, plain)
    np.testing.assert_allclose(TransformerEmbedder(str(plain)).questions(["روسيا"])[0], unit("روسيا"), atol=1e-6)


def test_another_model_in_the_same_folder_has_another_name(tmp_path: Path) -> None:
    build_embedder(tmp_path / "m")
    before = TransformerEmbedder(str(tmp_path / "m")).name
    (tmp_path / "m" / "note.txt").write_text("changed")
    assert TransformerEmbedder(str(tmp_path / "m")).name != before


def test_tokens_are_those_of_model2vec_and_threads_do_not_disturb_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.arabic.text.vocabulary.REMEMBERED", 100)
    embedder = StaticEmbedder(SHIPPED)
    texts = [*TEXTS, *(f"كلمة{i} وأخرى{i}." for i in range(300))]
    expected = StaticModel.from_pretrained(SHIPPED, max_length=None).encode(texts)
    expected /= np.maximum(np.linalg.norm(expected, axis=1, keepdims=True), 1e-9)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: [embedder.passages([text])[0] for text in texts], range(4)):
            assert np.abs(np.stack(found) - expected).max() < 1e-4


def test_who_was_interrupted_while_tokenising_tokenises_again(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder, expected = StaticEmbedder(SHIPPED), StaticEmbedder(SHIPPED).passages(TEXTS)
    embedder.passages(["كلمة"])
    with monkeypatch.context() as patched:
        patched.setattr(Tokens, "_tokenised", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            embedder.passages(TEXTS)
    np.testing.assert_allclose(embedder.passages(TEXTS), expected)


def _interrupted(*_: object) -> list[list[int]]:
    raise KeyboardInterrupt


def test_two_revisions_of_one_name_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    model = tmp_path / "models--nobody--tiny"
    (model / "refs").mkdir(parents=True)
    names = []
    for revision in ("a" * 40, "b" * 40):
        shutil.copytree(SHIPPED, model / "snapshots" / revision)
        (model / "snapshots" / revision / "README.md").write_text(f"# {revision}")
        (model / "refs" / "main").write_text(revision)
        names.append(TransformerEmbedder("nobody/tiny").name)
    assert names[0] != names[1]
    assert all(name.startswith("nobody/tiny ") for name in names)
