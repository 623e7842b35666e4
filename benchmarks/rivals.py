"""Other ways to search Arabic passages, set up as their users would: BM25 over words and over stems, PostgreSQL, embedders."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import bm25s
import numpy as np

Search = Callable[[str], Sequence[int]]
"""A question to the ids of passages, best first."""

_WORD = re.compile(r"[\w\u064b-\u0652]+")
_HARAKAT = re.compile("[\u064b-\u0652\u0640]")
_ALEFS = str.maketrans("أإآىة", "اااي\u0647")
_PREFIXES = ("وال", "بال", "كال", "فال", "ال", "لل", "و")
_SUFFIXES = ("ها", "ان", "ات", "ون", "ين", "يه", "ية", "ه", "ة", "ي")


def words(text: str) -> list[str]:
    """The words as they are."""
    return _WORD.findall(text.lower())


def light10(text: str) -> list[str]:
    """The stems of Larkey, Ballesteros and Connell (2007), light10."""
    return [_stem(_HARAKAT.sub("", word).translate(_ALEFS)) for word in words(text)]


def _stem(word: str) -> str:
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= (3 if prefix == "و" else 2):
            word = word[len(prefix) :]
            break
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 2:
            word = word[: -len(suffix)]
    return word


def bm25(tokens: Callable[[str], list[str]], passages: Mapping[int, str], count: int) -> Search:
    """bm25s over what `tokens` makes of a text."""
    ids = np.array(list(passages))
    index = bm25s.BM25(k1=1.2, b=0.75)
    index.index([tokens(text) for text in passages.values()], show_progress=False)

    def search(question: str) -> list[int]:
        asked = [token for token in tokens(question) if token in index.vocab_dict]
        if not asked:
            return []
        found, _ = index.retrieve([asked], k=min(count, len(ids)), show_progress=False)
        return [int(id_) for id_ in ids[found[0]]]

    return search


def transformer(name: str, passages: Mapping[int, str], count: int) -> Search:
    """A sentence-transformers model that lies on this machine, searched exactly."""
    from rag.search.embedding import TransformerEmbedder

    ids, embedder = list(passages), TransformerEmbedder(name)
    vectors = embedder.passages(list(passages.values()))

    def search(question: str) -> list[int]:
        scores = vectors @ embedder.questions([question])[0]
        return [ids[i] for i in np.argsort(-scores)[:count]]

    return search


def postgres(stack: ExitStack, passages: Mapping[int, str], count: int) -> Search:
    """A PostgreSQL server of its own with the text search configuration `arabic`: any word of the question, by ts_rank."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postgres")))
    tools = (
        max(Path("/usr/lib/postgresql").glob("*/bin"), default=None) or Path(shutil.which("initdb") or "initdb").parent
    )
    owner = "postgres" if os.getuid() == 0 else None  # the server refuses to run as root
    if owner:
        shutil.chown(folder, owner, owner)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"

    def server(tool: str, *arguments: str | Path) -> None:
        command = [tools / tool, "-D", data, *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, user=owner, group=owner)

    server("initdb", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-U", "postgres")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    server("pg_ctl", "-w", "-o", options, "-l", folder / "log", "start")
    stack.callback(server, "pg_ctl", "-w", "-m", "immediate", "stop")
    import psycopg

    connection = stack.enter_context(psycopg.connect(f"host=127.0.0.1 port={port} user=postgres", autocommit=True))
    connection.execute("CREATE TABLE passages (id int PRIMARY KEY, words tsvector)")
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO passages VALUES (%s, to_tsvector('arabic', %s))", [(i, text) for i, text in passages.items()]
        )
    connection.execute("CREATE INDEX ON passages USING gin (words)")
    connection.execute("ANALYZE passages")
    query = (
        "SELECT id FROM passages, (SELECT replace(plainto_tsquery('arabic', %s)::text, '&', '|')::tsquery AS asked) q "
        "WHERE words @@ asked ORDER BY ts_rank(words, asked) DESC, id LIMIT %s"
    )
    return lambda question: [row[0] for row in connection.execute(query, (question, count)).fetchall()]


def open_all(stack: ExitStack, passages: Mapping[int, str], count: int) -> dict[str, Search]:
    """The rivals that need no model: name → search."""
    return {
        "words as they are, bm25s": bm25(words, passages, count),
        "light10 stems, bm25s": bm25(light10, passages, count),
        "PostgreSQL, arabic": postgres(stack, passages, count),
    }
