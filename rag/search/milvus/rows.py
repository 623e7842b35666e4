"""What a collection of passages on a Milvus server looks like: its fields, indexes, rows and filters."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from rag.arabic.text.grams import Grams
from rag.errors import EngineError
from rag.search.bm25 import K1, B
from rag.search.embedding import Embedder
from rag.types import EVERYTHING, Passage, Scope

VERSION = 2
"""Of fields, indexes and tokens; a collection of another is built anew."""
ID, GRAMS, LEXICAL, DENSE, SOURCE, DATE = "id", "grams", "lexical", "dense", "source", "date"
LONGEST = 65_535
"""Bytes of a VARCHAR."""
EDGE = "\N{LATIN LETTER RETROFLEX CLICK}"
"""Marks the edge of a word in place of `#`, which analysers take for punctuation; it is a letter that Arabic, Latin and
Cyrillic texts do not have."""
_FULL_TEXT = (2, 5)
_BATCH, _BATCH_BYTES = 256, 8_000_000
"""Rows of one call; a server takes 64 MB by default."""
M, EF_CONSTRUCTION, EF = 16, 256, 256
"""Of HNSW; with these the real server found .996 of the exact best ten of 100,000 passages."""


def token(gram: str) -> str:
    """A gram as the server knows it."""
    return gram.replace("#", EDGE)


def grams_of(passages: Iterable[Passage]) -> list[str]:
    """The grams of each passage with spaces between. Of one that would be too long for the field each gram is taken once, and of
    these as many as it takes: such a passage is a sentence of more than 7,000 letters."""
    return list(map(_fitting, Grams().spaced([passage.searched for passage in passages])))


def _fitting(grams: str) -> str:
    if len(grams.encode()) <= LONGEST - grams.count("#"):  # the edge's letter has two bytes
        return grams
    kept, room = [], LONGEST
    for gram in dict.fromkeys(grams.split()):
        room -= len(token(gram).encode()) + 1
        if room < 0:
            break
        kept.append(gram)
    return " ".join(kept)


def counted(passages: Iterable[Passage]) -> list[Counter[str]]:
    """How many times each passage holds each gram, as the server counts them."""
    return [Counter(grams.split()) for grams in grams_of(passages)]


def batches(passages: Iterable[Passage], embedder: Embedder) -> Iterator[list[dict[str, Any]]]:
    """The rows of passages, as many at once as one call carries; they are embedded as many at once as the embedder likes."""
    left = iter(passages)
    while group := list(islice(left, embedder.batch)):
        vectors = embedder.passages([passage.searched for passage in group])
        rows: list[dict[str, Any]] = []
        size = 0
        for passage, grams, vector in zip(group, grams_of(group), vectors, strict=True):
            row = _row(passage, grams, vector)
            rows.append(row)
            size += len(row[GRAMS].encode()) + len(row[SOURCE].encode())
            if len(rows) == _BATCH or size > _BATCH_BYTES:
                yield rows
                rows, size = [], 0
        if rows:
            yield rows


def _row(passage: Passage, grams: str, vector: np.ndarray) -> dict[str, Any]:
    about = {SOURCE: _cut(passage.source), DATE: _cut(passage.date or "")}
    return {ID: passage.id, GRAMS: token(grams), DENSE: vector.tolist(), **about}


def _cut(text: str) -> str:
    return text.encode()[:LONGEST].decode(errors="ignore")


def expression(scope: Scope) -> str:
    """A scope as Milvus filters by it, with the meaning that `Library.ids_within` gives it; "" for everything."""
    if scope == EVERYTHING:
        return ""
    parts = []
    if scope.since or scope.until:
        parts.append(f'{DATE} != ""')
    if scope.since:
        parts.append(f"{DATE} >= {_quoted(scope.since)}")
    if scope.until:
        parts.append(f"({DATE} <= {_quoted(scope.until)} or {DATE} like {_quoted(f'{scope.until}%')})")
    if scope.sources:
        parts.append(f"{SOURCE} in [{', '.join(_quoted(_cut(source)) for source in scope.sources)}]")
    return " and ".join(parts)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def is_lite(version: str) -> bool:
    """Whether a server of this version is `milvus-lite server`; the packaged real one calls itself 2.3.5-lite."""
    return version.startswith("milvus_lite")


def schema(client: Any, dimensions: int, version: str) -> tuple[Any, Any]:
    """The fields and the indexes of a collection on a server of a version. Raises EngineError where it has no full-text search.

    milvus-lite splits by nothing but its `standard` analyser, which gives the same tokens here; and it gets no graph, since it
    finds only half of the nearest through one where a filter leaves few passages: it compares every vector.
    """
    from pymilvus import DataType, Function, FunctionType

    lite, found = is_lite(version), re.match(r"v?(\d+)\.(\d+)", version)
    if found and tuple(map(int, found.groups())) < _FULL_TEXT:
        raise EngineError(
            f"the Milvus server is of version {version}, which has no full-text search; 2.5 or later is needed: update it, or "
            "unset RAG_ENGINE"
        )
    fields = client.create_schema(auto_id=False, enable_dynamic_field=False)
    fields.add_field(ID, DataType.INT64, is_primary=True)
    analyser = {"tokenizer": "standard" if lite else "whitespace"}
    fields.add_field(GRAMS, DataType.VARCHAR, max_length=LONGEST, enable_analyzer=True, analyzer_params=analyser)
    fields.add_field(LEXICAL, DataType.SPARSE_FLOAT_VECTOR)
    fields.add_field(DENSE, DataType.FLOAT_VECTOR, dim=dimensions)
    fields.add_field(SOURCE, DataType.VARCHAR, max_length=LONGEST)
    fields.add_field(DATE, DataType.VARCHAR, max_length=LONGEST)
    fields.add_function(
        Function(name="bm25", function_type=FunctionType.BM25, input_field_names=[GRAMS], output_field_names=[LEXICAL])
    )
    indexes = client.prepare_index_params()
    kind, built = ("FLAT", {}) if lite else ("HNSW", {"M": M, "efConstruction": EF_CONSTRUCTION})
    weighed = {"bm25_k1": K1, "bm25_b": B, "inverted_index_algo": "TAAT_NAIVE" if lite else "DAAT_MAXSCORE"}
    # Nested: pymilvus sends them as they are, every server reads them so, and milvus-lite no other way.
    indexes.add_index(DENSE, index_name=DENSE, index_type=kind, metric_type="IP", params={"params": built})
    indexes.add_index(
        LEXICAL,
        index_name=LEXICAL,
        index_type="SPARSE_INVERTED_INDEX",
        metric_type="BM25",
        params={"params": weighed},
    )
    if not lite:
        indexes.add_index(SOURCE, index_name=SOURCE, index_type="INVERTED")
        indexes.add_index(DATE, index_name=DATE, index_type="INVERTED")
    return fields, indexes
