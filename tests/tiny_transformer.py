"""Transformers of a few thousand weights, made here: an embedder and a cross-encoder in the formats of sentence-transformers."""

from __future__ import annotations

from pathlib import Path

import torch
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, BertModel, PreTrainedTokenizerFast

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "query", "passage", ":", "روسيا", "جورجيا", "قال", "وقعت", "سلام", "حرب"]
LONGEST = 16


def _tokenizer(folder: Path) -> None:
    words = {word: i for i, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=special
    )
    marks = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=LONGEST, **marks).save_pretrained(folder)


def _config(**more: int) -> BertConfig:
    torch.manual_seed(3)
    return BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
        **more,
    )


def build_cross_encoder(folder: Path) -> None:
    """A CrossEncoder with one output."""
    BertForSequenceClassification(_config(num_labels=1)).save_pretrained(folder)
    _tokenizer(folder)
    CrossEncoder(str(folder)).save_pretrained(str(folder))


def build_embedder(folder: Path) -> SentenceTransformer:
    """A SentenceTransformer with mean pooling, truncating at LONGEST tokens."""
    BertModel(_config()).save_pretrained(folder / "bert")
    _tokenizer(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=LONGEST)
    model = SentenceTransformer(modules=[transformer, Pooling(16)], device="cpu")
    model.save_pretrained(str(folder))
    return model
