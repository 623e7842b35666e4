"""The models that people can pull, by short name: what each is, where it lies, and what it costs. Data; nothing is opened here.

Sizes and licences are those of the model cards; what a pull downloads and checks is what the hub says at that time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rag.search.embedding import PROMPTS

Kind = Literal["language model", "embedder", "reranker"]
SETTING: dict[Kind, str] = {"language model": "RAG_MODEL", "embedder": "RAG_EMBEDDER", "reranker": "RAG_RERANKER"}
"""The setting that takes a model of each kind, by its short name."""
QUANTISED = "Q4_K_M.gguf"
"""How the file's name ends that is taken of a repository which offers several: four bits a weight, the usual choice for a CPU."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model on the hub. file: the GGUF to take, empty for the one that ends in QUANTISED, and for a model that is a folder.

    size: bytes, 0 where unknown. ram: what it needs beside it, as people say it. prompts: what questions and passages
    begin with where the model was trained so but its own configuration does not say it.
    """

    name: str
    kind: Kind
    repository: str
    file: str = ""
    size: int = 0
    licence: str = ""
    ram: str = ""
    remark: str = ""
    prompts: Mapping[str, str] | None = None


CATALOGUE = (
    Model(
        "small",
        "language model",
        "mradermacher/SILMA-Kashif-2B-Instruct-v1.0-GGUF",
        "SILMA-Kashif-2B-Instruct-v1.0.Q4_K_M.gguf",
        1_710_000_000,
        "Gemma terms",
        "4 GB",
        "made for questions over Arabic and English passages; short answers",
    ),
    Model(
        "balanced",
        "language model",
        "unsloth/Qwen3.5-4B-GGUF",
        "Qwen3.5-4B-Q4_K_M.gguf",
        2_740_000_000,
        "Apache-2.0",
        "8 GB",
        "the one to begin with; a thinking model",
    ),
    Model(
        "quality",
        "language model",
        "unsloth/Qwen3.5-9B-GGUF",
        "Qwen3.5-9B-Q4_K_M.gguf",
        5_680_000_000,
        "Apache-2.0",
        "12-16 GB",
        "better Arabic, slower",
    ),
    Model(
        "arabic",
        "language model",
        "bartowski/ALLaM-AI_ALLaM-7B-Instruct-preview-GGUF",
        "",
        4_260_000_000,
        "Apache-2.0",
        "8 GB",
        "strong on dialect; a window of 4,096 tokens only",
    ),
    Model(
        "e5-small",
        "embedder",
        "intfloat/multilingual-e5-small",
        size=471_000_000,
        licence="MIT",
        remark="384 dimensions",
        prompts=PROMPTS["multilingual-e5"],
    ),
    Model(
        "bge-m3",
        "embedder",
        "BAAI/bge-m3",
        size=2_300_000_000,
        licence="MIT",
        remark="1,024 dimensions",
    ),
    Model(
        "mmarco",
        "reranker",
        "cross-encoder/mmarco-mMiniLMv2-L12-H384-v1",
        size=471_000_000,  # four bytes for each of 118 million weights
        licence="Apache-2.0",
        remark="a small cross-encoder",
    ),
    Model(
        "bge-reranker-v2-m3",
        "reranker",
        "BAAI/bge-reranker-v2-m3",
        size=2_270_000_000,  # four bytes for each of 568 million weights
        licence="Apache-2.0",
        remark="takes seconds a question on a CPU",
    ),
)


def find(name: str) -> Model | None:
    """The catalogue's model of this short name."""
    return next((model for model in CATALOGUE if model.name == name), None)
