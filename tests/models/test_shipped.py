"""The shipped embedder: both libraries give the same vectors, folding is inside it, and it stays small and light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rag.arabic.text.folding import fold

SHIPPED = Path(__file__).resolve().parents[2] / "rag" / "models" / "shipped"
TEXTS = [
    "قَالَ المُعَلِّمُ إِنَّ المَدرَسةَ كَبيرةٌ",
    "ماذا قال المندوب الروسي في مجلس الأمن؟",
    "مؤتمر القُــرى والآثار على شاطئ البحر",
    "بِسۡمِ ٱللَّهِ ٱلرَّحۡمَٰنِ ٱلرَّحِيمِ ﷺ ﻻ",
    "پاکستان کی گاڑی ڤيينا",
    "What did the Russian envoy say at the Security Council?",
    "A naïve café in Zürich",
    "عام ٢٠١٥ و2016 و۱۲۳ (12,345.67)",
    "خبر عاجل 😀👍🏽 breaking news",
    "莫斯科和华盛顿 موسكو",
    "word " * 3000,
]
NOTHING = ["", "   ", "😀", "؟!"]
TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def light():
    from model2vec import StaticModel

    return StaticModel.from_pretrained(SHIPPED, max_length=None)


def test_sentence_transformers_and_model2vec_agree(light):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(SHIPPED), device="cpu", local_files_only=True)
    ours, theirs = light.encode(TEXTS + NOTHING), model.encode(TEXTS + NOTHING)
    assert ours.shape == theirs.shape == (len(TEXTS + NOTHING), light.dim)
    assert np.abs(ours - theirs).max() < TOLERANCE


def test_vectors_are_unit_vectors(light):
    assert np.linalg.norm(light.encode(TEXTS), axis=1) == pytest.approx(1, abs=TOLERANCE)


def test_a_text_without_letters_or_digits_is_the_zero_vector(light):
    assert not light.encode(NOTHING).any()


def test_raw_and_folded_text_give_the_same_vector(light):
    assert np.abs(light.encode(TEXTS) - light.encode([fold(text) for text in TEXTS])).max() < TOLERANCE


def test_the_translation_is_nearest(light):
    english = light.encode(["The war in Syria", "A new school for girls", "The price of oil fell"])
    arabic = light.encode(["الحرب في سوريا", "مدرسة جديدة للبنات", "انخفض سعر النفط"])
    assert (english @ arabic.T).argmax(axis=1).tolist() == [0, 1, 2]


def test_the_whole_text_counts(light):
    long = "كتاب " * 2000
    assert np.abs(light.encode(long) - light.encode(long + "الحرب في سوريا " * 1000)).max() > 0.05


def test_loading_does_not_import_torch():
    code = (
        "import sys, model2vec\n"
        f"model = model2vec.StaticModel.from_pretrained({str(SHIPPED)!r}, max_length=None)\n"
        "assert model.encode(['text']).any()\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_folder_is_small():
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) <= 60_000_000


def test_the_readme_names_the_data_and_its_licences():
    text = (SHIPPED / "README.md").read_text(encoding="utf-8")
    for name in (
        "Arabic Wikipedia", "Egyptian Arabic Wikipedia", "Tatoeba", "TICO-19", "MT-GenEval", "NTREX", "Qur'an",
        "Open Multilingual Wordnet", "google/transliteration", "CC BY-SA 4.0", "CC BY 2.0", "CC0", "Apache-2.0",
    ):  # fmt: skip
        assert name in text
    licence = (SHIPPED / "LICENSE").read_text(encoding="utf-8")
    assert "https://creativecommons.org/licenses/by-sa/4.0/legalcode" in licence
