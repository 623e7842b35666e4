"""The writer `llama`: a GGUF model in this process. Knows llama.cpp, its chat templates and its one context.

Does not know how an answer is checked. One generation runs at a time; `queue` askers may wait in front of it.
"""

from __future__ import annotations

import codecs
import re
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from ctypes import create_string_buffer
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from rag.answer import drafts, prompts
from rag.answer.writers import MARKUP, Notice, spoken
from rag.errors import BusyError, InputError, ModelError, RagError
from rag.query.question import Question
from rag.types import Evidence, Passage

_MEND = "download it again or unset RAG_MODEL"
_TURN = 0.25
"""Seconds of waiting or reading after which the asker gets a turn, to close if he likes."""
_Piece = TypeVar("_Piece", bound=str | Notice)
_callbacks: list[Any] = []  # llama.cpp calls them as long as the process lives


class LlamaWriter:
    """Answers with the GGUF model at `model_path`, in a window of `context` tokens at most.

    answer_tokens: of the window, for the answer. threads: 0 leaves it to llama.cpp. `askers` is how many questions
    are being answered or wait. Raises ModelError where the file is not a model that llama.cpp can run.
    """

    name = "llama"

    def __init__(self, model_path: Path, context: int, answer_tokens: int, threads: int, queue: int) -> None:
        check_gguf(model_path)
        self._path, self._answer_tokens, self._queue = model_path, answer_tokens, queue
        self._lock = threading.Lock()  # not an RLock: a web server may close a stream in another thread
        self._door, self.askers = threading.Lock(), 0
        self._reader = ThreadPoolExecutor(1)  # one, since OpenMP makes its threads anew for each that asks it
        import llama_cpp
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        self._cpp: Any = llama_cpp
        errors = _quiet(llama_cpp)
        try:
            self.context = min(context, _trained_context(llama_cpp, model_path) or context)
            self._window = f"the model's window of {self.context:,} tokens; " + (
                "raise RAG_CONTEXT" if self.context == context else "take a model with a larger one"
            )
            self._llama: Any = llama_cpp.Llama(
                str(model_path),
                n_ctx=self.context,
                n_threads=threads or None,
                n_threads_batch=threads or None,
                verbose=False,
            )
            self._vocab = llama_cpp.llama_model_get_vocab(self._llama.model)
            self._bos = self._llama.token_bos() if llama_cpp.llama_vocab_get_add_bos(self._vocab) else -1
            self._marks = self._first_letters_of_marks()
            tags = ((self._llama.tokenize(tag, add_bos=False, special=True), tag) for tag in (b"<think>", b"</think>"))
            self._tags = {ids[0]: tag for ids, tag in tags if len(ids) == 1}  # control tokens in some models
            template = self._llama.metadata.get("tokenizer.chat_template")
            bos, eos = self._text(self._llama.token_bos()), self._text(self._llama.token_eos())
            self._template: Any = template and Jinja2ChatFormatter(template, eos_token=eos, bos_token=bos)
            self._render([{"role": role, "content": role} for role in ("system", "user")])
        except Exception as e:  # ValueError and AssertionError of llama_cpp, whatever Jinja raises
            why = " ".join(str(errors[0] if errors else e).split())
            raise ModelError(
                f"{model_path} cannot be loaded ({why}); expected a whole model of a kind that "
                f"llama-cpp-python {llama_cpp.__version__} knows; {_MEND}"
            ) from e

    def write(
        self, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]
    ) -> Generator[str | Notice]:
        """The answer in pieces; closing the iterator stops the model within a token, also while it reads the prompt.

        Raises at the first piece: BusyError (the queue is full), InputError (the question does not fit), ModelError.
        """
        yield from self._in_turn(lambda: self._answer(question, passages))

    def reply(self, messages: list[dict[str, str]]) -> Generator[str]:
        """What the model says to a system's and a user's message; errors as `write`."""
        yield from self._in_turn(lambda: self._draft(messages))

    def _answer(self, question: Question, passages: Sequence[Passage]) -> Generator[str | Notice]:
        taken = self._fitting(question, passages)
        yield from drafts.shortfall(passages, taken, self._window)
        yield from drafts.drafted(
            lambda reminded: self._draft(prompts.messages(question, taken, reminded)), question, taken
        )

    def _in_turn(self, work: Callable[[], Generator[_Piece]]) -> Generator[_Piece | str]:
        """The pieces of some work with the model, once it is free; an empty one now and then until it is."""
        with self._door:
            if self.askers > self._queue:
                raise BusyError(
                    f"the language model is busy and {self.askers - 1} questions wait; "
                    f"expected at most {self._queue}; ask again in a moment, or raise RAG_QUEUE"
                )
            self.askers += 1
        try:
            while not self._lock.acquire(timeout=_TURN):
                yield ""
            try:
                if self._llama is None:
                    raise ModelError(f"{self._path.name} was closed; expected an open model; start the program again")
                yield from work()
            finally:
                self._lock.release()
        except RagError:
            raise
        except Exception as e:
            raise ModelError(
                f"{self._path.name} failed while writing ({' '.join(str(e).split())}); "
                "ask again, or take another model with RAG_MODEL"
            ) from e
        finally:
            with self._door:
                self.askers -= 1

    def close(self) -> None:
        """Frees the model, once the answer that is being written is done."""
        with self._lock:
            if self._llama is not None:
                self._llama.close()
                self._llama = None
                self._reader.shutdown()

    def prompt(self, question: Question, passages: Sequence[Passage]) -> str:
        """The prompt in the model's own chat format, with the passages that fit."""
        return self._render(prompts.messages(question, self._fitting(question, passages)))

    def _fitting(self, question: Question, passages: Sequence[Passage]) -> list[Passage]:
        """The passages that leave room for the answer and a reminder (`prompts.fitting`)."""
        room = self.context - self._answer_tokens

        def size(some: Sequence[Passage]) -> int:
            return len(self.tokens(self._render(prompts.messages(question, some, reminded=True))))

        taken = prompts.fitting(passages, lambda some: size(some) <= room)
        if not taken and (passages or size(taken) > room):
            raise InputError(
                f"the question takes {size(taken)} tokens with its instructions, expected less, and room for a "
                f"passage, in the {room} that the window of {self.context} has beside the answer; shorten "
                "it, raise RAG_CONTEXT or lower RAG_ANSWER_TOKENS"
            )
        return taken

    def tokens(self, prompt: str) -> list[int]:
        """The prompt as the model reads it, control tokens and the beginning of the sequence included."""
        found: list[int] = self._llama.tokenize(prompt.encode("utf-8", "replace"), add_bos=False, special=True)
        return found if self._bos < 0 or found[:1] == [self._bos] else [self._bos, *found]

    def _render(self, messages: list[dict[str, str]]) -> str:
        """The messages in the GGUF's template; the system's text opens the user's where it has no place of its own."""
        system, user = ({**m, "content": self._marks.sub(r"\g<0> ", m["content"])} for m in messages)
        joined = {**user, "content": f"{system['content']}\n\n{user['content']}"}
        if not self._template:
            return f"{joined['content']}\n\n"
        try:
            prompt = str(self._template(messages=[system, user], enable_thinking=False).prompt)
        except Exception:  # templates refuse the system's role with whatever error they like
            prompt = ""
        if system["content"] not in prompt:
            prompt = str(self._template(messages=[joined], enable_thinking=False).prompt)
        return prompt

    def _draft(self, messages: list[dict[str, str]]) -> Generator[str]:
        prompt = self._render(messages)
        yield from spoken(self._pieces(self.tokens(prompt)), thinking=prompt.rstrip().endswith("<think>"))

    def _pieces(self, prompt: list[int]) -> Iterator[str]:
        """The greedy continuation in whole letters; what the prompt shares with the last one is not read again."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        tokens = self._llama.generate(prompt, temp=0.0)
        first = yield from self._first(tokens)
        for n, token in enumerate(chain([first], tokens), start=1):
            if self._cpp.llama_vocab_is_eog(self._vocab, token):
                break
            yield decoder.decode(self._tags.get(token) or self._bytes(token))
            if n == self._answer_tokens:
                break
        yield decoder.decode(b"", final=True)

    def _first(self, tokens: Iterator[int]) -> Generator[str, None, int]:
        """The first token, once the prompt is read; until then an empty piece each turn, and closing ends the reading."""
        stop = threading.Event()
        aborts = self._cpp.ggml_abort_callback(lambda _: stop.is_set())
        try:
            self._cpp.llama_set_abort_callback(self._llama.ctx, aborts, None)
            first = self._reader.submit(next, tokens)
            try:
                while wait([first], _TURN).not_done:
                    yield ""
            finally:
                stop.set()
                wait([first])
            return first.result()
        finally:  # llama.cpp asks it before each matrix, which costs too much once it writes
            self._cpp.llama_set_abort_callback(self._llama.ctx, self._cpp.ggml_abort_callback(), None)

    def _bytes(self, token: int, room: int = 256) -> bytes:
        """The token's bytes, none for a control token; llama_cpp's own detokenize garbles tokens of over 32 bytes."""
        buffer = create_string_buffer(room)
        size = self._cpp.llama_token_to_piece(self._vocab, token, buffer, room, 0, False)
        return buffer.raw[:size] if size >= 0 else self._bytes(token, -size)

    def _text(self, token: int) -> str:
        return str(self._cpp.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace")) if token >= 0 else ""

    def _first_letters_of_marks(self) -> re.Pattern[str]:
        """Finds what a space must follow lest it be read as a control token: chat markup and the model's tokens."""
        control = self._cpp.LLAMA_TOKEN_ATTR_CONTROL | self._cpp.LLAMA_TOKEN_ATTR_UNKNOWN
        own = {
            self._text(t)
            for t in range(self._llama.n_vocab())
            if self._cpp.llama_vocab_get_attr(self._vocab, t) & control
        }
        odd = (f"{re.escape(t[0])}(?={re.escape(t[1:])})" for t in sorted(own) if t[1:] and not re.match(MARKUP, t))
        return re.compile("|".join([MARKUP, *odd]))


def check_gguf(path: Path) -> None:
    """Nothing, where the file begins as a GGUF model does; raises ModelError where not. Needs no llama.cpp."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as e:
        raise ModelError(f"{path} cannot be read ({e.strerror}); expected a GGUF model; {_MEND}") from e
    if head[:4] != b"GGUF":
        raise ModelError(f"{path} is not a GGUF model: it begins with {head[:4]!r}; expected b'GGUF'; {_MEND}")
    version = int.from_bytes(head[4:], "little")
    if version not in (2, 3):
        raise ModelError(f"{path} is of GGUF version {version}; expected 2 or 3, little-endian; {_MEND}")


def _quiet(cpp: Any) -> list[str]:
    """llama.cpp's first error from now on; its log goes off stderr (verbose=False prints warnings all the same)."""
    errors: list[str] = []

    def keep(level: int, line: bytes, _: object) -> None:
        if level == 4 and not errors:  # GGML_LOG_LEVEL_ERROR; the first says why
            errors.append(line.decode("utf-8", "replace"))

    _callbacks.append(cpp.llama_log_callback(keep))
    cpp.llama_log_set(_callbacks[-1], None)
    return errors


def _trained_context(cpp: Any, path: Path) -> int:
    """The window that the model was trained for, 0 if unknown; read first, since a larger one only costs memory."""
    params = cpp.llama_model_default_params()
    params.vocab_only = True
    with closing(cpp._internals.LlamaModel(path_model=str(path), params=params, verbose=False)) as model:
        found = model.metadata()
    return int(found.get(f"{found.get('general.architecture')}.context_length", 0))
