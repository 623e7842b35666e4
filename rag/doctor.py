"""What is installed, shipped, missing or stale, and what mends it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from rag import wiring
from rag.answer import prompts
from rag.backup import REPLACED
from rag.errors import IndexDamaged, RagError
from rag.search.leg import current_stamp
from rag.settings import Settings

_PACKAGES = ("sentence-transformers", "faiss-cpu", "gradio", "llama-cpp-python", "tantivy", "model2vec")
_FREE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `mend` says what a person should do where `ok` is false."""

    what: str
    ok: bool
    found: str
    mend: str = ""


def examine(settings: Settings) -> list[Finding]:
    """The findings in order; nothing is changed but that an empty library is made where there is none."""
    return [*_installed(), *_shipped(settings), *_library(settings), *_writer(settings), *_machine(settings)]


def _installed() -> Iterator[Finding]:
    yield Finding(
        "Python",
        sys.version_info >= (3, 11),
        sys.version.split()[0],
        "" if sys.version_info >= (3, 11) else "install Python 3.11",
    )
    for name in _PACKAGES:
        try:
            yield Finding(name, True, version(name))
        except PackageNotFoundError:
            yield Finding(name, False, "not installed", "run `make install`, or `pip install .`")


def _shipped(settings: Settings) -> Iterator[Finding]:
    try:
        yield Finding("embedder", True, wiring.open_embedder(settings).name)
    except RagError as e:
        yield Finding("embedder", False, str(e))
    try:
        prompts.text("nothing_found.ar")
        yield Finding("prompts", True, str(prompts.folder()))
    except RagError as e:
        yield Finding("prompts", False, str(e))


def _library(settings: Settings) -> Iterator[Finding]:
    try:
        with wiring.open_library(settings) as library:
            library.check()
            articles, passages = library.count()
            empty = "" if articles else "add articles with `rag index PATH`"
            yield Finding(
                "library", bool(articles), f"{articles:,} articles, {passages:,} passages in {library.path}", empty
            )
            retriever = wiring.open_retriever(settings, library, wiring.open_embedder(settings))
            for leg in (retriever.lexical, retriever.dense):
                wanted = current_stamp(leg, library)
                try:
                    stamp = leg.stamp()
                except IndexDamaged as e:
                    yield Finding(f"{leg.name} index", False, f"damaged: {e}", "any `rag search` rebuilds it")
                    continue
                state = "missing" if stamp is None else "current" if stamp == wanted else "stale"
                ok = state == "current" or not articles
                yield Finding(f"{leg.name} index", ok, state, "" if ok else "any `rag search` brings it up to date")
    except RagError as e:
        yield Finding("library", False, str(e))
    try:
        if (settings.index_dir / "conversations.sqlite").exists():
            with wiring.open_conversations(settings) as conversations:
                conversations.check()
                yield Finding("conversations", True, f"{conversations.count():,} in {conversations.path}")
    except RagError as e:
        yield Finding("conversations", False, str(e))
    for old in sorted(settings.index_dir.glob(f"{REPLACED}*")):
        yield Finding("restore", False, f"one was interrupted and left {old}", "run it again, then delete that folder")


def _writer(settings: Settings) -> Iterator[Finding]:
    try:
        writer, choice = wiring.open_writer(settings)
        usable = choice.why != "unusable"
        yield Finding("writer", usable, f"{writer.name}: {choice}", "" if usable else "set RAG_MODEL to another model")
    except RagError as e:
        yield Finding("writer", False, str(e))


def _machine(settings: Settings) -> Iterator[Finding]:
    folder = next(p for p in (settings.index_dir, *settings.index_dir.parents) if p.exists())
    free = shutil.disk_usage(folder).free
    ok = free >= _FREE_BYTES
    yield Finding("disk", ok, f"{free / 1e9:.1f} GB free in {folder}", "" if ok else "free some space")
    yield Finding("network", True, "not needed")
