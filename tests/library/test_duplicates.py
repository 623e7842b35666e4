"""Near-duplicates: sketches against brute force over shingles, and what a library links."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.arabic.text.folding import words
from rag.library import Library, duplicates
from rag.library.minhash import ALIKE, SHINGLE, SHORTEST, SIZE, Sketch, are_alike, likeness, sketches
from rag.types import Article
from tests.conftest import ROOT

WORDS = sorted({word for path in sorted((ROOT / "seeds").glob("*.txt")) for word in path.read_text().split()})
BOILERPLATE = " ".join(WORDS[:40])


def text(seed: int, count: int = 200) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=count))


def changed(text: str, seed: int, share: float = 0.03) -> str:
    """The text with some words put in the place of others."""
    said, rng = text.split(), random.Random(seed)
    for i in rng.sample(range(len(said)), round(share * len(said))):
        said[i] = f"كلمة{rng.randrange(10**6)}"
    return " ".join(said)


def sketch(text: str) -> frozenset[int]:
    (found,) = sketches([text])
    return frozenset(found.tolist())


def shingles(text: str) -> set[tuple[str, ...]]:
    said = words(text)
    return set(zip(*(said[i:] for i in range(SHINGLE)), strict=False))


@given(st.lists(st.text(max_size=200), max_size=6))
def test_a_sketch_is_of_its_text_alone(texts: list[str]) -> None:
    together = sketches(texts)
    for own, one in zip(texts, together, strict=True):
        assert np.array_equal(one, sketches([own])[0])
        assert one.tolist() == sorted(set(one.tolist()))
        assert len(one) <= SIZE
        assert len(one) or not any(char.isalnum() and char < "\ud800" for char in own)


def test_texts_without_words_have_no_sketch_and_are_like_none() -> None:
    assert [len(one) for one in sketches(["", " ...\n", "\u064b\u0640", "نعم"])] == [0, 0, 0, 1]
    assert likeness(frozenset(), frozenset()) == 0
    assert not are_alike(frozenset(), frozenset())


def test_harakat_spelling_and_spacing_make_no_difference() -> None:
    plain = "اعلن المدرب ان النادي سيلعب مباراته القادمه في 23 تموز 2015 وقال ان اللاعبين جاهزون لها منذ اسابيع طويله في المعسكر الخارجي"
    shown = plain.replace("اعلن", "أَعْلَنَ").replace("القادمه", "القادمـــة").replace(" ", "،\n ").replace("23", "٢٣")
    assert len(plain.split()) > SHORTEST
    assert sketch(plain) == sketch(shown)
    assert sketch("نص قصير") == sketch("نصٌّ  قصير.") != sketch("نص قصير جدا")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.03, 0.1, 0.3])
def test_likeness_is_the_share_of_shingles_in_common(share: float) -> None:
    errors = []
    for seed in range(30):
        one = text(seed, 400)
        other = changed(one, seed, share)
        exact = len(shingles(one) & shingles(other)) / len(shingles(one) | shingles(other))
        errors.append(likeness(sketch(one), sketch(other)) - exact)
    assert abs(np.mean(errors)) < 0.03
    assert np.std(errors) < 0.08


def test_the_sketch_of_a_long_text_is_that_of_all_of_it() -> None:
    long = "\n".join(text(seed, 60_000) for seed in range(2))
    end = text(9, 300)
    whole, with_end, changed_end = sketches([long, f"{long}\n{end}", f"{end}\n{long}"])
    assert likeness(frozenset(whole.tolist()), frozenset(with_end.tolist())) > 0.9
    assert likeness(frozenset(with_end.tolist()), frozenset(changed_end.tolist())) > 0.9
    other = sketch("\n".join(text(seed, 60_000) for seed in range(5, 7)))
    assert likeness(frozenset(whole.tolist()), other) < 0.1


def test_sketches_are_the_same_in_another_process() -> None:
    code = "from rag.library.minhash import sketches; print(sketches(['ما قاله الوزير ' * 9, 'قصير'])[0].tolist())"
    env = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "77"}
    said = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True).stdout
    assert said.strip() == str(sketches(["ما قاله الوزير " * 9])[0].tolist())


@given(st.integers(0, 10**6), st.integers(30, 300))
def test_a_text_with_a_few_words_changed_is_alike_and_another_with_its_boilerplate_is_not(
    seed: int, count: int
) -> None:
    one = text(seed, count)
    # Of 30 words 1 changed is 3 shingles of 28: likeness 25/31, which the whole sketch gives exactly.
    assert are_alike(sketch(one), sketch(changed(one, seed, 0.02)))
    others = [f"{text(seed + i, max(count, 100))} {BOILERPLATE}" for i in (1, 2)]
    assert not are_alike(*map(sketch, others))


def test_short_texts_are_alike_only_where_they_are_equal() -> None:
    short = " ".join(WORDS[50 : 50 + SHORTEST - 1])
    assert are_alike(sketch(short), sketch(f"{short}."))
    assert not are_alike(sketch(short), sketch(short.rsplit(" ", 1)[0]))
    assert not are_alike(sketch(short), sketch(f"{short} {WORDS[3]}"))


def near(library: Library) -> dict[str, list[str]]:
    """What the library says of each article, by both of its ways, which must agree."""
    one_by_one = {id_: list(library.near_duplicates([id_])[id_]) for id_, *_ in library.articles()}
    found = {id_: ids for id_, ids in one_by_one.items() if ids}
    assert library.all_near_duplicates() == found
    pairs = {frozenset((id_, other)) for id_, ids in found.items() for other in ids}
    assert library.near_pairs(one_by_one) == pairs
    return found


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations([(story, version) for story in range(3) for version in range(3)]), st.data())
def test_the_order_of_adding_and_what_was_removed_make_no_difference(
    library: Library, order: list[tuple[int, int]], data: st.DataObject
) -> None:
    articles = [
        Article(f"{story}{version}", changed(text(story), version), f"عنوان {version}") for story, version in order
    ]
    batch = data.draw(st.integers(1, len(articles)))
    library.remove([id_ for id_, *_ in library.articles()])
    library.add([Article("00", text(7)), Article("gone", text(1))])  # replaced, and removed
    for i in range(0, len(articles), batch):
        library.add(articles[i : i + batch])
    library.remove(["gone"])
    library.check()
    found = near(library)
    for article in articles:
        story = article.id[0]
        assert set(found[article.id]) == {f"{story}{version}" for version in range(3)} - {article.id}
    left = data.draw(st.sets(st.sampled_from([article.id for article in articles])))
    library.remove(left)
    library.check()
    assert not left & set(near(library))
    assert not left & {id_ for ids in near(library).values() for id_ in ids}
    assert library.near_duplicates(["gone"]) == {"gone": {}}


def test_the_likest_come_first_and_have_their_titles(library: Library) -> None:
    first = text(3)
    versions = [changed(first, i, share) for i, share in enumerate((0.0, 0.02, 0.05))]
    library.add(Article(f"{i}", version, f"عنوان {i}") for i, version in enumerate(versions))
    assert library.near_duplicates(["0"]) == {"0": {"1": "عنوان 1", "2": "عنوان 2"}}
    assert list(near(library)["0"]) == ["1", "2"]


def test_articles_with_one_boilerplate_are_not_linked(library: Library) -> None:
    library.add(Article(f"{i:03}", f"{text(i, 80)} {BOILERPLATE}") for i in range(300))
    library.add([Article("copy", f"{changed(text(299, 80), 1, 0.02)} {BOILERPLATE}")])
    assert near(library) == {"299": ["copy"], "copy": ["299"]}


def test_both_ways_agree_where_more_articles_are_under_a_key_than_are_looked_at(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(Article(f"{i:02}", changed(text(1, 200), i, 0.01)) for i in range(12))
    monkeypatch.setattr(duplicates, "_LOOKED_AT", 3)
    one_by_one = {id_: sorted(library.near_duplicates([id_])[id_]) for id_, *_ in library.articles()}
    assert len(one_by_one["00"]) < 11
    assert {id_: sorted(ids) for id_, ids in library.all_near_duplicates().items()} == one_by_one


def test_the_threshold_is_where_the_likeness_is_counted() -> None:
    def alike(common: int) -> bool:
        one = frozenset(range(SIZE))
        other = frozenset([*range(common), *range(SIZE, 2 * SIZE - common)])
        return are_alike(one, other)

    # The smallest SIZE of both are range(SIZE), of which `common` are in both.
    assert [alike(common) for common in (int(ALIKE * SIZE), int(ALIKE * SIZE) + 1, SIZE)] == [False, True, True]
    kept: Sketch = sketches([text(1)])[0]
    assert kept.dtype == np.int64
