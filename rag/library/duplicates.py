"""Near-duplicates among the articles of a library: what is kept to find them, and which they are.

Of each article its sketch is kept, and the smallest hashes of it as the way to those that may be like it. Which articles are
near-duplicates is never kept but always seen from the sketches that are there, so that no order of adding and removing matters.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from rag.library.minhash import KEYS, Sketch, alike_pairs, are_alike, likeness, sketches

SCHEMA = """
CREATE TABLE sketches (
    id INTEGER PRIMARY KEY, article TEXT NOT NULL UNIQUE REFERENCES articles(id) ON DELETE CASCADE, hashes BLOB NOT NULL
);
CREATE TABLE sketch_keys (hash INTEGER NOT NULL, sketch INTEGER NOT NULL, PRIMARY KEY (hash, sketch)) WITHOUT ROWID"""
MOST = 20
"""Near-duplicates of an article that are named."""
_LOOKED_AT = 1000
"""Articles under one key, at most; what an agency writes under all its texts is in thousands."""
_AT_ONCE = 256
_PRIME = (1 << 31) - 1


def remember(db: sqlite3.Connection, texts: Sequence[tuple[str, str]]) -> None:
    """Keeps the sketches of articles that have none yet, given as id and text."""
    (last,) = db.execute("SELECT coalesce(max(id), 0) FROM sketches").fetchone()
    found = list(enumerate(sketches([text for _, text in texts]), last + 1))
    rows = [(id_, article, _packed(sketch)) for (id_, sketch), (article, _) in zip(found, texts, strict=True)]
    db.executemany("INSERT INTO sketches VALUES (?, ?, ?)", rows)
    keys = sorted((hash_, id_) for id_, sketch in found for hash_ in sketch[:KEYS].tolist())
    db.executemany("INSERT INTO sketch_keys VALUES (?, ?)", keys)


def remember_all(db: sqlite3.Connection) -> None:
    """Keeps the sketches of all articles, of which none has one yet; of 29,137 articles in 3 s."""
    after = ""
    while texts := db.execute(
        "SELECT id, text FROM articles WHERE id > ? ORDER BY id LIMIT ?", (after, _AT_ONCE)
    ).fetchall():
        remember(db, texts)
        after = texts[-1][0]


def forget(db: sqlite3.Connection, article: str) -> None:
    """Drops what is kept of an article, where there is something."""
    if row := db.execute("SELECT id, hashes FROM sketches WHERE article = ?", (article,)).fetchone():
        keys = [(hash_, row[0]) for hash_ in _hashes(row[1])[:KEYS]]
        db.executemany("DELETE FROM sketch_keys WHERE hash = ? AND sketch = ?", keys)
        db.execute("DELETE FROM sketches WHERE id = ?", (row[0],))


def near(db: sqlite3.Connection, articles: Iterable[str]) -> dict[str, dict[str, str]]:
    """For each article, the ids and titles of its near-duplicates, the likest first, MOST of them at most."""
    return {article: _near(db, article) for article in dict.fromkeys(articles)}


def _near(db: sqlite3.Connection, article: str) -> dict[str, str]:
    row = db.execute("SELECT id, hashes FROM sketches WHERE article = ?", (article,)).fetchone()
    if row is None:
        return {}
    own = frozenset(hashes := _hashes(row[1]))
    others: set[int] = set()
    for hash_ in hashes[:KEYS]:
        wanted = "SELECT sketch FROM sketch_keys WHERE hash = ? ORDER BY sketch LIMIT ?"
        others.update(other for (other,) in db.execute(wanted, (hash_, _LOOKED_AT)))
    wanted = "SELECT article, hashes FROM sketches WHERE id IN (SELECT value FROM json_each(?))"
    known = _sketches(db.execute(wanted, (json.dumps(list(others - {row[0]})),)))
    alike = [(-likeness(own, other), id_) for id_, other in known.items() if are_alike(own, other)]
    found = [id_ for _, id_ in sorted(alike)[:MOST]]
    titles = "SELECT id, title FROM articles WHERE id IN (SELECT value FROM json_each(?))"
    named = dict(db.execute(titles, (json.dumps(found),)).fetchall())
    return {other: named[other] for other in found}


def pairs(db: sqlite3.Connection, articles: Iterable[str]) -> set[frozenset[str]]:
    """Those two of some articles that are near-duplicates."""
    wanted = "SELECT article, hashes FROM sketches WHERE article IN (SELECT value FROM json_each(?))"
    return alike_pairs(_sketches(db.execute(wanted, (json.dumps(list(articles)),))))


def linked(db: sqlite3.Connection) -> dict[str, list[str]]:
    """The ids that `near` gives of every article that has near-duplicates; of 29,137 articles in 2 s."""
    known: list[tuple[str, frozenset[int]]] = []
    under: defaultdict[int, list[int]] = defaultdict(list)
    keys: list[list[int]] = []
    late: list[tuple[int, int]] = []  # who comes behind those that are looked at under a key, sees them and is not seen
    for place, (article, packed) in enumerate(db.execute("SELECT article, hashes FROM sketches ORDER BY id")):
        hashes = _hashes(packed)
        known.append((article, frozenset(hashes)))
        keys.append(hashes[:KEYS])
        for hash_ in keys[-1]:
            if len(under[hash_]) < _LOOKED_AT:
                under[hash_].append(place)
            else:
                late.append((place, hash_))
    found: defaultdict[str, set[tuple[float, str]]] = defaultdict(set)

    def compare(one: int, others: Iterable[int], seen: bool) -> None:
        article, own = known[one]
        for other, its in map(known.__getitem__, others):
            if are_alike(own, its):
                unlikeness = -likeness(own, its)
                found[article].add((unlikeness, other))
                if seen:
                    found[other].add((unlikeness, article))

    for place, own_keys in enumerate(keys):
        compare(place, {other for hash_ in own_keys for other in under[hash_] if other > place}, seen=True)
    for place, hash_ in late:
        compare(place, under[hash_], seen=False)
    return {article: [other for _, other in sorted(found[article])[:MOST]] for article in sorted(found)}


def are_whole(db: sqlite3.Connection) -> bool:
    """Whether what is kept is what the articles give, each with its sketch and its keys."""
    count = total = 0
    after = ""
    wanted = """SELECT a.id, a.text, s.hashes FROM articles a LEFT JOIN sketches s ON s.article = a.id
                WHERE a.id > ? ORDER BY a.id LIMIT ?"""
    while rows := db.execute(wanted, (after, _AT_ONCE)).fetchall():
        for (_, _, kept), sketch in zip(rows, sketches([text for _, text, _ in rows]), strict=True):
            if kept != _packed(sketch):
                return False
            keys = sketch[:KEYS].tolist()
            count, total = count + len(keys), total + sum(hash_ % _PRIME for hash_ in keys)
        after = rows[-1][0]
    kept_keys = db.execute(f"SELECT count(*), coalesce(sum(hash % {_PRIME}), 0) FROM sketch_keys").fetchone()
    return bool(kept_keys == (count, total))


def _sketches(rows: Iterable[tuple[str, bytes]]) -> dict[str, frozenset[int]]:
    return {article: frozenset(_hashes(packed)) for article, packed in rows}


def _packed(sketch: Sketch) -> bytes:
    return sketch.astype("<i8").tobytes()


def _hashes(packed: bytes) -> list[int]:
    """The hashes of a sketch, ascending."""
    found: list[int] = np.frombuffer(packed, "<i8").tolist()
    return found
