"""Both legs against brute force, and their indexes through changes and damage."""

import json
import math
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from rag.errors import LibraryError
from rag.files import clear
from rag.library import Library
from rag.search.catch_up import catch_up, is_current
from rag.search.index_state import SearchIndex
from rag.search.lexical import LexicalIndex
from rag.search.local_engine import LocalEngine
from rag.search.retriever import Retriever
from rag.types import Article, Passage, Scope
from tests.conftest import HashEmbedder, grams, open_retriever, parsed

QUESTION = "ماذا قال مندوب روسيا عن قرار مجلس الأمن؟"


def passages(library: Library) -> list[Passage]:
    return list(library.passages_between(0, library.state[1]))


def bm25(question: str, found: list[Passage], k1: float = 1.2, b: float = 0.75) -> dict[int, float]:
    """The formula of Robertson and Zaragoza (2009) with Lucene's idf, document by document."""
    bags = {p.id: Counter(grams(p.searched)) for p in found}
    mean = sum(sum(bag.values()) for bag in bags.values()) / len(bags)
    scores = dict.fromkeys(bags, 0.0)
    for gram, asked in Counter(grams(question)).items():
        n = sum(gram in bag for bag in bags.values())
        idf = math.log(1 + (len(bags) - n + 0.5) / (n + 0.5))
        for id_, bag in bags.items():
            tf = bag[gram]
            scores[id_] += asked * idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * sum(bag.values()) / mean)) if tf else 0
    return scores


def test_lexical_scores_are_bm25(library: Library, retriever: Retriever, seeds: list[Article]) -> None:
    library.add(seeds)
    retriever.catch_up()
    expected = bm25(QUESTION, passages(library))
    hits = retriever.engine.lexical.search(parsed(QUESTION), 100)
    assert [score for _, score in hits] == sorted((score for _, score in hits), reverse=True)
    for id_, score in hits:
        assert score == pytest.approx(expected[id_], rel=0.06)  # tantivy keeps lengths in steps
    best = sorted(expected, key=lambda id_: -expected[id_])
    assert {id_ for id_, _ in hits[:3]} <= set(best[:6])


def test_dense_scores_are_inner_products(library: Library, retriever: Retriever, seeds: list[Article]) -> None:
    library.add(seeds)
    retriever.catch_up()
    found, embedder = passages(library), HashEmbedder()
    scores = embedder.passages([p.searched for p in found]) @ embedder.questions([QUESTION])[0]
    order = np.argsort(-scores)[:7]
    hits = retriever.engine.dense.search(parsed(QUESTION), 7)
    assert [id_ for id_, _ in hits] == [found[i].id for i in order]
    assert [score for _, score in hits] == pytest.approx([float(scores[i]) for i in order], abs=2e-4)  # half precision


def test_more_hits_than_passages_are_not_padded(library: Library, retriever: Retriever) -> None:
    library.add([Article("a", "نص قصير جدا.")])
    retriever.catch_up()
    assert (
        len(retriever.engine.dense.search(parsed("نص"), 100))
        == len(retriever.engine.lexical.search(parsed("نص"), 100))
        == 1
    )


def test_idf(library: Library, retriever: Retriever, seeds: list[Article]) -> None:
    library.add(seeds)
    retriever.catch_up()
    total = library.count()[1]
    n = sum("روسي" in grams(p.text) for p in passages(library))
    idf = retriever.engine.lexical.idf(["روسي", "غغغغ"])
    assert idf["روسي"] == pytest.approx(math.log(1 + (total - n + 0.5) / (n + 0.5)))
    assert idf["غغغغ"] == pytest.approx(math.log(1 + (total + 0.5) / 0.5))
    library.remove(seed.id for seed in seeds[1:])
    retriever.catch_up()
    left = retriever.engine.lexical.idf(gram for p in passages(library) for gram in grams(p.text))
    assert min(left.values()) > 0


def test_changes_leave_the_same_search_as_a_fresh_build(
    library: Library, retriever: Retriever, seeds: list[Article]
) -> None:
    library.add(seeds[:3])
    retriever.catch_up()
    library.add([*seeds[3:], Article(seeds[0].id, seeds[0].text[:900], source="seeds")])
    library.remove([seeds[1].id])
    assert retriever.catch_up() == []
    changed = [(hit.passage.id, hit.lexical, hit.dense) for hit in retriever.search(parsed(QUESTION), 10)]
    for leg in (retriever.engine.lexical, retriever.engine.dense):
        assert {id_ for id_, _ in leg.search(parsed(QUESTION), 1000)} <= {p.id for p in passages(library)}
    lexical = LexicalIndex(library.path.parent / "fresh")
    lock = library.path.parent / "writing-fresh.lock"
    engine = LocalEngine(library, lexical, retriever.engine.dense)
    fresh = Retriever(library, engine, retriever.reranker, lock)
    assert fresh.catch_up()
    assert [hit[0] for hit in changed[:3]] == [hit.passage.id for hit in fresh.search(parsed(QUESTION), 10)][:3]


def _put(path: Path, data: bytes) -> None:
    """Puts another file in its place: the first retriever still maps the old one into memory."""
    new = path.with_name("damaged")
    new.write_bytes(data)
    new.replace(path)


def _flip(path: Path, place: int | None = None) -> None:
    """Turns a bit of a file, in its middle or at a place: 70 is in a stamp's numbers."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if place is None else place] ^= 0x40 if place is None else 0x01
    _put(path, data)


def _damage(folder: Path, how: str) -> None:
    segment = max((folder / "lexical").glob("*.store"), key=lambda p: p.stat().st_size)
    {
        "vectors missing": lambda: (folder / "vectors.faiss").unlink(),
        "vectors truncated": lambda: _put(folder / "vectors.faiss", (folder / "vectors.faiss").read_bytes()[:300]),
        "vectors flipped": lambda: _flip(folder / "vectors.faiss"),
        "vectors empty": lambda: _put(folder / "vectors.faiss", b""),
        "lexical missing": lambda: [p.unlink() for p in (folder / "lexical").iterdir()],
        "segment missing": segment.unlink,
        "segment flipped": lambda: _flip(segment),
        "vectors' stamp flipped": lambda: _flip(folder / "vectors.faiss", 70),
        "lexical stamp flipped": lambda: _flip(folder / "lexical" / "stamp.json", 70),
        "stamp flipped": lambda: _put(folder / "lexical" / "stamp.json", b'{"files": 3}'),
        "meta emptied": lambda: _put(folder / "lexical" / "meta.json", b""),
    }[how]()


@pytest.mark.parametrize(
    "how",
    [
        "vectors missing",
        "vectors truncated",
        "vectors flipped",
        "vectors empty",
        "lexical missing",
        "segment missing",
        "segment flipped",
        "vectors' stamp flipped",
        "lexical stamp flipped",
        "stamp flipped",
        "meta emptied",
    ],
)
def test_a_damaged_index_is_rebuilt_and_says_so(
    library: Library, retriever: Retriever, seeds: list[Article], how: str
) -> None:
    library.add(seeds)
    retriever.catch_up()
    before = [(hit.passage.id, hit.lexical, hit.dense) for hit in retriever.search(parsed(QUESTION))]
    _damage(library.path.parent, how)
    again = open_retriever(library)
    (notice,) = again.catch_up()
    assert "built from the library" in notice
    assert [(hit.passage.id, hit.lexical, hit.dense) for hit in again.search(parsed(QUESTION))] == before
    assert open_retriever(library).catch_up() == []


def test_an_index_of_another_library_or_model_is_not_mixed(
    tmp_path: Path, library: Library, retriever: Retriever, seeds: list[Article]
) -> None:
    library.add(seeds)
    retriever.catch_up()
    with Library(tmp_path / "other" / "library.sqlite") as other:
        other.add(seeds[:1])
        assert "another library" in catch_up(retriever.engine.lexical, other)
    again = open_retriever(library)
    again.engine.dense.made_with = "another model"
    assert any("another library, model" in notice for notice in again.catch_up())


def test_an_index_of_an_older_version_is_not_called_damaged(
    library: Library, retriever: Retriever, seeds: list[Article]
) -> None:
    library.add(seeds)
    retriever.catch_up()
    stamp = library.path.parent / "lexical" / "stamp.json"
    row = json.loads(stamp.read_text()) | {"format": 1}
    del row["through"]
    stamp.write_text(json.dumps(row))
    (notice,) = open_retriever(library).catch_up()
    assert "another library, model or version" in notice


def test_what_was_interrupted_before_the_stamp_is_done_again_once(
    library: Library, retriever: Retriever, seeds: list[Article]
) -> None:
    library.add(seeds[:2])
    retriever.catch_up()
    stamp = (library.path.parent / "lexical" / "stamp.json").read_bytes()
    library.add(seeds[2:])
    retriever.catch_up()
    hits = retriever.engine.lexical.search(parsed(QUESTION), 100)
    (library.path.parent / "lexical" / "stamp.json").write_bytes(stamp)
    (library.path.parent / "lexical" / "stamp.json.new").write_bytes(stamp[:20])  # killed while it was written
    again = open_retriever(library)
    again.catch_up()
    assert open_retriever(library).catch_up() == []
    found = again.engine.lexical.search(parsed(QUESTION), 100)
    assert [id_ for id_, _ in found] == [id_ for id_, _ in hits]


@pytest.mark.parametrize("name", ["lexical", "dense"])
def test_a_disk_that_refuses_keeps_the_old_index(
    library: Library, retriever: Retriever, seeds: list[Article], name: str
) -> None:
    library.add(seeds[:1])
    retriever.catch_up()
    leg: SearchIndex = getattr(retriever.engine, name)

    def full() -> list[Passage]:
        raise OSError(28, "No space left on device")

    class Full:
        def __iter__(self) -> object:
            return iter(full())

    with pytest.raises((LibraryError, OSError)):
        leg.update(Full(), [], leg.state(), fresh=False)  # type: ignore[arg-type]
    assert is_current(getattr(open_retriever(library).engine, name), library)


def test_an_interrupted_embedding_goes_on_where_it_was(
    library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("rag.search.dense.DenseIndex.first", 2)
    library.add(Article(f"a{i}", f"الخبر رقم {i} من أخبار المدينة.") for i in range(20))
    embedded: list[str] = []

    class Stopping(HashEmbedder):
        allowed = 10

        def passages(self, texts: Sequence[str]) -> np.ndarray:
            if len(embedded) + len(texts) > self.allowed:
                raise KeyboardInterrupt
            embedded.extend(filter(None, texts))
            return super().passages(texts)

    with pytest.raises(KeyboardInterrupt):
        open_retriever(library, Stopping()).catch_up()
    assert 0 < len(embedded) <= Stopping.allowed
    done = len(embedded)
    library.remove(["a1"])  # of those that are done
    library.remove(["a19"])  # of those that are not
    Stopping.allowed = 100
    shown: list[tuple[str, int, int]] = []
    again = open_retriever(library, Stopping())
    assert again.catch_up(lambda *step: shown.append(step)) == []
    assert len(embedded) == len(set(embedded)) == 19
    assert shown[-1] == ("dense", 19 - done, 19 - done)
    assert {id_ for id_, _ in again.engine.dense.search(parsed("أخبار"), 100)} == {p.id for p in passages(library)}


@pytest.fixture
def in_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of few passages takes codes."""
    monkeypatch.setattr("rag.search.quantised.EXACT_UP_TO", 200)


@pytest.mark.usefixtures("in_codes")
def test_codes_find_what_an_exact_index_finds(library: Library, retriever: Retriever) -> None:
    rng = np.random.default_rng(1)
    letters = list("ابتثجحخدذرزسشصضطظعغفقكلمنهوي")
    named = ["".join(rng.choice(letters, 5)) for _ in range(300)]

    def articles(start: int, end: int) -> list[Article]:
        return [
            Article(f"a{i}", " ".join(rng.choice(named, 12)), date=f"20{i % 20:02d}-01-01") for i in range(start, end)
        ]

    def compare(within: list[int] | None = None) -> float:
        """The share of the exact best ten that is found."""
        found = [p for p in passages(library) if within is None or p.id in within]
        asked, shares = named[:10], []
        exact = HashEmbedder().questions(asked) @ HashEmbedder().passages([p.searched for p in found]).T
        for question, scores in zip(asked, exact, strict=True):
            best = {found[i].id for i in np.argsort(-scores)[:10]}
            hits = retriever.engine.dense.search(parsed(question), 10, within)
            assert within is None or {id_ for id_, _ in hits} <= set(within)
            shares.append(len(best & {id_ for id_, _ in hits}) / len(best))
        return float(np.mean(shares))

    def trained() -> int:
        return int(retriever.engine.dense._opened.index.trained)

    library.add(articles(0, 150))
    retriever.catch_up()
    assert (trained(), compare()) == (0, 1.0)
    library.add(articles(150, 400))
    retriever.catch_up()
    assert trained() == 400
    assert compare() > 0.95
    library.add(articles(400, 1900))
    library.remove(f"a{i}" for i in range(0, 400, 3))
    retriever.catch_up()
    assert trained() == len(passages(library))
    assert compare() > 0.95
    library.remove(f"a{i}" for i in range(1, 1900, 3))
    retriever.catch_up()
    some = library.ids_within(Scope("2005", "2006"))
    assert 0 < len(some) < len(passages(library)) / 4
    assert compare(some) == pytest.approx(1.0, abs=0.02)  # half precision may swap two equals
    retriever.engine.dense.state()  # as it was written
    assert compare(some) == pytest.approx(1.0, abs=0.02)
    left = {p.id for p in passages(library)}
    assert {id_ for id_, _ in retriever.engine.dense.search(parsed(" ".join(named)), 5000, list(left))} == left
    assert {id_ for id_, _ in retriever.engine.dense.search(parsed(" ".join(named)), 5000)} == left
    library.remove([article for article, *_ in library.articles()][100:])
    retriever.catch_up()
    assert (trained(), compare()) == (0, pytest.approx(1.0, abs=0.02))


@pytest.mark.parametrize("name", ["lexical", "dense"])
def test_a_leg_finds_only_what_is_within(
    library: Library, retriever: Retriever, seeds: list[Article], name: str
) -> None:
    library.add(seeds)
    retriever.catch_up()
    leg: SearchIndex = getattr(retriever.engine, name)
    every = leg.search(parsed(QUESTION), 100, None)
    some = [id_ for id_, _ in every][1::2]
    assert leg.search(parsed(QUESTION), 100, some) == [hit for hit in every if hit[0] in some]
    assert leg.search(parsed(QUESTION), 100, []) == []


def test_a_folder_that_fills_while_it_is_emptied_is_emptied_again(tmp_path: Path) -> None:
    folder, stop = tmp_path / "lexical", threading.Event()
    folder.mkdir()

    def fill() -> None:
        while not stop.is_set():
            with suppress(OSError):
                (folder / ".tantivy-meta.lock").touch()

    filling = threading.Thread(target=fill)
    filling.start()
    threading.Timer(0.1, stop.set).start()
    clear(folder)
    stop.set()
    filling.join()
    assert not folder.exists()


@pytest.mark.parametrize("name", ["lexical", "dense"])
def test_no_byte_of_a_stamp_can_change_unseen(
    library: Library, retriever: Retriever, seeds: list[Article], name: str
) -> None:
    """A number that has become another would have passages indexed twice, or never."""
    library.add(seeds)
    retriever.catch_up()
    leg: SearchIndex = getattr(open_retriever(library).engine, name)
    path = library.path.parent / {"lexical": "lexical/stamp.json", "dense": "vectors.faiss"}[name]
    whole = path.read_bytes()
    for place in range(whole.find(b"\n") if name == "dense" else len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert not is_current(leg, library), whole[place - 20 : place + 1]
    path.write_bytes(whole)
    assert is_current(leg, library)


def test_what_was_removed_leaves_no_trace_in_the_scores(
    library: Library, retriever: Retriever, seeds: list[Article]
) -> None:
    library.add(seeds)
    retriever.catch_up()
    library.remove([seeds[0].id])
    library.add([Article(seeds[1].id, seeds[1].text[:900], source="seeds")])
    assert retriever.catch_up() == []
    fresh = LexicalIndex(library.path.parent / "fresh")
    catch_up(fresh, library)
    assert retriever.engine.lexical.search(parsed(QUESTION), 100) == fresh.search(parsed(QUESTION), 100)
