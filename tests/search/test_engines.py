"""Both engines, the embedded one and a Milvus server, do the same as brute force says, through every change of the library."""

from __future__ import annotations

import math
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.milvus_lite import MilvusLite
from rag.errors import IndexDamaged, InputError
from rag.library import Library
from rag.search.embedding import Embedder
from rag.search.milvus.collection import MilvusCollection
from rag.search.milvus.engine import MilvusEngine
from rag.search.milvus.server import MilvusServer
from rag.search.reranking import LinearReranker
from rag.search.retriever import Retriever
from rag.types import EVERYTHING, Article, Passage, Scope
from rag.wiring import shipped_embedder
from tests.conftest import HashEmbedder, grams, open_retriever, parsed

Open = Callable[..., Retriever]
NEWS = "روسيا جورجيا مجلس الأمن قرار هدنة قوات حدود نفط أسعار برلمان انتخابات مطر زلزال مدرسة طبيب مستشفى رواية مهرجان"
SOURCES = ("الشرق", 'قال "لا"\\', "b")
QUESTION = "ما قرار مجلس الأمن عن الهدنة وقوات روسيا؟"


def open_milvus(library: Library, url: str, embedder: Embedder | None = None, token: str = "") -> Retriever:
    engine = MilvusEngine(MilvusCollection(library, embedder or HashEmbedder(), MilvusServer(url, token)))
    reranker = LinearReranker(engine.idf, shipped_embedder())
    return Retriever(library, engine, reranker, library.path.parent / "writing.lock")


@pytest.fixture(params=["embedded", "milvus"])
def opened(request: pytest.FixtureRequest) -> Open:
    """What opens the search over a library, and again."""
    if request.param == "embedded":
        return open_retriever
    lite: MilvusLite = request.getfixturevalue("lite")
    return lambda library, embedder=None: open_milvus(library, lite.url, embedder)


def articles(count: int, seed: int = 0) -> list[Article]:
    draw = random.Random(seed)
    dates = [None, "2014", "2015-03", "2015-07-23", "2015-12-31", "2016-01-01"]
    return [
        Article(
            f"{seed}-{i}",
            " ".join(draw.choices(NEWS.split(), k=draw.randint(8, 60))) + ".",
            date=draw.choice(dates),
            source=draw.choice(SOURCES),
        )
        for i in range(count)
    ]


def passages(library: Library) -> list[Passage]:
    return list(library.passages_between(0, library.state[1]))


def by_vectors(question: str, found: list[Passage]) -> dict[int, float]:
    vectors = HashEmbedder().passages([p.searched for p in found]) @ HashEmbedder().questions([question])[0]
    return dict(zip((p.id for p in found), map(float, vectors), strict=True))


def by_words(question: str, found: list[Passage]) -> dict[int, float]:
    """BM25 (k1 1.2, b 0.75), document by document; those above 0."""
    bags = {p.id: Counter(grams(p.searched)) for p in found}
    mean = sum(bag.total() for bag in bags.values()) / len(bags)
    scores = dict.fromkeys(bags, 0.0)
    for gram, asked in Counter(grams(question)).items():
        idf = idf_of(gram, bags)
        for id_, bag in bags.items():
            scores[id_] += asked * idf * bag[gram] * 2.2 / (bag[gram] + 1.2 * (0.25 + 0.75 * bag.total() / mean))
    return {id_: score for id_, score in scores.items() if score > 0}


def idf_of(gram: str, bags: dict[int, Counter[str]]) -> float:
    n = sum(gram in bag for bag in bags.values())
    return math.log(1 + (len(bags) - n + 0.5) / (n + 0.5))


def best(scores: dict[int, float], k: int) -> list[int]:
    return sorted(scores, key=lambda id_: (-scores[id_], id_))[:k]


def steps(retriever: Retriever) -> float:
    """By how much a lexical score may differ: the embedded index keeps lengths in steps."""
    return 1e-4 if isinstance(retriever.engine, MilvusEngine) else 0.07


def halves(retriever: Retriever) -> float:
    """By how much a cosine may differ: the embedded index keeps vectors in half precision."""
    return 1e-5 if isinstance(retriever.engine, MilvusEngine) else 3e-4


def check(retriever: Retriever, library: Library, scope: Scope = EVERYTHING, question: str = QUESTION) -> None:
    """Both legs find what brute force finds within the scope; statistics are of all passages."""
    retriever.catch_up()
    if scope != EVERYTHING and isinstance(retriever.engine, MilvusEngine):
        # What milvus-lite has not written to its files yet it weighs among the passages of the scope only.
        retriever.engine.server.ask("flush", retriever.engine.collection.written)
    every = passages(library)
    inside = {p.id for p in every} if scope == EVERYTHING else set(library.ids_within(scope))
    found = retriever.engine.search(parsed(question), 10, scope)
    vectors, words = by_vectors(question, every), by_words(question, every)
    for hits, all_scores, share in (
        (found.dense, vectors, 1e-4),
        (found.lexical, words, steps(retriever)),
    ):
        expected = {id_: score for id_, score in all_scores.items() if id_ in inside}
        assert len(hits) == min(10, len(expected))
        assert [score for _, score in hits] == sorted((score for _, score in hits), reverse=True)
        for (id_, score), wanted in zip(hits, best(expected, 10), strict=True):
            assert score == pytest.approx(expected[id_], rel=share, abs=halves(retriever))
            assert score == pytest.approx(expected[wanted], rel=2 * share, abs=2 * halves(retriever))


def test_the_best_are_those_of_brute_force(library: Library, opened: Open) -> None:
    library.add(articles(80))
    check(opened(library), library)
    check(opened(library), library, question="زلزال في المدرسة")
    check(opened(library), library, question="زلزال زلزال مطر xyzzy")


@pytest.mark.parametrize(
    "scope",
    [
        Scope(since="2015"),
        Scope(until="2015"),
        Scope(since="2015-07", until="2015-12-31"),
        Scope(until="2015-07"),
        Scope(sources=(SOURCES[1],)),
        Scope(sources=SOURCES[:2]),
        Scope("2015", "2015", ("الشرق",)),
    ],
    ids=str,
)
def test_a_scope(library: Library, opened: Open, scope: Scope) -> None:
    library.add(articles(60))
    check(opened(library), library, scope)


def test_a_scope_without_articles_is_said(library: Library, opened: Open) -> None:
    library.add(articles(5))
    retriever = opened(library)
    retriever.catch_up()
    found = retriever.engine.search(parsed(QUESTION), 10, Scope(since="2031"))
    assert not found.lexical
    assert not found.dense
    with pytest.raises(InputError, match="no article is of that time and source"):
        retriever.search(parsed(QUESTION), 10, Scope(since="2031"))


def test_what_changes_in_the_library_changes_what_is_found(library: Library, opened: Open) -> None:
    library.add(articles(40))
    retriever = opened(library)
    check(retriever, library)
    library.add([Article("0-3", QUESTION), Article("new", f"{QUESTION} نعم.")])
    check(retriever, library)
    assert {hit.passage.article for hit in retriever.search(parsed(QUESTION), 2)} == {"0-3", "new"}
    library.remove(["0-3", "0-4", "0-5"])
    check(retriever, library)
    assert "0-3" not in {hit.passage.article for hit in retriever.search(parsed(QUESTION), 30)}


def test_what_was_indexed_is_there_when_it_is_opened_again(library: Library, opened: Open) -> None:
    library.add(articles(30))
    opened(library).catch_up()
    again = opened(library)
    assert again.engine.is_current()
    assert again.catch_up() == []
    check(again, library)


def test_another_process_brings_it_up_to_date(library: Library, opened: Open) -> None:
    library.add(articles(30))
    opened(library).catch_up()
    library.add(articles(10, seed=1))
    library.remove(["0-1"])
    again = opened(library)
    assert (again.engine.is_current(), again.engine.is_usable()) == (False, True)
    assert again.catch_up() == []
    check(again, library)


def test_an_index_that_has_gone_is_built_again(library: Library, opened: Open) -> None:
    library.add(articles(30))
    opened(library).catch_up()
    opened(library).engine.discard()
    again = opened(library)
    assert not again.engine.is_usable()
    assert all("was missing and has been built" in line for line in again.catch_up())
    check(again, library)


def test_two_libraries_do_not_mix(library: Library, opened: Open, tmp_path: Path) -> None:
    library.add(articles(20))
    with Library(tmp_path / "other" / "library.sqlite") as other:
        other.add(articles(20, seed=7))
        check(opened(library), library)
        check(opened(other), other)
        opened(other).engine.discard()
        check(opened(library), library)


def test_another_embedder_has_it_built_anew(library: Library, opened: Open) -> None:
    class Halved(HashEmbedder):
        name = "halved"

        def passages(self, texts: list[str]) -> np.ndarray:
            return super().passages(texts)[:, :16]

    library.add(articles(30))
    opened(library).catch_up()
    other = opened(library, Halved())
    assert any("was of another library, model or version" in line for line in other.catch_up())
    found = other.engine.search(parsed(QUESTION), 10, EVERYTHING).dense
    vectors = Halved().passages([p.searched for p in passages(library)]) @ Halved().questions([QUESTION])[0]
    assert [score for _, score in found] == pytest.approx(
        sorted(map(float, vectors), reverse=True)[:10], abs=halves(other)
    )


def test_what_is_interrupted_goes_on(library: Library, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    for leg in ("lexical.LexicalIndex", "dense.DenseIndex", "milvus.collection.MilvusCollection"):
        monkeypatch.setattr(f"rag.search.{leg}.first", 8)
    library.add(articles(50))
    told: dict[str, int] = {}

    def stop(name: str, done: int, total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened(library).catch_up(stop)
    again = opened(library)
    again.catch_up(lambda name, done, total: told.setdefault(name, total) and None)
    assert told.get("milvus", 42) == len(passages(library)) - 8
    check(again, library)


def test_how_rare_grams_are(library: Library, opened: Open) -> None:
    library.add(articles(60))
    retriever = opened(library)
    retriever.catch_up()
    bags = {p.id: Counter(grams(p.searched)) for p in passages(library)}
    asked = [*grams(QUESTION), "غغغغ"]
    idf = retriever.engine.idf(asked)
    assert idf == {gram: pytest.approx(idf_of(gram, bags), rel=1e-4) for gram in asked}


def test_cosines(library: Library, opened: Open) -> None:
    library.add(articles(20))
    retriever = opened(library)
    retriever.catch_up()
    scores = by_vectors(QUESTION, passages(library))
    found = retriever.engine.cosines(parsed(QUESTION), [*scores, 10**9])
    assert found == pytest.approx([*scores.values(), 0.0], abs=halves(retriever))
    assert retriever.engine.cosines(parsed(QUESTION), []) == []


def test_a_question_in_english_finds_what_its_translation_says(library: Library, opened: Open) -> None:
    library.add(articles(40))
    library.add([Article("war", "بدأت الحرب في الميناء القديم صباح أمس وانتهت الحرب مساء.")])
    retriever = opened(library, shipped_embedder())
    hits = retriever.search(parsed("When did the war in the old port begin?"), 5)
    assert (hits[0].passage.article, hits[0].lexical) == ("war", 1)


def test_nothing_is_found_in_an_empty_library(library: Library, opened: Open) -> None:
    assert opened(library).search(parsed(QUESTION)) == []


def test_a_passage_of_any_length_is_found(library: Library, opened: Open) -> None:
    long = " ".join(f"كلمة{i}" for i in range(9000))  # one sentence, of 400 KB of grams
    library.add([Article("long", f"زلزال {long}"), *articles(10)])
    retriever = opened(library)
    assert "long" in {hit.passage.article for hit in retriever.search(parsed("كلمة17"))}


def test_a_copy_that_went_another_way_is_told_apart(library: Library, lite: MilvusLite) -> None:
    """A library that was copied and went another way is not searched with the index of the other, be their numbers alike."""
    library.add(articles(20))
    open_milvus(library, lite.url).catch_up()
    folder = library.path.parent.parent / "copy"
    shutil.copytree(library.path.parent, folder)
    with Library(folder / "library.sqlite") as copy:
        library.add([Article("x", "خبر الهدنة.")])
        copy.add([Article("x", "خبر المطر.")])
        assert (library.id, library.state) == (copy.id, copy.state)
        open_milvus(library, lite.url).catch_up()
        assert any("gone another way" in line for line in open_milvus(copy, lite.url).catch_up())
        check(open_milvus(copy, lite.url), copy)


def test_a_collection_that_goes_while_it_is_searched_is_built_again(library: Library, lite: MilvusLite) -> None:
    library.add(articles(20))
    retriever = open_milvus(library, lite.url)
    before = [hit.passage.id for hit in retriever.search(parsed(QUESTION))]
    open_milvus(library, lite.url).engine.discard()
    assert [hit.passage.id for hit in retriever.search(parsed(QUESTION))] == before


def test_rows_that_are_lost_are_found_out(library: Library, lite: MilvusLite) -> None:
    library.add(articles(20))
    retriever = open_milvus(library, lite.url)
    retriever.catch_up()
    collection: MilvusCollection = retriever.engine.collection
    collection.server.ask("delete", collection.written, ids=[passages(library)[0].id])
    with pytest.raises(IndexDamaged, match="it holds 19 passages, of 20"):
        collection.state()
    assert any("damaged" in line for line in open_milvus(library, lite.url).catch_up())
    check(open_milvus(library, lite.url), library)


def test_the_old_collection_is_searched_until_the_new_one_is_whole(
    library: Library, lite: MilvusLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(articles(20))
    retriever = open_milvus(library, lite.url)
    before = [hit.passage.id for hit in retriever.search(parsed(QUESTION))]
    old = retriever.engine.collection.written
    monkeypatch.setattr("rag.search.milvus.rows.VERSION", "a later one")
    found = []

    def look(name: str, done: int, total: int) -> None:
        if done == total:
            found.append([hit.passage.id for hit in retriever.search(parsed(QUESTION))])

    newer = open_milvus(library, lite.url)
    newer.catch_up(look)
    assert found == [before]
    assert [hit.passage.id for hit in retriever.search(parsed(QUESTION))] == before
    names = newer.engine.collection.server.ask("list_collections")
    assert newer.engine.collection.written in names
    assert old not in names
