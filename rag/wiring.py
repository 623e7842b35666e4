"""The one place that knows every concrete class: opens a library with its indexes and a writer, as the settings say."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rag.answer.writers import Choice, Writer
from rag.conversations import Conversations
from rag.errors import HistoryDamaged, InputError, LibraryError, ModelError
from rag.library import Library
from rag.models import chosen
from rag.models.selection import chosen_place, find_model, knows_server, located, remembered
from rag.query.question import Question, QuestionParser
from rag.query.translation import Translator
from rag.search.catch_up import Progress, catch_up, is_far_behind
from rag.search.dense import DenseIndex
from rag.search.embedding import SHIPPED, Embedder, StaticEmbedder, TransformerEmbedder
from rag.search.engine import Engine
from rag.search.index_state import WRITING, SearchIndex
from rag.search.lexical import LexicalIndex
from rag.search.local_engine import LocalEngine
from rag.search.milvus import MARK
from rag.search.reranking import SHIPPED_RERANKER, CrossEncoderReranker, LinearReranker, Reranker
from rag.search.retriever import Retriever
from rag.search.subprocess import Other, apart, following
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.answer.assistant import Assistant
    from rag.answer.reader import Reader
    from rag.search.milvus.collection import MilvusCollection

_OPENING = threading.Lock()
EMPTY = "the library is empty: add articles with `rag index PATH`"


def open_library(settings: Settings) -> Library:
    """The library of the settings' index folder, made if it is not there.

    Raises LibraryError where an emptied file lies beside the indexes of a library.
    """
    path = settings.index_dir / "library.sqlite"
    indexed = any((settings.index_dir / name).exists() for name in ("vectors.faiss", MARK))
    if indexed and path.is_file() and not path.stat().st_size:
        raise LibraryError(
            f"{path} has 0 bytes, but the indexes of a library lie beside it; restore it from a copy, or delete it and "
            "run `rag index` on your articles again"
        )
    return Library(path)


def open_conversations(settings: Settings) -> Conversations:
    """The conversations of the settings' index folder, made if they are not there."""
    return Conversations(settings.index_dir / "conversations.sqlite")


def open_conversations_or_begin_anew(settings: Settings) -> tuple[Conversations, str]:
    """The conversations, and a line for people where they were damaged: then the file lies beside its place, which a new one takes."""
    try:
        return open_conversations(settings), ""
    except HistoryDamaged as e:
        aside = f"damaged-{datetime.now():%Y%m%d-%H%M%S}"
        for ending in ("", "-wal", "-shm"):
            held = settings.index_dir / f"conversations.sqlite{ending}"
            if held.exists():
                held.replace(settings.index_dir / f"conversations.{aside}.sqlite{ending}")
        what = str(e).split(";")[0]
        return open_conversations(
            settings
        ), f"{what}; it was set aside as conversations.{aside}.sqlite, and a new one begun"


def open_embedder(settings: Settings) -> Embedder:
    """The shipped embedder, or the one that `embedder` names."""
    if settings.embedder:
        return TransformerEmbedder(located(settings.embedder, "embedder", settings))
    return shipped_embedder()


@cache
def shipped_embedder() -> StaticEmbedder:
    """The shipped embedder, opened once."""
    return StaticEmbedder(SHIPPED)


def open_retriever(settings: Settings, library: Library, embedder: Embedder) -> Retriever:
    """The search over the library; its indexes may be behind until `catch_up`."""
    engine = open_engine(settings, library, embedder)
    lock = settings.index_dir / WRITING
    return Retriever(library, engine, _reranker(settings, engine), lock)


def shipped_reader() -> Reader:
    """The shipped reader, opened once, whichever thread asks first."""
    with _OPENING:
        return _reader()


@cache
def _reader() -> Reader:
    from rag.answer.reader import Reader

    return Reader(SHIPPED)


def begin_to_open_reader(question: Question, settings: Settings) -> None:
    """Opens the shipped reader beside what comes next, where a question needs it: that takes as long as opening the indexes does.

    What is wrong with its files is told when it is used.
    """

    def opened() -> None:
        with suppress(ModelError):
            shipped_reader()

    if settings.reader and question.needs_reading:
        threading.Thread(target=opened, name="opening the reader").start()


@cache
def shipped_parser() -> QuestionParser:
    """What reads questions, with the shipped translations, opened once."""
    return QuestionParser(Translator(SHIPPED))


def open_engine(settings: Settings, library: Library, embedder: Embedder) -> Engine:
    """The engine that the settings name."""
    if settings.engine == "milvus":
        from rag.search.milvus.engine import MilvusEngine  # seldom used, and 20 ms of every start

        return MilvusEngine(open_collection(settings, library, embedder))
    return open_embedded(settings, library, embedder)


def open_collection(settings: Settings, library: Library, embedder: Embedder) -> MilvusCollection:
    """The library's collection on the settings' server, which is not asked yet."""
    from rag.search.milvus.collection import MilvusCollection
    from rag.search.milvus.server import MilvusServer

    server = MilvusServer(settings.milvus_url, settings.milvus_token.get_secret_value())
    return MilvusCollection(library, embedder, server)


def open_embedded(settings: Settings, library: Library, embedder: Embedder) -> LocalEngine:
    """Both indexes over the library, in the settings' index folder."""
    lexical, dense = _lexical(settings.index_dir), _dense(settings.index_dir, embedder)
    place = str(library.path), str(settings.index_dir)

    def follower(index: SearchIndex, progress: Progress | None) -> AbstractContextManager[Other]:
        return apart(follow, (*place, index.name), progress)

    shipped = isinstance(embedder, StaticEmbedder)  # another model would be in memory twice
    return LocalEngine(library, lexical, dense, follower, (lexical, dense) if shipped else (lexical,))


def follow(library: str, folder: str, name: str) -> None:
    """Brings the index of this name up to its library again and again, in a process that `apart` has started for it."""
    with Library(Path(library)) as opened:
        index = _index(Path(folder), name)
        following(lambda: is_far_behind(index, opened), lambda progress: catch_up(index, opened, progress))


def _index(folder: Path, name: str) -> SearchIndex:
    return _lexical(folder) if name == LexicalIndex.name else _dense(folder, shipped_embedder())


def _lexical(folder: Path) -> LexicalIndex:
    return LexicalIndex(folder / "lexical")


def _dense(folder: Path, embedder: Embedder) -> DenseIndex:
    return DenseIndex(folder / "vectors.faiss", embedder)


def _reranker(settings: Settings, engine: Engine) -> Reranker:
    if settings.reranker:
        return CrossEncoderReranker(located(settings.reranker, "reranker", settings))
    return LinearReranker(engine.idf, shipped_embedder())


def switch_reranker(assistant: Assistant, settings: Settings, name: str) -> None:
    """Has another reranker look at what is found from now on: a pulled one, by its short name, or the "shipped" one.

    Until the program ends; RAG_RERANKER keeps it. Raises InputError where it is not here, ModelError where it cannot be
    loaded; nothing has changed then.
    """
    place = "" if name == SHIPPED_RERANKER else str(chosen_place(name, "reranker", settings))
    taken = settings.model_copy(update={"reranker": place})
    assistant.use_reranker(_reranker(taken, assistant.retriever.engine))


def open_writer(settings: Settings) -> tuple[Writer, Choice]:
    """The writer and the reason for taking it.

    `auto` takes what was chosen last (`switch_writer`), else a language model if there is one here that can be loaded, else
    `quote`; `llama` raises ModelError without a language model, `remote` InputError without a server.
    """
    if settings.writer == "quote":
        return _quote(), Choice("asked")
    if settings.writer == "remote":
        return _remote(settings), Choice("asked")
    name = remembered(settings)
    if settings.writer == "auto" and name in ("quote", "remote"):
        return _named(name, settings)
    try:
        model = find_model(settings)
        if model is None:
            if settings.writer == "llama":
                raise ModelError(
                    f"no language model: RAG_MODEL is not set and {settings.models_dir} holds no .gguf file; `rag models pull "
                    "balanced` gets one"
                )
            return _quote(), Choice("none")
        return _llama(model, settings), Choice("chosen" if name else "found", model.name, model)
    except ModelError as e:
        if settings.writer == "llama":
            raise
        return _quote(), Choice("unusable", str(e))


def switch_writer(assistant: Assistant, settings: Settings, name: str) -> None:
    """Has another writer answer from the next question on: "quote", "remote", or a language model here by the name that
    `rag models list` shows, or the one that RAG_MODEL names.

    It is remembered for the next start where neither RAG_WRITER nor RAG_MODEL says what writes. The new one is opened
    beside the old one, which is closed when its answers are done. Raises ModelError where the model cannot be loaded,
    InputError where there is none of that name or no server is set; nothing has changed then.
    """
    assistant.switch(*_named(name, settings))
    if settings.writer == "auto" and not settings.model:
        chosen.write(name, settings.models_dir)


def _named(name: str, settings: Settings) -> tuple[Writer, Choice]:
    """The writer that was chosen by this name; errors as `switch_writer`."""
    if name == "quote":
        return _quote(), Choice("chosen")
    if name == "remote":
        return _remote(settings), Choice("chosen", settings.remote_model)
    configured = find_model(settings) if settings.model and name == str(settings.model) else None
    model = configured or chosen_place(name, "language model", settings)
    return _llama(model, settings), Choice("chosen", model.name, model)


def _quote() -> Writer:
    from rag.answer.quote import QuoteWriter

    return QuoteWriter()


def _llama(model: Path, settings: Settings) -> Writer:
    from rag.answer.llama import LlamaWriter

    return LlamaWriter(model, settings.context, settings.answer_tokens, settings.threads, settings.queue)


def _remote(settings: Settings) -> Writer:
    from rag.answer.remote import RemoteWriter

    if not knows_server(settings):
        raise InputError(
            "the writer remote needs RAG_REMOTE_URL (such as http://127.0.0.1:8080/v1) and RAG_REMOTE_MODEL, the name that "
            "the server gives its model"
        )
    key = settings.remote_key.get_secret_value()
    return RemoteWriter(settings.remote_url, settings.remote_model, key, settings.context, settings.answer_tokens)


def open_assistant(settings: Settings, progress: Progress | None = None) -> Assistant:
    """Everything that answering needs, the indexes brought up to the library."""
    from rag.answer.assistant import Assistant
    from rag.answer.evidence import EvidenceFinder
    from rag.answer.sentence_scorer import SentenceScorer
    from rag.answer.speaker_statements import StatementFinder
    from rag.answer.verification import ClaimVerifier

    library = open_library(settings)
    embedder = open_embedder(settings)
    retriever = open_retriever(settings, library, embedder)
    notices = retriever.open(progress)
    if not library.count()[0]:
        notices.append(EMPTY)
    parser = shipped_parser()
    reader = (
        shipped_reader if settings.reader else None
    )  # half of what opening takes, and what somebody said needs none
    scorer = SentenceScorer(retriever.engine.idf, shipped_embedder(), reader)
    finder = EvidenceFinder(scorer, StatementFinder(retriever, parser))
    verifier = ClaimVerifier(shipped_embedder(), Translator(SHIPPED))
    writer, choice = open_writer(settings)
    if choice.why == "unusable":
        notices.append(str(choice))
    return Assistant(library, parser, retriever, finder, verifier, writer, _quote(), choice, notices)
