"""A real llama-architecture GGUF of about 100 KB whose greedy decoding speaks one fixed answer.

Attention and feed-forward weights are zero, so the residual stream is the last token's embedding and the output
matrix is a table of successors. Every ordinary token is followed by the first piece of the answer, each piece by the
next one, the last piece by `<|im_end|>`. Ordinary text never tokenises into pieces: they are in no merge rule.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from gguf import GGUFWriter, TokenType

from benchmarks.byte_tokens import CHATML, SPECIALS, letters

THINK = ("<think>", "</think>")


def pieces(answer: str, size: int = 5) -> list[bytes]:
    """The answer's bytes in distinct pieces of `size` bytes or more, letters cut in two where it happens."""
    raw, found = answer.encode(), []
    while raw:
        n = size
        while n < len(raw) and raw[:n] in found:
            n += 1
        found.append(raw[:n])
        raw = raw[n:]
    while len(found) > 1 and (len(found[-1]) == 1 or found[-1] in found[:-1]):
        found[-2:] = [found[-2] + found[-1]]
    return found


def build(
    path: Path,
    answer: str,
    n_ctx: int = 4096,
    *,
    endless: bool = False,
    template: str | None = CHATML,
    thought: str = "",
    add_bos: bool = False,
    architecture: str = "llama",
) -> Path:
    """`path`, where a model now lies that speaks `answer`, once, or again and again where `endless`.

    architecture: "llama", or "mamba" for one whose memory is a state, which cannot be taken back to an earlier token.

    thought: said first, between `<think>` and `</think>` as control tokens (a <think> in `answer` is ordinary text).
    """
    byte = letters()
    spelt = [["".join(byte[b] for b in piece) for piece in pieces(text)] for text in (thought, answer)]
    chain = [*([THINK[0], *spelt[0], THINK[1]] if thought else []), *spelt[1]]
    tokens = [*byte, *SPECIALS, byte[32] + "t", *chain]
    assert len(set(tokens)) == len(tokens), "a piece is an ordinary token too"
    first, end = tokens.index(chain[0]), tokens.index("<|im_end|>")

    width = -(-(len(chain) + 1) // 32) * 32  # one axis for ordinary tokens, one for each piece
    embedding = np.zeros((len(tokens), width), np.float32)
    embedding[:, 0] = 1
    embedding[first:] = np.eye(width, dtype=np.float32)[1 : len(chain) + 1]
    output = np.zeros_like(embedding)
    for axis in range(len(chain)):
        output[first + axis, axis] = 1
    output[first if endless else end, len(chain)] = 1

    w = GGUFWriter(path, architecture)
    w.add_context_length(n_ctx)
    w.add_embedding_length(width)
    w.add_block_count(1)
    w.add_feed_forward_length(32)
    w.add_head_count(1)
    w.add_head_count_kv(1)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_rope_dimension_count(width)
    w.add_vocab_size(len(tokens))
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list(tokens)
    w.add_token_types([TokenType.CONTROL if t in SPECIALS + THINK else TokenType.NORMAL for t in tokens])
    w.add_token_merges([f"{byte[32]} t"])
    w.add_bos_token_id(tokens.index("<|endoftext|>"))
    w.add_eos_token_id(end)
    w.add_add_bos_token(add_bos)
    if template is not None:
        w.add_chat_template(template)
    w.add_tensor("token_embd.weight", embedding)
    w.add_tensor("output.weight", output)
    w.add_tensor("output_norm.weight", np.ones(width, np.float32))
    if architecture == "mamba":
        inner, state, rank, kernel = 2 * width, 16, 2, 4
        w.add_ssm_conv_kernel(kernel)
        w.add_ssm_inner_size(inner)
        w.add_ssm_state_size(state)
        w.add_ssm_time_step_rank(rank)
        w.add_tensor("blk.0.attn_norm.weight", np.ones(width, np.float32))
        shapes = {
            "ssm_in.weight": (2 * inner, width),
            "ssm_conv1d.weight": (inner, kernel),
            "ssm_conv1d.bias": (inner,),
        }
        shapes |= {"ssm_x.weight": (rank + 2 * state, inner), "ssm_dt.weight": (inner, rank), "ssm_dt.bias": (inner,)}
        shapes |= {"ssm_a": (inner, state), "ssm_d": (inner,), "ssm_out.weight": (width, inner)}
        for name, shape in shapes.items():
            w.add_tensor(f"blk.0.{name}", np.zeros(shape, np.float32))
        return _written(w, path)
    for norm in ("attn_norm", "ffn_norm"):
        w.add_tensor(f"blk.0.{norm}.weight", np.ones(width, np.float32))
    for square in ("attn_q", "attn_k", "attn_v", "attn_output"):
        w.add_tensor(f"blk.0.{square}.weight", np.zeros((width, width), np.float32))
    w.add_tensor("blk.0.ffn_gate.weight", np.zeros((32, width), np.float32))
    w.add_tensor("blk.0.ffn_up.weight", np.zeros((32, width), np.float32))
    w.add_tensor("blk.0.ffn_down.weight", np.zeros((width, 32), np.float32))
    return _written(w, path)


def _written(w: GGUFWriter, path: Path) -> Path:
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    return path
