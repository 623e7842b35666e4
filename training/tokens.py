"""The shipped model's tokenizer: folding, cutting into words and affixes, byte-pair pieces; no unknown token."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from rag.arabic.text.folding import TABLE

ALPHABET = 400
"""Characters that have pieces of their own; the rarer ones give no piece."""
# Folded spelling, as code points: w, f, b, k, l + the article; the double lam of "to the".
_ARTICLE = "\u0648?(?:[\u0641\u0628\u0643]?\u0627\u0644|\u0644\u0644)"
# Folded endings: -ha, -hum, -at, -un, -in, -an, -ya+h, -h (ta marbuta), -i.
_ENDING = "\u0647\u0627|\u0647\u0645|\u0627\u062a|\u0648\u0646|\u064a\u0646|\u0627\u0646|\u064a\u0647|\u0647|\u064a"
_LETTER = "[\u0620-\u064a]"
_ENGLISH_ENDING = "ing|ed|es|ly|s"


def normalizer() -> normalizers.Normalizer:
    """`rag.arabic.fold` as a tokenizer's normalizer, so that a text and its folded form give the same pieces.

    Compatibility decomposition and the removal of marks do most of it; what they leave comes from the product's own
    table. Ligatures of whole phrases go first, because decomposing would put spaces where `fold` puts none.
    """
    steps: list[normalizers.Normalizer] = []
    letters: dict[str, str] = {}
    for code, base in TABLE.items():
        plain = unicodedata.normalize("NFKD", chr(code))
        if any(char.isspace() for char in plain):
            steps.append(normalizers.Replace(chr(code), base))
        elif len(plain) == 1 and len(base) <= 1 and unicodedata.category(plain) != "Mn" and plain.lower() != base:
            letters[base] = letters.get(base, "") + plain.lower()
    steps += [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]
    for base, chars in letters.items():
        steps.append(normalizers.Replace(Regex(f"[{''.join(sorted(set(chars)))}]"), base))
    return normalizers.Sequence(steps)


def pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    """Words without punctuation, digits in groups of up to three; the Arabic article and common endings stand alone."""
    steps = [
        pre_tokenizers.Split(Regex(r"[^\p{L}\p{N}]+"), "removed"),
        pre_tokenizers.Split(Regex(r"\p{N}{1,3}"), "isolated"),
        pre_tokenizers.Split(Regex(f"^{_ARTICLE}(?={_LETTER}{{3}})"), "isolated"),
        pre_tokenizers.Split(Regex(f"(?<={_LETTER}{{3}})(?:{_ENDING})$"), "isolated"),
        pre_tokenizers.Split(Regex(f"(?<=[a-z]{{3}})(?:{_ENGLISH_ENDING})$"), "isolated"),
    ]
    return pre_tokenizers.Sequence(steps)


def train_tokenizer(texts: Iterable[str], size: int) -> Tokenizer:
    """A byte-pair tokenizer of `size` pieces learned from raw texts; characters it never saw give no piece at all."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizer()
    tokenizer.pre_tokenizer = pre_tokenizer()
    texts = list(texts)
    counts = Counter(char for text in texts for char in tokenizer.normalizer.normalize_str(text) if not char.isspace())
    alphabet = sorted(counts, key=lambda char: (-counts[char], char))[
        :ALPHABET
    ]  # the trainer breaks ties anew each run
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, limit_alphabet=ALPHABET, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
