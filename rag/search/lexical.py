"""The lexical leg: BM25 (k1 1.2, b 0.75) over character 4-grams of folded words, in tantivy.

tantivy keeps its files in a folder; `stamp.json` beside them names each file's size and checksum and carries its own,
written after every commit, so that a truncated or altered file is found when the index is opened.
"""

from __future__ import annotations

import json
import math
import os
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import tantivy
from filelock import FileLock

from rag.arabic.text.grams import Grams, word_grams
from rag.errors import IndexDamaged
from rag.files import clear, make_durable, replacing, signature
from rag.query.question import Question, Word
from rag.search.bm25 import SECOND_BEST, alternatives
from rag.search.index_state import FORMAT, IndexState, Within, alone, sealed, unsealed
from rag.types import Passage

_STAMP = "stamp.json"
_SEGMENT = re.compile(r"[0-9a-f]{32}\.")
_WRITER_BYTES = 64_000_000
_AT_ONCE = 256
"""Passages."""
_REMEMBERED = 100_000
"""Grams whose frequency is looked up once (15 MB)."""
_SMALL, _WORN = 2_000, 1 / 3
"""Passages that are indexed in 0.5 s; and the share of removed ones that is let stand in a larger index."""
MANY, COMMON = 20_000, 1.0
"""Among so many passages, grams of a lower inverse document frequency (they stand in over 37 % of them) are not looked for: it
takes half the time and, for the questions of ARCD train among 114,000 passages, ranks as well."""


class LexicalIndex:
    """Passages by their 4-grams, in the folder `path`."""

    name = "lexical"
    made_with = "4-grams 2"
    first = 4096
    least_growth = 0.0

    def __init__(self, path: Path) -> None:
        self.path = path
        self._index: tantivy.Index | None = None
        self._counted: int | None = None
        self._grams = Grams()
        self._idf: dict[str, float] = {}
        self._state: IndexState | None = None
        self._signature: object = None
        self._files: dict[str, tuple[int, int]] = {}
        self._writing = FileLock(path.with_name(f"{path.name}.lock"))

    def state(self) -> IndexState | None:
        if not (self.path / _STAMP).is_file():
            return None
        try:
            found = signature(self.path / _STAMP)
            if found == self._signature:
                return self._state
            row = unsealed((self.path / _STAMP).read_bytes())
            state = IndexState.from_json(row)
            if state.format != FORMAT:
                return state
            files = {name: (int(size), int(checksum)) for name, (size, checksum) in row["files"].items()}
            for name, expected in files.items():
                if _checked(self.path / name) != expected:
                    raise IndexDamaged(f"{name} fails its checksum")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
            raise IndexDamaged(f"{_STAMP} or a file it names cannot be read: {e}") from e
        try:
            self._show(_open(self.path))  # what is searched next is what was checked here
        except ValueError as e:
            raise IndexDamaged(f"tantivy cannot open it: {e}") from e
        self._files, self._state, self._signature = files, state, found
        return state

    def idle_state(self) -> IndexState | None:
        # Between tantivy's commit and the seal the files are not those of the state.
        with alone(self._writing, self.name, self.path):
            return self.state()

    def update(self, added: Iterable[Passage], removed: Sequence[int], state: IndexState, fresh: bool) -> None:
        with alone(self._writing, self.name, self.path):
            self._update(added, removed, state, fresh)

    def _update(self, added: Iterable[Passage], removed: Sequence[int], state: IndexState, fresh: bool) -> None:
        # What is searched meanwhile stays as it is: a fresh index is made beside it and then put in its place.
        folder = self.path.with_name(f"{self.path.name}.new") if fresh else self.path
        if fresh:
            clear(folder)
        folder.mkdir(parents=True, exist_ok=True)
        index = _open(folder)
        writer = index.writer(_WRITER_BYTES, num_threads=1)
        for id_ in removed:
            writer.delete_documents_by_term("id", id_)
        left = iter(added)
        while batch := list(islice(left, _AT_ONCE)):
            found = self._grams.spaced([passage.searched for passage in batch])
            for passage, grams in zip(batch, found, strict=True):
                if not fresh:  # a crash between commit and state leaves passages that come again
                    writer.delete_documents_by_term("id", passage.id)
                document = tantivy.Document()
                document.add_integer("id", passage.id)
                document.add_text("grams", grams)
                writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._files = _seal(folder, state, {} if fresh else self._files)
        if fresh:
            _take_place(folder, self.path)
        self._show(_open(self.path))  # until here other threads search what was
        self._state, self._signature = state, signature(self.path / _STAMP)

    def _searcher(self) -> tantivy.Searcher:
        if self._index is None:
            self._show(_open(self.path))
        assert self._index is not None
        return self._index.searcher()

    def _show(self, index: tantivy.Index) -> None:
        """Has what follows search this index."""
        self._index, self._counted, self._idf = index, None, {}

    @property
    def _total(self) -> int:
        """The passages in all segments, those that were removed included."""
        if self._counted is None:
            segments = json.loads((self.path / "meta.json").read_bytes())["segments"]
            self._counted = sum(segment["max_doc"] for segment in segments)
        return self._counted

    def needs_rebuild(self, removed: int) -> bool:
        """Whether it is small, or a third of it would be passages that were removed: they count in the scores of the others
        until it is built anew."""
        left = self._searcher().num_docs - removed
        return bool(left <= _SMALL or self._total - left > _WORN * self._total)

    def search(self, question: Question, k: int, within: Within = None) -> list[tuple[int, float]]:
        searcher = self._searcher()
        grams = [gram for word in question.words if not word.translations for gram in word_grams(word.text)]
        clauses = [self._term(gram) for gram in (grams if within is not None else self._telling(grams))]
        clauses += [self._translated(word) for word in question.words if word.translations]
        if not clauses or not searcher.num_docs:
            return []
        asked = tantivy.Query.boolean_query([(tantivy.Occur.Should, clause) for clause in clauses])
        if within is not None:
            assert self._index is not None
            inside = tantivy.Query.term_set_query(self._index.schema, "id", list(within))
            unscored = tantivy.Query.const_score_query(inside, 0.0)
            asked = tantivy.Query.boolean_query([(tantivy.Occur.Must, asked), (tantivy.Occur.Must, unscored)])
        hits = searcher.search(asked, limit=k, count=False).hits
        ids = searcher.fast_field_values("id", [address for _, address in hits])
        return [(int(id_), float(score)) for id_, (score, _) in zip(ids, hits, strict=True)]

    def _telling(self, grams: list[str]) -> list[str]:
        """The grams without those that nearly every passage holds; all where there is no other, or the index is small."""
        if self._total < MANY:
            return grams
        idf = self.idf(grams)
        return [gram for gram in grams if idf[gram] >= COMMON] or grams

    def _translated(self, word: Word) -> tantivy.Query:
        """The grams of a word, or the best of its translations', the rarer ones."""
        found = []
        forms = (form for _, forms in ((1.0, (word.text,)), *word.translations) for form in forms)
        for weight, grams in alternatives(word, self.idf(gram for form in forms for gram in word_grams(form))):
            every = tantivy.Query.boolean_query([(tantivy.Occur.Should, self._term(gram)) for gram in grams])
            found.append(tantivy.Query.boost_query(every, weight))
        return tantivy.Query.disjunction_max_query(found, SECOND_BEST)

    def _term(self, gram: str) -> tantivy.Query:
        assert self._index is not None
        return tantivy.Query.term_query(self._index.schema, "grams", gram, "freq")

    def idf(self, found: Iterable[str]) -> dict[str, float]:
        """The `rarity` of each gram.

        What was removed counts until tantivy merges it away, as in its own scores.
        """
        known = self._idf
        searcher, total = self._searcher(), self._total
        if len(known) > _REMEMBERED:
            known.clear()
        idf = {}
        for gram in found:
            value = known.get(gram)
            if value is None:
                value = known[gram] = rarity(searcher.doc_freq("grams", gram), total)
            idf[gram] = value
        return idf


def rarity(n: int, total: int) -> float:
    """The inverse document frequency of what n of all passages hold, ln(1 + (N − n + ½) / (n + ½)) as in BM25."""
    return math.log(1 + (total - n + 0.5) / (n + 0.5))


def _open(folder: Path) -> tantivy.Index:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field(
        "id", stored=False, indexed=True, fast=True
    )  # of an unsigned field no term is found for deletion
    builder.add_text_field("grams", stored=False, tokenizer_name="whitespace", index_option="freq")
    return tantivy.Index(builder.build(), path=str(folder), reuse=True)


def _seal(folder: Path, state: IndexState, known: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Writes the state, and gives the size and checksum of each file; tantivy never changes a segment's files."""
    files = {}
    for path in sorted(folder.iterdir()):
        if not path.name.startswith((_STAMP, ".tantivy")) and path.is_file():
            held = known.get(path.name) if _SEGMENT.match(path.name) else None
            files[path.name] = held or _checked(path)
    with replacing(folder / _STAMP) as file:
        file.write(sealed({**state.as_json(), "files": files}))
    return files


def _checked(path: Path) -> tuple[int, int]:
    """The size and checksum of a file."""
    data = path.read_bytes()
    return len(data), zlib.crc32(data)


def _take_place(folder: Path, of: Path) -> None:
    """Puts a folder in the place of another, or of whatever lies there; who is stopped between finds none, and builds one."""
    old = of.with_name(f"{of.name}.old")
    clear(old)
    if of.exists():
        os.replace(of, old)
    os.replace(folder, of)
    make_durable(of.parent)
    clear(old)
