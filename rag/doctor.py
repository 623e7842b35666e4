"""What is installed, shipped, missing or stale, and what mends it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from filelock import FileLock, Timeout

from rag import wiring
from rag.addresses import shown_addresses
from rag.answer import prompts
from rag.backup import REPLACED
from rag.errors import IndexDamaged, RagError
from rag.files import is_open
from rag.library import Library
from rag.models import checksums, pulled
from rag.models.pulled import size_of
from rag.models.pulling import in_words
from rag.search.catch_up import current_state
from rag.search.embedding import SHIPPED
from rag.search.index_state import WRITING, IndexState, SearchIndex
from rag.search.milvus.collection import MilvusCollection
from rag.settings import Settings

_PACKAGES = (
    *("sentence-transformers", "torch", "faiss-cpu", "gradio", "llama-cpp-python", "tantivy", "tokenizers"),
    *("trafilatura", "lxml", "pypdf", "python-docx", "zstandard"),
)
_FREE_BYTES = 500_000_000
_FREE_MEMORY = 1_200_000_000
"""What indexing an archive of 30,000 articles may take at its peak; a language model takes its own size more."""
_MEMORY = Path("/proc/meminfo")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `mend` says what a person should do where `ok` is false."""

    what: str
    ok: bool
    found: str
    mend: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """The findings in order, each when it is known: of a large model every byte is read, 2 s for each gigabyte or so.

    Nothing is changed but that an empty library is made where there is none.
    """
    yield from _installed()
    yield from _shipped(settings)
    yield from _library(settings)
    yield from _machine(settings)
    yield from _writer(settings)
    yield from _models(settings)


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
    wrong = "; ".join(checksums.damage(SHIPPED))
    mend = "`git checkout rag/models/shipped`, or install the program again"
    yield Finding("shipped model", not wrong, wrong or "every byte is as it was made", mend if wrong else "")
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
            size = sum(file.stat().st_size for file in settings.index_dir.glob("library.sqlite*"))
            yield Finding(
                "library",
                bool(articles),
                f"{articles:,} articles, {passages:,} passages, generation {library.generation}, {in_words(size)} in {library.path}",
                "" if articles else "add articles with `rag index PATH`",
            )
            embedder = wiring.open_embedder(settings)
            if settings.engine == "milvus":
                yield _collection(wiring.open_collection(settings, library, embedder), bool(articles))
            else:
                engine = wiring.open_embedded(settings, library, embedder)
                for index, name in ((engine.lexical, "lexical"), (engine.dense, "vectors.faiss")):
                    yield _index(index, library, settings.index_dir / name, bool(articles))
    except RagError as e:
        yield Finding("library", False, str(e))
    try:
        if (settings.index_dir / "conversations.sqlite").exists():
            with wiring.open_conversations(settings) as conversations:
                conversations.check()
                yield Finding("conversations", True, f"{conversations.count():,} in {conversations.path}")
    except RagError as e:
        yield Finding("conversations", False, str(e))
    others = is_open(settings.index_dir)  # what it holds is behind its door
    found = f"{settings.index_dir} can be opened by others" if others else "only its owner can read the index"
    yield Finding("privacy", not others, found, f"chmod -R go= {settings.index_dir}" if others else "")
    for old in sorted(settings.index_dir.glob(f"{REPLACED}*")):
        yield Finding("restore", False, f"one was interrupted and left {old}", "run it again, then delete that folder")


def _index(index: SearchIndex, library: Library, path: Path, needed: bool) -> Finding:
    """An index: whether it is whole and reflects the library, its generation and size."""
    what, wanted = f"{index.name} index", current_state(index, library)
    try:
        state = _state(index, path.parent)
    except IndexDamaged as e:
        return Finding(what, False, f"damaged: {e}", "any `rag search` rebuilds it")
    except Timeout:
        return Finding(what, True, "being written by another process; look again when that has finished")
    if state is None:
        return Finding(what, not needed, "missing", "any `rag search` builds it" if needed else "")
    found = f"generation {state.generation}, {in_words(size_of(path))} in {path}"
    if state == wanted or not needed:
        return Finding(what, True, f"current: {found}")
    return Finding(
        what, False, f"stale: {found}, the library is at {wanted.generation}", "any `rag search` brings it up to date"
    )


def _state(index: SearchIndex, folder: Path) -> IndexState | None:
    """The state of an index; Timeout where it does not fit the index, and another process is writing that."""
    try:
        return index.state()
    except IndexDamaged:
        if not os.access(folder, os.W_OK):
            raise
        with FileLock(folder / WRITING, timeout=0):  # nobody leaves an index half written whose lock is free
            return index.idle_state()


def _collection(collection: MilvusCollection, needed: bool) -> Finding:
    """The server's collection: whether the server answers, and what it holds of the library."""
    what, server, wanted = "engine milvus", collection.server, current_state(collection, collection.library)
    try:
        version = server.ask("get_server_version")
        state = collection.state()
        shown = collection.is_shown()
    except IndexDamaged as e:
        return Finding(what, False, f"damaged: {e}", "any `rag search` rebuilds it")
    except RagError as e:
        return Finding(what, False, str(e))
    found = f"{version} at {server.url}"
    if state is None or not shown:
        return Finding(
            what, not needed, f"{found} has no collection of it", "any `rag search` builds it" if needed else ""
        )
    rows = collection.kept.rows if collection.kept else None
    found += f", collection {collection.written}, generation {state.generation}, {rows or 0:,} passages"
    if state == wanted:
        return Finding(what, True, f"current: {found}")
    return Finding(
        what, False, f"stale: {found}, the library is at {wanted.generation}", "any `rag search` brings it up to date"
    )


def _models(settings: Settings) -> Iterator[Finding]:
    """The models that were pulled; what has arrived of others."""
    for entry in pulled.entries(settings.models_dir):
        name, what = entry.model.name, f"model {entry.model.name}"
        record = pulled.read(entry.path) if entry.path else None
        if entry.arrived:
            yield Finding(what, True, f"{in_words(entry.arrived)} arrived", f"`rag models pull {name}` goes on")
        if entry.path and record is None:
            yield Finding(
                what, True, f"{in_words(size_of(entry.path))}, put there by hand, without a checksum to compare"
            )
        elif entry.path and record:
            wrong = pulled.damage(record, entry.path, lambda done: None)
            found = f"{in_words(record.size)} of {record.repository}, every byte is as it was pulled"
            yield Finding(what, not wrong, wrong or found, f"`rag models pull {name}` pulls it again" if wrong else "")


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
    yield from _memory()
    yield _fonts()
    remote = (
        f"not needed, but by the writer `remote`, for {shown_addresses(settings.remote_url)}"
        if settings.remote_url
        else "not needed"
    )
    yield Finding("network", True, remote)


def _memory() -> Iterator[Finding]:
    """The memory that programs can still have, where the system says it (Linux)."""
    try:
        rows = dict(row.split(":", 1) for row in _MEMORY.read_text(encoding="ascii").splitlines())
        free = 1024 * int(rows["MemAvailable"].split()[0])
    except (OSError, ValueError, KeyError):
        return
    ok = free >= _FREE_MEMORY
    yield Finding(
        "memory", ok, f"{free / 1e9:.1f} GB free", "" if ok else "close other programs, or take a smaller model"
    )


def _fonts() -> Finding:
    """Whether a browser on this machine finds letters for Arabic; macOS and Windows bring them."""
    if not sys.platform.startswith("linux"):
        return Finding("Arabic fonts", True, "the system's own")
    if (command := shutil.which("fc-list")) is None:
        return Finding(
            "Arabic fonts", True, "not looked for, since there is no fontconfig: a browser elsewhere brings its own"
        )
    try:
        listed = subprocess.run(
            [command, ":lang=ar", "family"], capture_output=True, text=True, timeout=20, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        return Finding("Arabic fonts", False, f"{command} fails: {e}", "install fontconfig again")
    fonts = sorted({line.split(",")[0] for line in listed.stdout.splitlines() if line.strip()})
    if not fonts:
        mend = (
            "`apt install fonts-noto-core`, or another font with Arabic letters, or open the chat from another machine"
        )
        return Finding("Arabic fonts", False, "none; a browser here would show empty boxes", mend)
    return Finding("Arabic fonts", True, ", ".join(fonts[:3]) + (f" and {len(fonts) - 3} more" if fonts[3:] else ""))
