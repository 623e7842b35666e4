"""Rows for a Milvus server: none is too long for its field, no call too large, and no filter says another thing."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from rag.search.milvus import rows as milvus_rows
from rag.search.milvus.rows import LONGEST, batches, counted, expression, grams_of, token
from rag.types import EVERYTHING, Passage, Scope
from tests.conftest import grams

LONG = " ".join(f"ع{number}" for number in range(40_000))


class Zeros:
    name, batch = "zeros", 256

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        return np.zeros((len(texts), 4), np.float32)

    questions = passages


def passage(id_: int, text: str, source: str = "", date: str | None = None) -> Passage:
    return Passage(id_, "a", 0, len(text), text, "", date, source)


def test_grams_of_a_passage_are_all_there() -> None:
    text = "قال مندوب روسيا إن روسيا لا تريد الحرب."
    assert sorted(counted([passage(1, text)])[0].elements()) == sorted(grams(text))


def test_grams_of_a_long_passage_fit_each_once() -> None:
    (kept,) = grams_of([passage(1, LONG)])
    assert len(" ".join(grams(LONG)).encode()) > LONGEST
    assert len(token(kept).encode()) <= LONGEST
    assert sorted(kept.split()) == sorted(set(grams(LONG)))


def test_of_more_grams_than_fit_as_many_are_kept_as_do() -> None:
    every = " ".join(map("".join, product("بتجدرسطعفقكلمنه", repeat=4)))
    size = len(token(grams_of([passage(1, every)])[0]).encode())
    assert LONGEST - 20 < size <= LONGEST


def test_no_call_is_too_large() -> None:
    calls = list(batches([passage(number, LONG[:12_000]) for number in range(200)], Zeros()))
    assert len(calls) > 1
    assert [row["id"] for rows in calls for row in rows] == list(range(200))
    assert max(sum(len(row["grams"].encode()) for row in rows) for rows in calls) < 9_000_000


def test_a_source_of_any_length_is_filtered_by_what_is_stored() -> None:
    source = "صحيفة " * 20_000
    ((row,),) = batches([passage(1, "خبر", source)], Zeros())
    assert len(row["source"].encode()) <= LONGEST
    assert f'source in ["{row["source"]}"]' == expression(Scope(sources=(source,)))


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (EVERYTHING, ""),
        (Scope(since="2015"), 'date != "" and date >= "2015"'),
        (Scope(until="2015-07"), 'date != "" and (date <= "2015-07" or date like "2015-07%")'),
        (
            Scope(sources=('a"] or id > 0 or source in ["', "\\")),
            r'source in ["a\"] or id > 0 or source in [\"", "\\"]',
        ),
    ],
)
def test_a_scope_as_a_filter(scope: Scope, said: str) -> None:
    assert expression(scope) == said


def test_a_passage_without_a_date() -> None:
    ((first, second),) = batches([passage(1, "خبر"), passage(2, "خبر", date="2015")], Zeros())
    assert (first[milvus_rows.DATE], second[milvus_rows.DATE]) == ("", "2015")
