import threading
from collections.abc import Sequence

import numpy as np
import pytest
from filelock import FileLock

from rag.errors import InputError, LibraryError
from rag.library import Library
from rag.query.question import LONGEST_QUESTION
from rag.search.catch_up import is_current
from rag.search.retriever import Retriever
from rag.types import Article, Scope
from tests.conftest import HashEmbedder, open_retriever, parsed


def test_hits_explain_themselves(library: Library, retriever: Retriever, seeds: list[Article]) -> None:
    library.add(seeds)
    hits = retriever.search(parsed("أي فرصة في النجاح تشوركين"), 5)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].passage.article == "004_145c0f4ce0912f68.txt"
    assert hits[0].lexical == 1
    assert all(0 <= hit.score <= 1 for hit in hits)
    row = hits[0].as_json()
    assert list(row) == ["rank", "score", "ranks", "article", "title", "source", "date", "start", "end", "text"]


@pytest.mark.parametrize("question", ["", "   ", "؟!", "\u200f\u0000"])
def test_an_empty_question(retriever: Retriever, question: str) -> None:
    with pytest.raises(InputError, match="empty"):
        retriever.search(parsed(question))


def test_a_question_of_a_hundred_thousand_characters(retriever: Retriever) -> None:
    with pytest.raises(InputError, match="100,000 characters"):
        retriever.search(parsed("م" * 100_000))


def test_the_longest_question_is_answered(library: Library, retriever: Retriever, seeds: list[Article]) -> None:
    library.add(seeds)
    assert retriever.search(parsed(("روسيا جورجيا " * LONGEST_QUESTION)[:LONGEST_QUESTION].strip()))


def test_an_empty_library_finds_nothing(retriever: Retriever) -> None:
    assert retriever.search(parsed("ماذا قال تشوركين؟")) == []


def test_what_another_process_adds_is_found(library: Library, seeds: list[Article]) -> None:
    mine, other = open_retriever(library), open_retriever(library)
    library.add(seeds[:1])
    assert mine.search(parsed("تشوركين"))
    with Library(library.path) as second:
        second.add(seeds[4:])
    other.catch_up()
    assert {hit.passage.article for hit in mine.search(parsed("تشوركين"))} == {seeds[0].id, seeds[4].id}


def test_while_another_process_writes_the_last_good_index_is_searched(library: Library, seeds: list[Article]) -> None:
    retriever = open_retriever(library)
    library.add(seeds[:1])
    assert retriever.search(parsed("تشوركين"))
    library.add(seeds[4:])
    with FileLock(library.path.parent / "writing.lock"):
        assert {hit.passage.article for hit in retriever.search(parsed("تشوركين"))} == {seeds[0].id}
    assert {hit.passage.article for hit in retriever.search(parsed("تشوركين"))} == {seeds[0].id, seeds[4].id}


def test_who_opens_the_search_while_another_process_writes_waits_for_nothing(
    library: Library, seeds: list[Article]
) -> None:
    library.add(seeds[:1])
    open_retriever(library).catch_up()
    library.add(seeds[4:])
    retriever = open_retriever(library)
    with FileLock(library.path.parent / "writing.lock"):
        assert retriever.open() == []
        assert {hit.passage.article for hit in retriever.search(parsed("تشوركين"))} == {seeds[0].id}
        assert retriever.lag == "another process is indexing; what it adds is found when it has finished"
    assert {hit.passage.article for hit in retriever.search(parsed("تشوركين"))} == {seeds[0].id, seeds[4].id}
    assert retriever.lag == ""


def test_who_opens_the_search_before_there_is_an_index_waits_for_it(
    library: Library, seeds: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(seeds)
    retriever = open_retriever(library)
    monkeypatch.setattr("rag.search.retriever._WAIT_SECONDS", 0.5)
    with FileLock(library.path.parent / "writing.lock"), pytest.raises(LibraryError, match="written elsewhere"):
        retriever.open()
    assert len(retriever.open()) == 2


def test_a_scope_limits_the_search(library: Library, retriever: Retriever) -> None:
    text = "وقعت روسيا معاهدة صداقة مع أبخازيا."
    library.add(
        Article(year, f"{text} كان ذلك سنة {year}.", date=f"{year}-05-01", source="أ") for year in ("2007", "2008")
    )
    library.add([Article("undated", text, source="ب")])

    def found(scope: Scope) -> set[str]:
        return {hit.passage.article for hit in retriever.search(parsed("متى وقعت روسيا المعاهدة؟"), 10, scope)}

    assert found(Scope()) == {"2007", "2008", "undated"}
    assert found(Scope(since="2008")) == {"2008"}
    assert found(Scope(until="2007-05-01")) == {"2007"}
    assert found(Scope(sources=("ب",))) == {"undated"}


@pytest.mark.parametrize(
    ("scope", "line"),
    [
        (Scope(since="yesterday"), "'yesterday' is not a date; expected YYYY"),
        (Scope(until="2015-13"), "'2015-13' is not a date"),
        (Scope(since="٢٠١٥"), "is not a date"),
        (Scope(since="2016", until="2015-12"), "is empty"),
        (Scope(since="2015-W01-1"), "is not a date"),
        (Scope(since="2009"), "no article is of that time and source"),
        (Scope(sources=("none",)), "no article has the source 'none'; there are: seeds"),
    ],
)
def test_a_scope_that_cannot_be(
    library: Library, retriever: Retriever, seeds: list[Article], scope: Scope, line: str
) -> None:
    library.add(seeds[:1])
    with pytest.raises(InputError, match=line):
        retriever.search(parsed("روسيا"), 10, scope)


def test_an_article_is_found_by_its_title(library: Library, retriever: Retriever) -> None:
    library.add(
        [Article("a", "زادت الأسعار في الربع الأول.", title="سوق النفط"), Article("b", "زادت الأسعار في الربع الأول.")]
    )
    for question in ("أسعار النفط", "سوق النفط"):
        first, second = retriever.search(parsed(question), 2)
        assert first.passage.article == "a"
        assert first.score > second.score
        assert (first.lexical, first.dense) == (1, 1)


def test_questions_are_answered_while_another_thread_adds_articles(library: Library, seeds: list[Article]) -> None:
    retriever = open_retriever(library)
    library.add(seeds)
    retriever.catch_up()
    wrong: list[BaseException] = []
    ended = threading.Event()

    def ask() -> None:
        try:
            while not ended.is_set():
                assert retriever.search(parsed("ماذا قال تشوركين عن جورجيا؟"))[0].passage.article
        except BaseException as e:
            wrong.append(e)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(12):
        library.add(
            Article(f"{n}-{i}", f"خبر من الأخبار رقم {n} {i}. " + "عن الزراعة والري في الوادي. " * 30)
            for i in range(20)
        )
        library.add([Article(f"new {n}", f"افتتح المتحف الملكي رقم {n} أبوابه في مدينة قرطبة.")])
        library.remove([f"new {n - 1}"])
        retriever.catch_up()
        found = [hit.passage.article for hit in retriever.search(parsed("متى افتتح المتحف الملكي أبوابه في قرطبة؟"), 3)]
        assert found[0] == f"new {n}"
        assert f"new {n - 1}" not in found
    ended.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert all(is_current(leg, library) for leg in (retriever.engine.lexical, retriever.engine.dense))
    known = library.ids_between(0, library.state[1])
    assert sorted(id_ for id_, _ in retriever.engine.dense.search(parsed("قرطبة"), 10 * len(known))) == known


def test_whoever_searches_while_a_thread_writes_searches_the_last_state(library: Library, seeds: list[Article]) -> None:
    class Slow(HashEmbedder):
        def __init__(self) -> None:
            self.began, self.go_on = threading.Event(), threading.Event()
            self.go_on.set()

        def passages(self, texts: Sequence[str]) -> np.ndarray:
            self.began.set()
            assert self.go_on.wait(30)
            return HashEmbedder.passages(self, texts)

        def questions(self, texts: Sequence[str]) -> np.ndarray:
            return HashEmbedder().passages(texts)

    slow = Slow()
    retriever = open_retriever(library, slow)
    library.add(seeds[:1])
    retriever.catch_up()
    slow.began.clear()
    slow.go_on.clear()
    library.add(seeds[4:])
    writing = threading.Thread(target=retriever.catch_up)
    writing.start()
    assert slow.began.wait(30)
    assert {hit.passage.article for hit in retriever.search(parsed("تشوركين"))} >= {seeds[0].id}
    assert library.count()[0] == 2
    slow.go_on.set()
    writing.join()
    assert {hit.passage.article for hit in retriever.search(parsed("تشوركين"))} == {seeds[0].id, seeds[4].id}


def test_what_nearly_every_passage_holds_is_looked_for_where_there_is_no_other(
    library: Library, retriever: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.search.lexical.MANY", 20)
    library.add(Article(str(i), f"مجلس اجتمع مرة {i}", source=str(i % 2)) for i in range(20))
    library.add([Article("rare", "مندوب وصل")])
    retriever.catch_up()
    lexical = retriever.engine.lexical
    assert [id_ for id_, _ in lexical.search(parsed("مجلس مندوب"), 100)] == [21]
    assert len(lexical.search(parsed("مجلس اجتمع"), 100)) == 20
    assert len(lexical.search(parsed("مجلس مندوب"), 100, range(1, 11))) == 10
    monkeypatch.setattr("rag.search.lexical.MANY", 100)
    assert len(lexical.search(parsed("مجلس مندوب"), 100)) == 21
