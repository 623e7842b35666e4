"""The reader: a small transformer that says how near a question is to each sentence of a passage and to the whole; and, reading the
question together with a sentence, whether that answers it, and in which words.

It is multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672) in eight and four bits, run by ONNX Runtime. One look at a
passage gives the states of all its tokens, whose means over a sentence are compared with the question's. The lower layers serve
both: upon them stand the encoder's own upper ones, and others, trained for it, that read question and sentence in one text.
`python -m training.reader` makes the files.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import ModelError
from rag.types import Passage

LOWER, UPPER, CROSS, TOKENIZER = "reader_lower.onnx", "reader_upper.onnx", "reader_cross.onnx", "reader.json"
FILES = (LOWER, UPPER, CROSS, TOKENIZER)
_ASKED, PASSAGE = "query: ", "passage: "
"""What the encoder was trained to see before a question and before a passage."""
OPEN, END, _UNKNOWN = 0, 2, 3
_QUESTION, _CONTEXT, _SENTENCE = 60, 24, 300
"""Tokens of a question, of what stands before a sentence, and of a sentence, at most, where they are read together."""
_WINDOW = 500
"""Tokens that are read at once; the encoder knows places up to 512."""
_ANSWER = 40
"""Tokens of a short answer, at most."""
_REMEMBERED = 1024
"""Passages whose vectors are kept: those that were found for one question are found for the next one."""
_LEAST = -12.0
"""Log probabilities below this are not told apart."""
_SLOW = ["SkipLayerNormFusion"]
"""Optimisations of ONNX Runtime 1.32 that make it slower: the fused operator takes three times as long as its parts."""
_FIX = "`git checkout rag/models/shipped`, or install the program again"
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Nearness:
    """Cosines of a question with each sentence of a passage, and with the whole passage."""

    sentences: tuple[float, ...]
    whole: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What is found in a sentence that was read with the question.

    score: the log probability that it is the one that answers, of those that were read. answers: the log odds that it answers at all.
    start, end: the likeliest answer in it, as offsets; short: its log probability among all in those that were read.
    """

    score: float
    answers: float
    start: int
    end: int
    short: float


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a sentence as they are read together: tokens, and which of them are the question's and the sentence's.

    offsets: where each token of the sentence stands in it.
    """

    tokens: list[int]
    question: Span
    sentence: Span
    offsets: list[Span]

    def tokens_of(self, span: Span) -> Span:
        """The tokens of the sentence that a span of it touches, the first and the one behind the last; (0, 0) if there are none."""
        held = [i for i, (start, end) in enumerate(self.offsets) if start < span[1] and end > span[0]]
        return (held[0], held[-1] + 1) if held else (0, 0)


def joined(tokenizer: Any, question: str, before: str, sentence: str) -> Pair:
    """A question and a sentence, with what stands before it, as they are read together; what is very long is cut."""
    asked = tokenizer.encode(_ASKED + question).ids[:_QUESTION]
    context = tokenizer.encode(PASSAGE + before).ids
    if len(context) > _CONTEXT:
        context = [*context[: _CONTEXT // 3], *context[-2 * _CONTEXT // 3 :]]
    own = tokenizer.encode(sentence)
    ids, offsets = own.ids[:_SENTENCE] or [_UNKNOWN], own.offsets[:_SENTENCE] or [(0, 0)]
    begin = 2 + len(asked) + len(context)
    tokens = [OPEN, *asked, END, *context, *ids, END]
    return Pair(tokens, (1, 1 + len(asked)), (begin, begin + len(ids)), offsets)


class Reader:
    """Reads passages for a question; any thread may ask.

    folder: where FILES lie. Raises ModelError where one is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._lower, self._upper, self._cross = (_session(folder / name) for name in (LOWER, UPPER, CROSS))
        self._tokenizer = _tokenizer(folder / TOKENIZER)
        self._threads = ThreadPoolExecutor(os.cpu_count(), "reader")
        self._known: OrderedDict[tuple[str, tuple[Span, ...]], np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def near(self, question: str, passages: Sequence[Passage], spans: Sequence[Sequence[Span]]) -> list[Nearness]:
        """How near the question is to each passage. spans: the sentences of each, as offsets into its text."""
        asking = self._threads.submit(self._vectors, _ASKED, question, ())
        vectors = self._threads.map(self._remembered, passages, map(tuple, spans))
        (asked,) = asking.result()
        cosines = [(of @ asked).tolist() for of in vectors]
        return [Nearness(tuple(each), whole) for whole, *each in cosines]

    def read(self, question: str, sentences: Sequence[tuple[str, str]]) -> list[Reading]:
        """What is found in each sentence, which comes behind what stands before it."""
        pairs = [joined(self._tokenizer, question, before, sentence) for before, sentence in sentences]
        read = [*self._threads.map(self._read, pairs)]
        scores = _log_shares([odds[:1] for odds, _ in read])
        firsts, lasts = (_log_shares([tokens[:, side] for _, tokens in read]) for side in (0, 1))
        found = []
        for i, (pair, (odds, _)) in enumerate(zip(pairs, read, strict=True)):
            start, end, short = _short_answer(firsts[i], lasts[i], pair.offsets)
            found.append(Reading(float(scores[i][0]), float(odds[1]), start, end, short))
        return found

    def _read(self, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
        """Log odds: that the sentence is the one that answers, and that it does at all, shape (2,); and that each of its tokens is the
        answer's first and its last one, (tokens, 2)."""
        (lower,) = self._lower.run(None, {"tokens": np.array([pair.tokens], np.int32)})
        spans = {"question": np.array(pair.question, np.int64), "sentence": np.array(pair.sentence, np.int64)}
        odds, tokens = self._cross.run(["odds", "answer"], {"lower": lower, **spans})
        return odds[0], tokens

    def _remembered(self, passage: Passage, spans: tuple[Span, ...]) -> np.ndarray:
        key = passage.searched, spans
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        title = passage.searched[: -len(passage.text)] if passage.text else passage.searched
        shift = len(PASSAGE) + len(title)
        vectors = self._vectors(PASSAGE, passage.searched, [(shift + start, shift + end) for start, end in spans])
        with self._lock:
            self._known[key] = vectors
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return vectors

    def _vectors(self, prefix: str, text: str, spans: Sequence[Span]) -> np.ndarray:
        """Unit vectors of a text with its prefix, and of each span of them, shape (1 + spans, width)."""
        encoded = self._tokenizer.encode(prefix + text)
        parts = [encoded.ids[i : i + _WINDOW] for i in range(0, len(encoded.ids), _WINDOW)]
        states = np.concatenate([self._states(part) for part in parts])
        starts, ends = np.array(encoded.offsets, np.int64).reshape(-1, 2).T
        means = [states.mean(axis=0)]
        for start, end in spans:
            held = (starts < end) & (ends > start)
            means.append(states[held].mean(axis=0) if held.any() else means[0])
        vectors: np.ndarray = np.stack(means)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _states(self, tokens: Sequence[int]) -> np.ndarray:
        """Of the tokens, without those of the marks around them, shape (tokens, width)."""
        (lower,) = self._lower.run(None, {"tokens": np.array([[OPEN, *tokens, END]], np.int32)})
        states: np.ndarray = self._upper.run(None, {"lower": lower})[0][0, 1:-1]
        return states


def _log_shares(scores: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Log odds as log probabilities, each among those of all sentences; _LEAST at least."""
    whole = np.logaddexp.reduce(np.concatenate(scores))
    return [np.maximum(each - whole, _LEAST) for each in scores]


def _short_answer(first: np.ndarray, last: np.ndarray, offsets: Sequence[Span]) -> tuple[int, int, float]:
    """The likeliest run of up to _ANSWER tokens, as offsets, and its log probability. first, last: those of each token."""
    both = first[:, None] + last
    both[~np.triu(np.tri(len(first), k=_ANSWER - 1, dtype=bool))] = -np.inf
    i, j = divmod(int(both.argmax()), len(first))
    return offsets[i][0], offsets[j][1], float(both[i, j])


def _session(file: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # texts are shared among threads, not the parts of one: a fifth of the work less
    try:
        return onnxruntime.InferenceSession(str(file), options, ["CPUExecutionProvider"], disabled_optimizers=_SLOW)
    except Exception as e:  # onnxruntime's have no class in common
        raise _damaged(file, e) from e


def _tokenizer(file: Path) -> Any:
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_buffer(file.read_bytes())
    except Exception as e:  # tokenizers raises Exception itself
        raise _damaged(file, e) from e


def _damaged(file: Path, found: Exception) -> ModelError:
    return ModelError(f"the reader's {file} cannot be opened: {str(found).splitlines()[0]}; {_FIX}")
