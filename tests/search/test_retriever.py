import pytest
from filelock import FileLock

from rag.errors import InputError
from rag.library import Library
from rag.search.retriever import LONGEST_QUESTION, Retriever
from rag.types import Article
from tests.conftest import open_retriever


def test_hits_explain_themselves(library: Library, retriever: Retriever, seeds: list[Article]) -> None:
    library.add(seeds)
    hits = retriever.search("أي فرصة في النجاح تشوركين", 5)
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
        retriever.search(question)


def test_a_question_of_a_hundred_thousand_characters(retriever: Retriever) -> None:
    with pytest.raises(InputError, match="100,000 characters"):
        retriever.search("م" * 100_000)


def test_the_longest_question_is_answered(library: Library, retriever: Retriever, seeds: list[Article]) -> None:
    library.add(seeds)
    assert retriever.search(("روسيا جورجيا " * LONGEST_QUESTION)[:LONGEST_QUESTION].strip())


def test_an_empty_library_finds_nothing(retriever: Retriever) -> None:
    assert retriever.search("ماذا قال تشوركين؟") == []


def test_what_another_process_adds_is_found(library: Library, seeds: list[Article]) -> None:
    mine, other = open_retriever(library), open_retriever(library)
    library.add(seeds[:1])
    assert mine.search("تشوركين")
    with Library(library.path) as second:
        second.add(seeds[4:])
    other.catch_up()
    assert {hit.passage.article for hit in mine.search("تشوركين")} == {seeds[0].id, seeds[4].id}


def test_while_another_process_writes_the_last_good_index_is_searched(library: Library, seeds: list[Article]) -> None:
    retriever = open_retriever(library)
    library.add(seeds[:1])
    assert retriever.search("تشوركين")
    library.add(seeds[4:])
    with FileLock(library.path.parent / "writing.lock"):
        assert {hit.passage.article for hit in retriever.search("تشوركين")} == {seeds[0].id}
    assert {hit.passage.article for hit in retriever.search("تشوركين")} == {seeds[0].id, seeds[4].id}
