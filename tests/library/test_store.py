import hashlib
import json
import sqlite3
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import LibraryError
from rag.library import Library
from rag.library.schema import FORMAT
from rag.library.store import Added
from rag.types import Article, Scope


def test_passages_are_exact_spans_of_their_articles(library: Library, seeds: list[Article]) -> None:
    added = library.add(seeds)
    assert (added.new, added.replaced, added.unchanged) == (5, 0, 0)
    for passage in library.passages_between(0, library.state[1]):
        article = library.article(passage.article)
        assert article is not None
        assert passage.text == article.text[passage.start : passage.end]


def test_offsets_count_code_points_beyond_the_basic_plane(library: Library) -> None:
    text = "😀😀 مقدمة قصيرة. " + "كلمة " * 120 + ". 😀 خاتمة " + "كلمات " * 60 + "."
    library.add([Article("a", text)])
    assert [p.text for p in library.passages_of("a")] == [text[p.start : p.end] for p in library.passages_of("a")]


def test_adding_again_skips_what_is_unchanged_and_replaces_what_changed(library: Library, seeds: list[Article]) -> None:
    library.add(seeds)
    generation, last = library.state
    assert library.add(seeds).unchanged == 5
    assert library.generation == generation
    changed = Article(seeds[0].id, "نص جديد تماما.", source="seeds")
    before = {p.id for p in library.passages_of(seeds[0].id)}
    added = library.add([changed, *seeds[1:]])
    assert (added.new, added.replaced, added.unchanged) == (0, 1, 4)
    assert set(library.removed_since(generation)) == before
    (new,) = library.passages_between(last, library.state[1])
    assert new.text == "نص جديد تماما."
    assert new.id not in before


def test_an_index_learns_what_changed_since_its_generation(library: Library, seeds: list[Article]) -> None:
    library.add(seeds[:2])
    _, first = library.state
    library.add(seeds[2:3])
    second, last = library.state
    library.add(seeds[3:])
    assert {p.article for p in library.passages_between(first, last)} == {seeds[2].id}
    assert library.ids_between(first, last) == [p.id for p in library.passages_of(seeds[2].id)]
    assert library.remove([seeds[0].id, "none"]) == ["none"]
    assert library.article(seeds[0].id) is None
    assert library.removed_since(second)
    third = library.generation
    assert library.remove(["none", "none"]) == ["none"]
    assert library.generation == third
    assert library.count()[0] == 4


def test_a_failure_in_the_middle_changes_nothing(library: Library, seeds: list[Article]) -> None:
    library.add(seeds[:1])
    before = library.generation, library.count()
    with pytest.raises(LibraryError):
        library.add([seeds[1], Article("bad", None)])  # type: ignore[arg-type]
    assert (library.generation, library.count()) == before


def test_the_passages_of_a_long_article_take_its_text_once(library: Library) -> None:
    library.add([Article("book", "قال الوزير إن المشروع سيبدأ غدا في المدينة. " * 20_000), Article("short", "نص.")])
    texts = Counter[str]()
    with library.reading() as db:
        db.create_function("taken", 1, lambda text: texts.update([text[:3]]) or text)
        db.execute("ALTER TABLE articles RENAME TO kept")
        db.execute("CREATE VIEW articles AS SELECT id, taken(text) AS text, title, date, source, pages FROM kept")
    ids = library.ids_between(0, library.state[1])
    assert len(ids) > 1000
    assert len(library.passages(ids)) == len(ids)
    assert texts["قال"] == 1


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    def write(name: str) -> None:
        with Library(tmp_path / "library.sqlite") as own:
            for i in range(20):
                own.add([Article(f"{name}{i}", f"نص {i} من {name}.")])

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Library(tmp_path / "library.sqlite") as library:
        assert library.count()[0] == 40
        assert library.generation == 40


def test_what_is_no_library_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(LibraryError, match="not a database"):
        Library(path)
    assert path.read_bytes().startswith(b"not a database")
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE x (y)")
    db.close()
    with pytest.raises(LibraryError, match="not a library"):
        Library(other)


def test_a_scope_holds_the_articles_of_its_time_and_sources(library: Library) -> None:
    dated = {"a": "2014-12-31", "b": "2015-01-01", "c": "2015-07-23T10:00", "d": None}
    library.add(Article(id_, "نص.", date=date, source=f"s{id_}") for id_, date in dated.items())

    def within(*scope: object) -> str:
        ids = library.ids_within(Scope(*scope))  # type: ignore[arg-type]
        return "".join(p.article for p in library.passages(ids).values())

    assert within() == "abcd"
    assert within("2015") == within("2015-01-01") == "bc"
    assert within("", "2015") == "abc"
    assert within("", "2015-01") == within("", "2015-01-01") == "ab"
    assert within("2015-07-23", "2015-07-23") == "c"
    assert within("", "", ("sa", "sd")) == "ad"
    assert within("2015", "", ("sa", "sb")) == "b"
    assert library.sources() == ["sa", "sb", "sc", "sd"]


def aged(path: Path, to: int) -> None:
    """Makes of a library what an earlier program left."""
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE edges")
        db.execute("DROP TABLE edge_lines")
        if to < 6:
            db.execute("DROP TABLE edits")
        if to < 5:
            db.execute("DROP INDEX articles_dump")
        if to < 4:
            db.execute("UPDATE sketches SET hashes = x''")
        if to < 3:
            db.execute("DROP TABLE sketches")
            db.execute("DROP TABLE sketch_keys")
            db.execute("DROP TABLE files")
            db.execute("DROP INDEX articles_file")
            for column in ("pages", "file", "within"):
                db.execute(f"ALTER TABLE articles DROP COLUMN {column}")
        if to < 2:
            db.execute("DROP INDEX articles_scope")
            db.execute("ALTER TABLE passages ADD COLUMN generation INTEGER NOT NULL DEFAULT 1")
            db.execute("CREATE INDEX passages_generation ON passages(generation)")
        db.execute("UPDATE meta SET format = ?", (to,))
    db.close()


@pytest.mark.parametrize("before", [1, 2, 3, 4, 5, 6])
def test_a_library_of_an_earlier_format_is_brought_to_this_one(
    tmp_path: Path, seeds: list[Article], before: int
) -> None:
    path = tmp_path / "library.sqlite"
    copy = replace(seeds[1], id="copy", text=f"{seeds[1].text} وكالات")
    with Library(path) as made:
        made.add([*seeds, copy])
        held = made.articles(), made.state, made.all_near_duplicates()
    assert held[2] == {"copy": [seeds[1].id], seeds[1].id: ["copy"]}
    aged(path, before)
    with Library(path) as opened:
        assert (opened.articles(), opened.state, opened.all_near_duplicates()) == held
        assert opened.format == FORMAT
        opened.check()
        assert opened.add(seeds) == Added(unchanged=len(seeds))
        assert opened.add([Article("new", "نص.")]).new == 1
        assert opened.remove([copy.id]) == []
        assert opened.all_near_duplicates() == {}


def test_a_migration_that_fails_leaves_the_library_as_it_was(tmp_path: Path, seeds: list[Article]) -> None:
    path = tmp_path / "library.sqlite"
    with Library(path) as made:
        made.add(seeds)
    aged(path, 2)
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE sketch_keys (in_the_way)")
    db.close()
    with pytest.raises(LibraryError, match="already exists"):
        Library(path)
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT format FROM meta").fetchone() == (2,)
        assert "pages" not in {name for (name,) in db.execute("SELECT name FROM pragma_table_info('articles')")}
        db.execute("DROP TABLE sketch_keys")
    db.close()
    with Library(path) as opened:
        opened.check()


def test_pages_are_kept_and_tell_where_a_passage_begins(library: Library, seeds: list[Article]) -> None:
    paged = replace(seeds[0], pages=(0, 400, 400, 900))
    library.add([paged, seeds[1]])
    assert library.article(paged.id) == paged
    assert library.pages([(paged.id, offset) for offset in (0, 399, 400, 900, 5000)]) == [1, 1, 3, 4, 4]
    assert library.pages([(seeds[1].id, 500), ("none", 0)]) == [0, 0]
    for passage in library.passages_of(paged.id):
        assert [passage.page] == library.pages([(paged.id, passage.start)])
    assert {passage.page for passage in library.passages_of(seeds[1].id)} == {0}
    assert library.add([paged]) == Added(unchanged=1)
    assert library.add([replace(paged, pages=(0, 500))]) == Added(replaced=1)
    library.check()


def test_an_article_without_pages_has_the_digest_that_it_had_before_there_were_pages(library: Library) -> None:
    library.add([Article("a", "نص.", "عنوان", "2015", "م", "http://x")])
    fields = ["a", "نص.", "عنوان", "2015", "م", "http://x"]
    with library.reading() as db:
        assert db.execute("SELECT digest FROM articles").fetchone() == (
            hashlib.sha256(json.dumps(fields).encode()).hexdigest(),
        )


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE articles SET pages = '[0, 4' WHERE pages IS NOT NULL", "pages of the article"),
        ("UPDATE articles SET pages = '[0, 401]' WHERE pages IS NOT NULL", "fails its checksum"),
        ("UPDATE articles SET pages = NULL", "fails its checksum"),
        ("UPDATE sketches SET hashes = x'0011223344556677' WHERE id = 1", "near-duplicates"),
        ("DELETE FROM sketches WHERE id = 2", "near-duplicates"),
        ("INSERT INTO edge_lines VALUES (7, 1)", "recurring lines"),
        ("DELETE FROM edges WHERE id = 2", "recurring lines"),
        (
            "UPDATE sketch_keys SET hash = hash + 4096 WHERE hash = (SELECT max(hash) FROM sketch_keys)",
            "near-duplicates",
        ),
        ("DELETE FROM sketch_keys WHERE hash = (SELECT max(hash) FROM sketch_keys)", "near-duplicates"),
    ],
)
def test_a_check_finds_what_was_changed(library: Library, seeds: list[Article], damage: str, told: str) -> None:
    library.add([replace(seeds[0], pages=(0, 400)), *seeds[1:]])
    library.check()
    with sqlite3.connect(library.path) as db:
        db.execute(damage)
    db.close()
    with pytest.raises(LibraryError, match=told):
        library.check()


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    Library(path).close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET format = 99")
    db.close()
    with pytest.raises(LibraryError, match="format 99"):
        Library(path)
