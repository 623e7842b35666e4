"""The cross-reader as a torch module and its training: it reads a question and a sentence that may answer it together.

It is the encoder itself: its lower layers stay as they are, those above are trained, with heads. A step reads questions, each with
the sentence that answers it and some that do not; the loss is that of the right sentence among all of a question's, of the
answer's first and last token among all their tokens (Clark and Gardner 2018, arXiv 1710.10723, "shared normalisation"), and
of whether each answers. First come the questions that were made by rule, then people's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    embedding,
    gelu,
    layer_norm,
    normalize,
    scaled_dot_product_attention,
)

from rag.answer.reader import Pair, joined
from training.base import Base
from training.reading import Candidate, Example, respelt

FROZEN = 6
"""Layers of the encoder, from below, that stay as they are."""
QUESTIONS, WRONG = 8, 1
"""Of a step: questions, and sentences that do not answer, of each."""
_TOGETHER = 8
"""Texts that are padded to the length of the longest of them."""
RATE, HEAD_RATE, WARM = 1e-4, 1e-3, 60
ALTERED, ALIKE, RESPELT = 0.25, 0.5, 0.15
"""The shares of questions that are asked with another word, so that nothing answers; of the others, those with one more wrong sentence,
the right one with another word; and of all that are in another spelling."""
_PAD = 1
_NEAR = 20.0
"""The scale of a cosine at the beginning."""
_TOLD, _KEPT = 25, 600
"""Steps after which the loss is printed, and those after which figures are, and what is learnt is written."""


@dataclass(frozen=True, slots=True)
class Read:
    """What is said of a text: log odds, each up to a constant but for `answers`.

    score: that its sentence is the one that answers; answers: that it does at all. starts, ends: that each of the sentence's tokens
    is the answer's first and last one.
    """

    score: Tensor
    answers: Tensor
    starts: Tensor
    ends: Tensor


class Layer(nn.Module):
    """A layer of BERT (Devlin et al. 2019, arXiv 1810.04805) that begins as one of the encoder's; parts are named as there."""

    def __init__(self, base: Base, number: int) -> None:
        super().__init__()
        self.heads = base.heads

        def given(part: str) -> Tensor:
            return torch.from_numpy(np.array(base.tensors[f"l{number}.{part}"]))

        for part in ("q", "k", "v", "ao", "fi", "fo"):
            weight = given(f"{part}.w")
            linear = nn.Linear(weight.shape[1], weight.shape[0])
            linear.load_state_dict({"weight": weight, "bias": given(f"{part}.b")})
            self.add_module(part, linear)
        for part in ("aln", "oln"):
            norm = nn.LayerNorm(len(given(f"{part}.w")), base.epsilon)
            norm.load_state_dict({"weight": given(f"{part}.w"), "bias": given(f"{part}.b")})
            self.add_module(part, norm)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x: shape (texts, tokens, width). mask: (texts, 1, 1, tokens), what may be looked at."""
        texts, tokens, width = x.shape
        q, k, v = (
            part(x).view(texts, tokens, self.heads, width // self.heads).transpose(1, 2)
            for part in map(self.get_submodule, "qkv")
        )
        looked = scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(x.shape)
        aln, ao, oln, fo, fi = map(self.get_submodule, ("aln", "ao", "oln", "fo", "fi"))
        x = aln(x + ao(looked))
        out: Tensor = oln(x + fo(gelu(fi(x))))
        return out


class Encoder(nn.Module):
    """The encoder as it is published, without dropout, which a CPU is slow at. layers: the first so many; all if none are given."""

    def __init__(self, base: Base, layers: int | None = None) -> None:
        super().__init__()
        tensors = {name: torch.from_numpy(np.array(base.tensors[f"emb.{name}"])) for name in ("word", "pos", "type")}
        self.words, self.places = tensors["word"], tensors["pos"] + tensors["type"][0]
        self.scale, self.shift = (torch.from_numpy(np.array(base.tensors[f"emb.ln.{part}"])) for part in "wb")
        self.epsilon = base.epsilon
        self.layers = [Layer(base, number) for number in range(layers or base.layers)]

    @torch.no_grad()
    def forward(self, texts: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """The states of the tokens of each text, shape (texts, tokens, width); and which of them may be looked at."""
        width = max(map(len, texts))
        tokens = torch.tensor([[*text, *[_PAD] * (width - len(text))] for text in texts])
        mask = (tokens != _PAD)[:, None, None, :]
        x = embedding(tokens, self.words) + self.places[:width]
        x = layer_norm(x, x.shape[-1:], self.scale, self.shift, self.epsilon)
        for layer in self.layers:
            x = layer(x, mask)
        return x, mask


class CrossReader(nn.Module):
    """The encoder, its upper layers to be trained, with heads."""

    def __init__(self, base: Base) -> None:
        super().__init__()
        self.lower = [Encoder(base, FROZEN)]  # in a list, it is no part of what is trained and kept
        self.layers = nn.ModuleList(Layer(base, number) for number in range(FROZEN, base.layers))
        width = base.tensors["emb.pos"].shape[1]
        self.tokens = nn.Linear(width, 2)
        self.score = nn.Linear(4 * width, 2)
        self.near = nn.Parameter(torch.tensor(_NEAR))
        for head in (self.tokens, self.score):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def trained(self) -> Iterator[Layer]:
        """The layers above the encoder's lower ones."""
        return (layer for layer in self.layers if isinstance(layer, Layer))

    def forward(self, texts: Sequence[Pair]) -> list[Read]:
        """What is said of each text."""
        x, mask = self.lower[0]([text.tokens for text in texts])
        for layer in self.trained():
            x = layer(x, mask)
        return [self._said(states, text) for states, text in zip(x, texts, strict=True)]

    def _said(self, states: Tensor, text: Pair) -> Read:
        own = states[slice(*text.sentence)]
        asked, said = states[slice(*text.question)].mean(0), own.mean(0)
        score, answers = self.score(torch.cat([states[0], said, asked * said, (asked - said).abs()]))
        cosine = (normalize(asked, dim=0) * normalize(said, dim=0)).sum()
        starts, ends = self.tokens(own).unbind(-1)
        return Read(score + self.near * cosine, answers, starts, ends)


def in_chunks(reader: CrossReader, texts: Sequence[Pair]) -> list[Read]:
    """What is said of each text; those of about the same length are read together."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i].tokens))
    read: dict[int, Read] = {}
    for i in range(0, len(order), _TOGETHER):
        some = order[i : i + _TOGETHER]
        read |= dict(zip(some, reader([texts[j] for j in some]), strict=True))
    return [read[i] for i in range(len(texts))]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with sentences that may answer it, of which the first does if `answered`."""

    question: str
    candidates: tuple[Candidate, ...]
    answered: bool

    def texts(self, tokenizer: Tokenizer) -> list[Pair]:
        """As they are read."""
        return [joined(tokenizer, self.question, one.before, one.sentence) for one in self.candidates]


def loss(asked: Sequence[Asked], read: Sequence[Sequence[Read]], texts: Sequence[Sequence[Pair]]) -> Tensor:
    """The mean over the questions of a step."""
    total = torch.zeros(())
    for one, found, pairs in zip(asked, read, texts, strict=True):
        labels = torch.tensor([float(one.answered and i == 0) for i in range(len(found))])
        total = total + binary_cross_entropy_with_logits(torch.stack([each.answers for each in found]), labels)
        if not one.answered:
            continue
        total = total - torch.stack([each.score for each in found]).log_softmax(0)[0]
        first, after = pairs[0].tokens_of(one.candidates[0].answer or (0, 0))
        if after > first:
            for place, scores in ((first, [r.starts for r in found]), (after - 1, [r.ends for r in found])):
                total = total - torch.cat(scores).log_softmax(0)[place]
    return total / len(asked)


def asked_in_turn(found: Sequence[Example], random: Random) -> Iterator[Asked]:
    """Once through the examples, in some order, each with some of the sentences that do not answer."""
    for example in random.sample(found, len(found)):
        question, answered = example.question, True
        if example.altered and random.random() < ALTERED:
            question, answered = random.choice(example.altered), False
        if random.random() < RESPELT:
            question = respelt(question, random)
        wrong = random.sample(example.wrong, min(WRONG, len(example.wrong)))
        if answered and example.alike and random.random() < ALIKE:
            wrong.append(random.choice(example.alike))
        yield Asked(question, (example.right, *wrong), answered)


@torch.no_grad()
def figures(reader: CrossReader, tokenizer: Tokenizer, found: Sequence[Example]) -> dict[str, float]:
    """What it reaches on examples that were not trained on: the right sentence among all candidates; the answer's span; and, as areas
    under the curve, whether one of them answers, or of those without the right one; and whether the question is the one that was
    asked, or has another word."""
    hits = dict.fromkeys(("evidence@1", "evidence@3", "exact", "f1"), 0.0)
    scores, labels = [], []
    told: dict[bool, list[float]] = {True: [], False: []}
    for example in found:
        candidates = (example.right, *example.wrong)
        texts = Asked(example.question, candidates, True).texts(tokenizer)
        read = in_chunks(reader, texts)
        ranked = torch.stack([each.score for each in read]).argsort(descending=True).tolist()
        hits["evidence@1"] += ranked[0] == 0
        hits["evidence@3"] += 0 in ranked[:3]
        first, after = texts[0].tokens_of(example.right.answer or (0, 0))
        best = read[0].starts[:, None] + read[0].ends
        begin, end = divmod(int(best.masked_fill(~torch.ones_like(best).triu().bool(), -1e9).argmax()), len(best))
        hits["exact"] += (begin, end + 1) == (first, after)
        shared = max(0, min(end + 1, after) - max(begin, first))
        hits["f1"] += 2 * shared / (end + 1 - begin + after - first)
        answers = [float(each.answers) for each in read]
        scores += [max(answers), max(answers[1:], default=-9.0)]
        labels += [1, 0]
        for question in example.altered[:1]:
            (other,) = in_chunks(reader, Asked(question, candidates[:1], False).texts(tokenizer))
            told[True].append(answers[0])
            told[False].append(float(other.answers))
    shares = {name: round(value / len(found), 3) for name, value in hits.items()}
    is_asked = [1] * len(told[True]) + [0] * len(told[False])
    told_apart = roc_auc_score(is_asked, [*told[True], *told[False]])
    return shares | {"AUC": round(float(roc_auc_score(labels, scores)), 3), "altered": round(float(told_apart), 3)}


def train(
    reader: CrossReader, tokenizer: Tokenizer, found: Sequence[Example], epochs: int, seed: int, folder: Path
) -> dict[str, dict[str, float]]:
    """Trains in place: once through what was made by rule, then `epochs` times through what people asked; gives the figures of what is
    held out. Every few hundred steps it prints them and writes to `folder` what is learnt so far."""
    random = Random(seed)
    heads = [p for name, p in reader.named_parameters() if not name.startswith("layers.")]
    optimiser = torch.optim.AdamW(
        [{"params": reader.layers.parameters(), "lr": RATE}, {"params": heads, "lr": HEAD_RATE}], weight_decay=0.01
    )
    trained = [example for example in found if not example.held_out]
    held_out = {kind: [e for e in found if e.held_out and e.kind == kind][:100] for kind in ("arcd", "xquad")}
    made = [example for example in trained if example.kind == "wiki"]
    people = [example for example in trained if example.kind != "wiki"]
    turns = [*asked_in_turn(made, random), *(one for _ in range(epochs) for one in asked_in_turn(people, random))]
    steps = [turns[i : i + QUESTIONS] for i in range(0, len(turns), QUESTIONS)]
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda i: min((i + 1) / WARM, (len(steps) - i) / max(1, len(steps) - WARM))
    )
    began, total, reached = time.monotonic(), 0.0, dict[str, dict[str, float]]()
    for i, asked in enumerate(steps, 1):
        texts = [one.texts(tokenizer) for one in asked]
        read = iter(in_chunks(reader, [text for some in texts for text in some]))
        value = loss(asked, [[next(read) for _ in some] for some in texts], texts)
        optimiser.zero_grad()
        torch.autograd.backward(value)
        torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        total += float(value.detach())
        if i % _TOLD == 0:
            print(f"{i} of {len(steps)}: loss {total / _TOLD:.3f}, {time.monotonic() - began:.0f} s", flush=True)
            total = 0.0
        if i % _KEPT == 0 or i == len(steps):
            torch.save(reader.state_dict(), folder / "cross.pt")
            reached = {kind: figures(reader, tokenizer, some) for kind, some in held_out.items()}
            print(json.dumps(reached), flush=True)
    return reached
