"""Makes the shipped model that spells Latin names in Arabic letters.

    python -m training.transliteration --data ../shared/data --out rag/models/shipped/names.json.gz

Letters are aligned by EM with sampled alignments; the units of the alignments are counted, with interpolated Kneser-Ney
discounts. Prints how often the first and one of the first three spellings of names-eval is right, and the mean share of
the right spelling's grams that one of the three has.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.arabic.text.folding import fold
from rag.arabic.text.grams import word_grams
from rag.query.transliteration import BEGIN, END, FIRST_CODE, PAD, Transliterator
from training.pairs import Pair, read

ORDER, DISCOUNT = 3, 0.8
ROUNDS, LONGEST, TRIMMED = 8, 3, 0.02
_FIRST = ("", "ا", "ال")
"""What the beginning of a name may give."""
_START = (0.15, 0.7, 0.1, 0.02)
"""How likely a letter is to give 0 to 3 letters, before the first round."""
_RARE = 1e-7
Unit = tuple[str, str]


def folded(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs as letters alone, each once."""
    texts = [
        ("".join(c for c in fold(e) if "a" <= c <= "z"), "".join(c for c in fold(a) if c >= "ء")) for e, a in pairs
    ]
    return list(dict.fromkeys(pair for pair in texts if all(pair)))


def _path(pair: Pair, chances: dict[Unit, float], rng: random.Random | None) -> tuple[list[Unit], float] | None:
    """An alignment with its mean log-probability, drawn by chance, or the likeliest step by step without `rng`."""
    latin, arabic = BEGIN + pair[0], pair[1]

    def steps(i: int, j: int) -> list[tuple[Unit, float]]:
        chunks = [arabic[j : j + k] for k in range(min(LONGEST, len(arabic) - j) + 1)]
        allowed = [chunk for chunk in chunks if i or chunk in _FIRST]
        if not chances:
            return [((latin[i], chunk), _START[len(chunk)]) for chunk in allowed]
        return [((latin[i], chunk), chances.get((latin[i], chunk), _RARE)) for chunk in allowed]

    rest = np.zeros((len(latin) + 1, len(arabic) + 1))
    rest[-1, -1] = 1
    for i in reversed(range(len(latin))):
        for j in range(len(arabic) + 1):
            rest[i, j] = sum(p * rest[i + 1, j + len(unit[1])] for unit, p in steps(i, j))
    if not rest[0, 0]:
        return None
    path, j, total = [], 0, 0.0
    for i in range(len(latin)):
        options = [(unit, p, p * rest[i + 1, j + len(unit[1])]) for unit, p in steps(i, j)]
        weights = [weight for _, _, weight in options]
        unit, p, _ = rng.choices(options, weights)[0] if rng else max(options, key=lambda option: option[2])
        path.append(unit)
        j, total = j + len(unit[1]), total + math.log(p)
    return path, total / len(latin)


def align(pairs: Sequence[Pair], seed: int = 7) -> list[list[Unit]]:
    """The units of each pair; the pairs that fit worst are left out."""
    rng, chances = random.Random(seed), dict[Unit, float]()
    for _ in range(ROUNDS):
        drawn = [found[0] for pair in pairs if (found := _path(pair, chances, rng))]
        counts = Counter(unit for path in drawn for unit in path)
        letters = Counter(letter for path in drawn for letter, _ in path)
        chances = {unit: count / letters[unit[0]] for unit, count in counts.items()}
    paths = sorted((found for pair in pairs if (found := _path(pair, chances, None))), key=lambda found: -found[1])
    return [[*path, (END, "")] for path, _ in paths[: int(len(paths) * (1 - TRIMMED))]]


def count(paths: Sequence[Sequence[Unit]]) -> dict[str, object]:
    """The model of some alignments: interpolated Kneser-Ney (Chen and Goodman 1999) with one discount."""
    units = list(dict.fromkeys(unit for path in paths for unit in path))
    code = {unit: chr(FIRST_CODE + i) for i, unit in enumerate(units)}
    counts: list[dict[str, Counter[str]]] = [defaultdict(Counter) for _ in range(ORDER)]
    for path in paths:
        text = PAD * (ORDER - 1) + "".join(code[unit] for unit in path)
        for i in range(ORDER - 1, len(text)):
            counts[-1][text[i - ORDER + 1 : i]][text[i]] += 1
    for n in reversed(range(ORDER - 1)):  # a shorter context counts the longer ones, not the names
        for context, found in counts[n + 1].items():
            counts[n][context[1:]].update(found.keys())
    contexts: dict[str, tuple[float, dict[str, float]]] = {}
    for n in range(ORDER):
        for context, found in counts[n].items():
            total = sum(found.values())
            lower = contexts[context[1:]][1] if context else {}
            backoff = DISCOUNT * len(found) / total
            scores = {}
            for unit, times in found.items():
                shorter = math.exp(lower[unit]) if unit in lower else 1 / len(units)
                scores[unit] = round(math.log((times - DISCOUNT) / total + backoff * shorter), 1)
            contexts[context] = (round(math.log(backoff), 1), scores)
    return {"units": units, "contexts": contexts}


def figures(model: Transliterator, pairs: Sequence[Pair]) -> tuple[float, float, float]:
    """Right at first, right among three, share of grams."""
    scores = []
    for latin, arabic in pairs:
        forms, grams = [form for form, _ in model.forms(latin, 3)], set(word_grams(arabic))
        share = max(len(grams.intersection(word_grams(form))) / len(grams) for form in forms)
        scores.append((forms[0] == arabic, arabic in forms, share))
    first, three, share = np.mean(scores, axis=0)
    return float(first), float(three), float(share)


def main() -> None:
    """Makes, writes, measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    arguments = parser.parse_args()
    data = read(arguments.data)
    model = count(align(folded(data.tasks["names"])))
    text = json.dumps(model, ensure_ascii=False, separators=(",", ":"))
    arguments.out.write_bytes(gzip.compress(text.encode(), mtime=0))
    first, three, share = figures(Transliterator(arguments.out), folded(data.held_names))
    print(f"{arguments.out.stat().st_size:,} bytes; first {first:.3f}, one of three {three:.3f}, grams {share:.3f}")


if __name__ == "__main__":
    main()
