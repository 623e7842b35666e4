"""kill -9 at random moments and at every step of indexing, removing and rebuilding: nothing committed is lost, nothing is
half there, and the search that comes back is that of an index made anew."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from rag.library import Library
from rag.library.splitting import passages as split
from rag.search.lexical import LexicalIndex
from rag.search.retriever import Retriever
from rag.types import Article
from rag.wiring import shipped_embedder
from tests.conftest import open_retriever, parsed
from tests.slow.killed import run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
COUNT = 120
QUESTIONS = ("ماذا قال الوزير عن أسعار القمح؟", "متى افتتح المتحف في قرطبة؟", "كم بلغ عدد الزوار في المدينة؟")
_WHO = ["الوزير", "المدير", "السفير", "العالم", "الشاعر", "الطبيب", "المهندس", "القاضي"]
_WHERE = ["قرطبة", "دمشق", "بغداد", "القاهرة", "الرياض", "تونس", "الجزائر", "مسقط", "عمان", "صنعاء"]
_WHAT = [
    "أسعار القمح",
    "افتتاح المتحف",
    "عدد الزوار",
    "مياه النهر",
    "طريق الميناء",
    "كتب المكتبة",
    "علاج المرضى",
    "نتائج البحث",
]
_SEED = 20260101


def made(n: int) -> Article:
    """An article of a few passages below its headline, another for each number."""
    chance = random.Random(_SEED + n)
    sentences = [
        f"قال {chance.choice(_WHO)} في {chance.choice(_WHERE)} إن {chance.choice(_WHAT)} بلغت {chance.randrange(10**6)} هذا العام."
        for _ in range(chance.randrange(4, 16))
    ]
    title = f"خبر {n} من {chance.choice(_WHERE)}"
    return Article(f"a{n:04}", f"{title}\n\n{' '.join(sentences)}", title, "2020-01-02", "made", None)


ARTICLES = [made(n) for n in range(COUNT)]
BY_ID = {article.id: article for article in ARTICLES}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "made.jsonl"
    names = ("id", "text", "title", "date", "source")
    path.write_text(
        "".join(json.dumps({name: getattr(article, name) for name in names}) + "\n" for article in ARTICLES), "utf-8"
    )
    return path


@pytest.fixture(scope="module")
def indexed(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("indexed")
    assert run(home, "index", str(rows)) == 0
    return home


def found(retriever: Retriever) -> list[list[tuple[str, int, float]]]:
    return [
        [(h.passage.article, h.passage.start, h.score) for h in retriever.search(parsed(asked), 20)]
        for asked in QUESTIONS
    ]


def check(home: Path, fresh: Path) -> set[str]:
    """The articles that are there after a kill, everything about them as it should be."""
    with Library(home / "index" / "library.sqlite") as library:
        library.check()
        there = {row[0] for row in library.articles()}
        for id_ in there:
            article = library.article(id_)
            assert article == BY_ID[id_]
            passages = library.passages_of(id_)
            assert [(p.start, p.end) for p in passages] == list(split(article.text)), "half an article"
            assert all(p.text == article.text[p.start : p.end] for p in passages)
        retriever = open_retriever(library, shipped_embedder())
        retriever.catch_up()
        wanted = library.ids_between(0, library.state[1])
        dense, lexical = retriever.engine.dense, retriever.engine.lexical
        vectors = [id_ for id_, _ in dense.search(parsed("الوزير"), 10_000)]
        assert Counter(vectors) == Counter(wanted), "a passage is missing from the vectors, or there twice"
        assert lexical._searcher().num_docs == len(wanted)
        assert set(_held(lexical, wanted)) == set(wanted)
        if not there:
            return there
        recovered = found(retriever)
        shutil.rmtree(fresh, ignore_errors=True)
        with Library(fresh / "library.sqlite") as anew:
            anew.add(BY_ID[id_] for id_ in sorted(there))
            other = open_retriever(anew, shipped_embedder())
            other.catch_up()
            for one, two in zip(recovered, found(other), strict=True):
                assert [hit[:2] for hit in one] == [hit[:2] for hit in two]
                assert [hit[2] for hit in one] == pytest.approx([hit[2] for hit in two], abs=1e-4)
    return there


def _held(lexical: LexicalIndex, wanted: list[int]) -> list[int]:
    return [
        id_ for id_, _ in lexical.search(parsed("الوزير المدير السفير العالم الشاعر الطبيب المهندس القاضي قال"), 10_000)
    ]


def acknowledged(home: Path) -> dict[str, str]:
    """What was last said of each article: add or remove."""
    path = home / "acknowledged"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {id_: name for name, id_ in (line.split() for line in lines)}


def kept(home: Path, there: set[str], leaving: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """No article that was acknowledged is lost or comes back; one that is `leaving` may have left unacknowledged."""
    for id_, name in acknowledged(home).items():
        if name == "remove" or id_ not in leaving:
            assert (id_ in there) == (name == "add"), f"{name} {id_}"


def moments(
    command: str, home: Path, *arguments: str, inside: int, outside: int, **settings: int
) -> list[dict[str, float]]:
    """When to kill: points spread over all that a whole run passes, and times spread by chance over as long as one takes."""
    copied = home.with_name(f"{home.name}-{command}")
    _copy(home, copied)
    began = time.monotonic()
    assert run(copied, *arguments, at=-1, **settings) == 0
    took = time.monotonic() - began
    passed = int((copied / "points").read_text())
    shutil.rmtree(copied)
    chance = random.Random(_SEED)
    found: list[dict[str, float]] = [{"at": n} for n in chance.sample(range(1, passed + 1), min(inside, passed))]
    return found + [{"after": chance.uniform(0.1, 0.9) * took} for _ in range(outside)]


def _copy(home: Path, to: Path) -> None:
    shutil.rmtree(to, ignore_errors=True)
    if home.exists():
        shutil.copytree(home, to)


def test_killed_while_indexing(rows: Path, tmp_path: Path) -> None:
    empty, home, fresh = tmp_path / "empty", tmp_path / "home", tmp_path / "fresh"
    kills = 0
    for moment in moments("index", empty, "index", str(rows), inside=26, outside=10):
        _copy(empty, home)
        kills += run(home, "index", str(rows), **moment) == -9  # type: ignore[arg-type]
        there = check(home, fresh)
        kept(home, there)
        assert there == {article.id for article in ARTICLES[: len(there)]}
        assert len(there) % 20 == 0, "half a batch"
        assert run(home, "index", str(rows)) == 0
        with Library(home / "index" / "library.sqlite") as library:
            assert library.count()[0] == COUNT
    assert kills >= 24


def test_killed_while_two_processes_index(rows: Path, tmp_path: Path) -> None:
    empty, home, fresh = tmp_path / "empty", tmp_path / "home", tmp_path / "fresh"
    kills = 0
    for moment in moments("index", empty, "index", str(rows), inside=4, outside=10, far=40):
        _copy(empty, home)
        kills += run(home, "index", str(rows), far=40, **moment) == -9  # type: ignore[arg-type]
        there = check(home, fresh)
        kept(home, there)
        assert run(home, "index", str(rows), far=40) == 0
        assert check(home, fresh) == set(BY_ID)
    assert kills >= 10


def test_killed_while_removing(indexed: Path, tmp_path: Path) -> None:
    home, fresh = tmp_path / "home", tmp_path / "fresh"
    gone = [article.id for article in ARTICLES[10:50]]
    kills = 0
    for moment in moments("remove", indexed, "remove", *gone, inside=14, outside=10):
        _copy(indexed, home)
        kills += run(home, "remove", *gone, **moment) == -9  # type: ignore[arg-type]
        there = check(home, fresh)
        kept(home, there, set(gone))
        assert there in (set(BY_ID), set(BY_ID) - set(gone)), "half of the articles were removed"
    assert kills >= 13


def test_killed_while_rebuilding(indexed: Path, tmp_path: Path) -> None:
    bare, home, fresh = tmp_path / "bare", tmp_path / "home", tmp_path / "fresh"
    _copy(indexed, bare)
    vectors = bare / "index" / "vectors.faiss"
    vectors.write_bytes(vectors.read_bytes()[:-9])
    (bare / "index" / "lexical" / "stamp.json").write_text("{}")
    kills = 0
    for moment in moments("search", bare, "search", QUESTIONS[0], inside=14, outside=10):
        _copy(bare, home)
        kills += run(home, "search", QUESTIONS[0], **moment) == -9  # type: ignore[arg-type]
        there = check(home, fresh)
        assert there == set(BY_ID)
    assert kills >= 13
