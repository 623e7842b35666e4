"""The reader: a small transformer that says how near a question is to each sentence of a passage, read in its passage, and to the whole.

It is multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672) in eight and four bits, run by ONNX Runtime: one look at a
passage gives the states of all its tokens; a sentence is the mean of its own, of which each has seen the others.
`python -m training.reader` makes its files.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.errors import ModelError
from rag.types import Passage

FILES = ("reader.onnx", "reader.json")
"""The encoder, and its tokenizer."""
_ASKED, _SAID = "query: ", "passage: "
"""What the encoder was trained to see before a question and before a passage."""
_OPEN, _END = 0, 2
_WINDOW = 500
"""Tokens that are read at once; the encoder knows places up to 512."""
_REMEMBERED = 1024
"""Passages whose vectors are kept: those that were found for one question are found for the next one."""
_FIX = "`git checkout rag/models/shipped`, or install the program again"


@dataclass(frozen=True, slots=True)
class Nearness:
    """Cosines of a question with each sentence of a passage, and with the whole passage."""

    sentences: tuple[float, ...]
    whole: float


class Reader:
    """Reads passages for a question; any thread may ask.

    folder: where FILES lie. Raises ModelError where one is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a thread that waits sleeps
        model, tokenizer = (folder / name for name in FILES)
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, ["CPUExecutionProvider"])
            self._tokenizer = Tokenizer.from_buffer(tokenizer.read_bytes())
        except Exception as e:  # onnxruntime's and tokenizers' own have no class in common
            raise ModelError(f"the reader in {folder} cannot be opened: {str(e).splitlines()[0]}; {_FIX}") from e
        self._known: OrderedDict[tuple[str, tuple[tuple[int, int], ...]], np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def read(
        self, question: str, passages: Sequence[Passage], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[Nearness]:
        """How near the question is to each passage. spans: the sentences of each, as offsets into its text."""
        (asked,) = self._vectors(_ASKED, question, ())
        found = []
        for passage, sentences in zip(passages, spans, strict=True):
            whole, *each = (self._remembered(passage, tuple(sentences)) @ asked).tolist()
            found.append(Nearness(tuple(each), whole))
        return found

    def _remembered(self, passage: Passage, spans: tuple[tuple[int, int], ...]) -> np.ndarray:
        key = passage.searched, spans
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        title = passage.searched[: -len(passage.text)] if passage.text else passage.searched
        shift = len(_SAID) + len(title)
        vectors = self._vectors(_SAID, passage.searched, [(shift + start, shift + end) for start, end in spans])
        with self._lock:
            self._known[key] = vectors
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return vectors

    def _vectors(self, prefix: str, text: str, spans: Sequence[tuple[int, int]]) -> np.ndarray:
        """Unit vectors of a text with its prefix, and of each span of them, shape (1 + spans, width)."""
        encoded = self._tokenizer.encode(prefix + text)
        parts = [encoded.ids[i : i + _WINDOW] for i in range(0, len(encoded.ids), _WINDOW)] or [[]]
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
        """Of the tokens, shape (tokens, width), or of the marks around them where there are none."""
        row = np.array([[_OPEN, *tokens, _END]], np.int32)
        states: np.ndarray = self._session.run(None, {"tokens": row, "mask": np.ones_like(row)})[0][0]
        return states[1:-1] if tokens else states
