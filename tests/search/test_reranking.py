"""The second look: what raises a passage, and the CrossEncoder in its place."""

from pathlib import Path

import pytest

from rag import wiring
from rag.errors import ModelError
from rag.search.embedding import SHIPPED, StaticEmbedder
from rag.search.reranking import (
    COMPARED,
    FEATURES,
    Candidate,
    CrossEncoderReranker,
    LinearReranker,
)
from rag.settings import load_settings
from rag.types import Article, Passage
from tests.conftest import parsed


@pytest.fixture(scope="module")
def reranker() -> LinearReranker:
    return LinearReranker(lambda grams: dict.fromkeys(grams, 1.0), StaticEmbedder(SHIPPED))


def candidate(text: str, lexical: float = 0.5, dense: float = 0.5) -> Candidate:
    return Candidate(Passage(1, "a", 0, len(text), text), lexical, dense)


def features(reranker: LinearReranker, question: str, text: str) -> dict[str, float]:
    (row,) = reranker.features(parsed(question), [candidate(text)])
    return dict(zip(FEATURES, row.tolist(), strict=True))


def test_what_each_feature_says(reranker: LinearReranker) -> None:
    full = features(reranker, "متى وقعت المعاهدة؟", "وقعت روسيا المعاهدة عام 2008.")
    assert full["coverage"] == 1
    assert full["meaning"] == pytest.approx(1, abs=0.02)  # lengths are not exact
    assert (full["when"], full["many"]) == (1, 0)
    none = features(reranker, "متى وقعت المعاهدة؟", "نص قصير.")
    assert none["coverage"] < 0.2
    assert none["when"] == -1
    glued = features(reranker, "الأمم المتحدة", "في الأممالمتحدة أمس")
    assert glued["coverage"] > 0.7
    near = features(reranker, "سفينة", "غرق القارب في البحر")["meaning"]
    assert near > features(reranker, "سفينة", "قال الوزير إن السعر ثابت")["meaning"]


def test_scores_are_probabilities_in_the_order_of_the_evidence(reranker: LinearReranker) -> None:
    asked = parsed("متى وقعت روسيا المعاهدة؟")
    good, poor = reranker.scores(
        asked, [candidate("وقعت روسيا المعاهدة عام 2008."), candidate("قال الوزير كلاما آخر.", 0.1, 0.1)]
    )
    assert 0 < poor < good < 1
    assert reranker.scores(asked, []) == []
    assert len(reranker.scores(parsed("من هو؟"), [candidate("نص")])) == 1


def test_meaning_is_compared_where_the_other_features_promise_most(reranker: LinearReranker) -> None:
    asked, meaning = parsed("سفينة"), FEATURES.index("meaning")
    near = candidate("غرق القارب في البحر")
    first = [candidate(f"قال الوزير إن السعر ثابت {i}", lexical=1) for i in range(COMPARED)]
    alone = reranker.features(asked, first)
    rows = reranker.features(asked, [near, *first])
    assert rows[1:] == pytest.approx(alone)
    assert rows[0, meaning] == alone[:, meaning].min() < reranker.features(asked, [near])[0, meaning]


def test_a_cross_encoder_takes_the_place(tmp_path: Path) -> None:
    from tests.tiny_transformer import build_cross_encoder

    build_cross_encoder(tmp_path / "ce")
    settings = load_settings(home=tmp_path, reranker=str(tmp_path / "ce"), writer="quote")
    with wiring.open_library(settings) as library:
        retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
        assert isinstance(retriever.reranker, CrossEncoderReranker)
        library.add(
            Article(str(i), text) for i, text in enumerate(["روسيا", "روسيا اليوم", "في روسيا مدينة", "عاصمة روسيا"])
        )
        hits = retriever.search(parsed("روسيا"))
        scores = retriever.reranker.scores(parsed("روسيا"), [Candidate(hit.passage, 0, 0) for hit in hits])
    assert len(set(scores)) == len(hits) == 4
    assert [hit.score for hit in hits] == pytest.approx(scores)
    assert scores == sorted(scores, reverse=True)


def test_a_cross_encoder_that_is_not_there() -> None:
    with pytest.raises(ModelError, match="not on this machine"):
        CrossEncoderReranker("nobody/no-such-reranker")
