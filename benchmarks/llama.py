"""The writer `llama` beside bare llama-cpp-python: time to first token and time a token, on the very same prompt tokens.

    python -m benchmarks.llama [--model PATH.gguf] [--rounds 9] [--tokens 96] [--threads 1]

Ours counts from the call of `write()` on: choosing the passages, the chat template, tokenising, reading. Bare is
`llama_cpp.Llama(...).generate(tokens)` with the same parameters, which gives token numbers and no text. Both forget the
prompt before each round, and take turns, within a round token by token. CPU is that of the process, which other programs disturb less.
Without --model a model of 98 million random weights (q8_0, 12 layers) is made.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from itertools import product
from pathlib import Path

import llama_cpp
import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, TokenType, quantize

from benchmarks.byte_tokens import CHATML, SPECIALS, letters
from rag.answer import prompts
from rag.answer.llama import LlamaWriter
from rag.types import Passage
from rag.wiring import shipped_parser

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = [
    shipped_parser().parse(text) for text in ("ماذا قال تشوركين عن المشروع؟", "متى وقعت روسيا معاهدتي الصداقة؟")
]
CONTEXT, LAYERS, WIDTH, HEADS, INNER, VOCABULARY = 4096, 12, 768, 12, 2048, 8192
FIGURES = "ms to first token", "CPU ms to first token", "ms a token after it", "CPU ms a token after it"
Q8 = GGMLQuantizationType.Q8_0


def material() -> list[Passage]:
    """Six passages of 900 letters from the seeds."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*.txt"))]
    parts = [text[i : i + 900] for text in texts for i in range(0, len(text) - 900, 900)]
    return [Passage(n, "a", 0, len(part), part, "مقال") for n, part in enumerate(parts[:6])]


def build(path: Path, text: str) -> Path:
    """`path`, where a model of random weights now lies whose vocabulary is the words of `text`; it says nothing else."""
    byte = letters()

    def spelt(part: str) -> str:
        return "".join(byte[b] for b in part.encode())

    words = sorted(set(re.findall(r"[^\W\d_a-zA-Z]+", text)))
    merges = {spelt(letter): " ".join(byte[b] for b in letter.encode()) for letter in sorted(set("".join(words)))}
    for word in words:
        for end in range(len(word)):
            merges.setdefault(spelt(f" {word[: end + 1]}"), f"{spelt(f' {word[:end]}')} {spelt(word[end])}")
    ordinary = [*byte, *SPECIALS]
    tokens = [*ordinary, *(token for token in merges if token not in ordinary)]
    pairs = (spelt(f" {a} {b}") for a, b in product(words, words))
    tokens += [next(pairs) for _ in range(VOCABULARY - len(tokens))]
    random = np.random.default_rng(0)

    def weights(*shape: int) -> np.ndarray:
        return random.standard_normal(shape, np.float32) / np.float32(shape[-1] ** 0.5)

    output = weights(len(tokens), WIDTH)
    output[: len(ordinary)] = 0  # neither half letters nor the end
    w = GGUFWriter(path, "llama")
    w.add_context_length(CONTEXT)
    w.add_embedding_length(WIDTH)
    w.add_block_count(LAYERS)
    w.add_feed_forward_length(INNER)
    w.add_head_count(HEADS)
    w.add_head_count_kv(HEADS)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_vocab_size(len(tokens))
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list(tokens)
    w.add_token_types([TokenType.CONTROL if token in SPECIALS else TokenType.NORMAL for token in tokens])
    w.add_token_merges(list(merges.values()))
    w.add_eos_token_id(tokens.index("<|im_end|>"))
    w.add_add_bos_token(False)
    w.add_chat_template(CHATML)
    matrices = {"token_embd": weights(len(tokens), WIDTH), "output": output}
    for i in range(LAYERS):
        matrices |= {f"blk.{i}.attn_{name}": weights(WIDTH, WIDTH) for name in ("q", "k", "v", "output")}
        matrices |= {f"blk.{i}.ffn_{name}": weights(INNER, WIDTH) for name in ("gate", "up")}
        matrices[f"blk.{i}.ffn_down"] = weights(WIDTH, INNER)
        for norm in ("attn_norm", "ffn_norm"):
            w.add_tensor(f"blk.{i}.{norm}.weight", np.ones(WIDTH, np.float32))
    w.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for name, matrix in matrices.items():
        w.add_tensor(f"{name}.weight", quantize(matrix, Q8), raw_dtype=Q8)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    return path


def step(pieces: Iterator[object]) -> tuple[float, float, float]:
    """Milliseconds to the next piece that holds something, those of the CPU, and the longest wait for any piece."""
    began = last = time.perf_counter()
    busy, wait = time.process_time(), 0.0
    while next(pieces) == "":
        wait, last = max(wait, time.perf_counter() - last), time.perf_counter()
    now = time.perf_counter()
    return 1000 * (now - began), 1000 * (time.process_time() - busy), 1000 * max(wait, now - last)


def main() -> None:
    """Prints a line for each figure: ours, bare, and the ratio of their medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a GGUF model")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--threads", type=int, default=0, help="1 where other programs keep the cores busy")
    parser.add_argument("--json", action="store_true", help="the figures alone: of ours, of bare, and their ratio")
    arguments = parser.parse_args()
    passages = material()
    with tempfile.TemporaryDirectory() as folder:
        system, user = (message["content"] for message in prompts.messages(QUESTIONS[0], passages, reminded=True))
        path = arguments.model or build(Path(folder) / "random.gguf", f"{system} {user}")
        writer = LlamaWriter(path, CONTEXT, arguments.tokens + 8, arguments.threads, queue=0)
        threads = dict.fromkeys(("n_threads", "n_threads_batch"), arguments.threads or None)
        bare = llama_cpp.Llama(str(path), n_ctx=writer.context, verbose=False, **threads)
        tokens = writer.tokens(writer.prompt(QUESTIONS[0], passages))
        waits: list[float] = []
        found: dict[tuple[str, str], list[float]] = defaultdict(list)
        turns: dict[str, Callable[[], Generator[object]]] = {
            "ours": lambda: writer.write(QUESTIONS[0], passages, ()),
            "bare": lambda: bare.generate(tokens, temp=0.0),
        }
        for n in range(arguments.rounds + 1):
            writer._llama.reset()
            bare.reset()
            order = list(turns)[:: -1 if n % 2 else 1]
            with ExitStack() as stack:
                streams = {who: stack.enter_context(closing(turns[who]())) for who in order}
                first = {who: step(streams[who]) for who in order}
                rest = [{who: step(streams[who]) for who in order} for _ in range(arguments.tokens - 1)]
            waits.append(first["ours"][2])
            for who in order if n else ():
                means = (statistics.fmean(token[who][i] for token in rest) for i in (0, 1))
                for name, ms in zip(FIGURES, (*first[who][:2], *means), strict=True):
                    found[name, who].append(ms)
        if arguments.json:
            rows = {name: [statistics.median(found[name, who]) for who in turns] for name in FIGURES}
            print(json.dumps({name: [ours, theirs, ours / theirs] for name, (ours, theirs) in rows.items()}))
            return
        print(
            f"{path.name}, {path.stat().st_size / 1e6:.0f} MB; {len(tokens):,} tokens read, {arguments.tokens} written; "
            f"medians of {arguments.rounds} rounds in turn, after one to warm up"
        )
        for name in FIGURES:
            our, their = (statistics.median(found[name, who]) for who in turns)
            ratio = statistics.median(a / b for a, b in zip(found[name, "ours"], found[name, "bare"], strict=True))
            print(
                f"{name:23} ours {our:,.1f}, bare {their:,.1f}: ratio {our / their:.3f}, median of the rounds' {ratio:.3f}"
            )
        print(f"longest wait while the prompt is read, when nobody can stop it: {max(waits):,.0f} ms")
        with closing(writer.write(QUESTIONS[1], passages, ())) as stream:
            again = step(stream)[0]
        print(f"another question on the same passages: {again:,.1f} ms to first token")
        writer.close()
        bare.close()


if __name__ == "__main__":
    main()
