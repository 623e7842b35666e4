"""Training and held-out pairs of texts, from the data folder; what may not be shipped is never opened here."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

from datasets.reading import arcd
from datasets.rows import rows
from rag.arabic.text.folding import fold

_SENTENCE_END = re.compile("(?<=[.!?\u061f\u061b])\\s+|\n+")
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Data:
    """Pairs to train on, by task, and what is kept back for the figures."""

    tasks: dict[str, list[Pair]]
    passages: list[list[str]]
    """Runs of consecutive Wikipedia sentences; a pair is one sentence and the others."""
    held_sentences: list[Pair]
    """English and Arabic sentence; neither occurs in training."""
    held_passages: list[list[Pair]]
    """Runs of four consecutive (English, Arabic) news sentences, not in training."""
    held_titles: list[Pair]
    """Title and first paragraph of articles that are not in training."""
    held_names: list[Pair]
    """English and Arabic name."""
    questions: list[Pair]
    """ARCD train: question and context; the model is not trained on them."""


def _sentences(text: str) -> list[str]:
    return [piece for piece in _SENTENCE_END.split(text) if len(piece) > 15]


def _parallel(folder: Path, rng: random.Random) -> tuple[list[Pair], list[Pair], list[list[Pair]]]:
    listed = list(rows(folder / "parallel_ar_en.jsonl.zst"))
    news = [(row["en"], row["ar"]) for row in listed if row["source"] == "ntrex"]
    held_passages = [news[i : i + 4] for i in range(len(news) - 400, len(news) - 3, 4)]
    kept_back = {fold(text) for run in held_passages for pair in run for text in pair}
    rest = [(row["en"], row["ar"]) for row in listed]
    twins = {
        (row["en"], row["ar"]) for row in listed if row["source"] == "mt_geneval"
    }  # each sentence comes in two forms
    rng.shuffle(rest)
    held: list[Pair] = []
    seen: set[str] = set()
    for pair in rest:
        keys = {fold(text) for text in pair}
        if len(held) < 1000 and len(pair[0].split()) > 3 and pair not in twins and not keys & (seen | kept_back):
            held.append(pair)
            seen |= keys
    kept_back |= seen
    return [pair for pair in rest if not kept_back & {fold(text) for text in pair}], held, held_passages


def read(folder: Path, seed: int = 7) -> Data:
    """The data of `folder`, split the same way on every run."""
    rng = random.Random(seed)
    parallel, held_sentences, held_passages = _parallel(folder, rng)
    articles = list(rows(folder / "arwiki.jsonl.zst"))
    rng.shuffle(articles)
    held, articles = articles[:500], articles[500:]
    leads = {row["id"]: row["text"].split("\n")[0] for row in articles}
    passages = []
    for row in articles:
        sentences = _sentences(row["text"])
        passages += [sentences[i : i + 6] for i in range(0, len(sentences), 6) if len(sentences[i : i + 6]) > 1]
    egyptian = []
    for row in rows(folder / "egyptian_wiki.jsonl.zst"):
        if row["ar_id"] in leads:
            egyptian += [(sentence, leads[row["ar_id"]]) for sentence in _sentences(row["text"])[:3]]
    lexicon = list(rows(folder / "lexicon_ar_en.jsonl.zst"))
    words = {
        source: [(row["en"], row["ar"]) for row in lexicon if row["source"] == source]
        for source in ("wordnet", "names-train", "names-eval")
    }
    tasks = {
        "parallel": parallel,
        "titles": [(row["title"], leads[row["id"]]) for row in articles],
        "egyptian": egyptian,
        "wordnet": words["wordnet"],
        "names": words["names-train"],
    }
    questions = [(one.question, one.context) for one in arcd(folder, "train")]
    return Data(
        tasks=tasks,
        passages=passages,
        held_sentences=held_sentences,
        held_passages=held_passages,
        held_titles=[(row["title"], row["text"].split("\n")[0]) for row in held],
        held_names=words["names-eval"],
        questions=questions,
    )
