"""The weights of the shipped linear models, the reranker's and those of evidence, out of `rankers.json`.

Training writes the file (`python -m training.reranking`, `python -m training.evidence`); what is under "made" says from which
data and how well each model did on questions that it was not fitted to. Knows the form of the file, not what a feature says:
who computes features names them, and each of them must have its weight. Stands in rag.search because both the reranker here and
rag.answer, which may import rag.search, read it; rag.models is above rag.search.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from rag.errors import ModelError
from rag.search.embedding import SHIPPED

FILE = "rankers.json"
_FIX = "`git checkout rag/models/shipped`, or install the program again"
Language = Literal["arabic", "translated"]
"""Whether a question holds Arabic, or is compared by the translations of its words; each has weights of its own."""
LANGUAGES: tuple[Language, ...] = ("arabic", "translated")


class Rankers:
    """The numbers of one file, each under the names that lead to it, such as "reranking", "arabic", "bias".

    Raises ModelError where the file cannot be read, and where what is asked for is not there or is no number.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._found: object = json.loads(path.read_bytes())
        except (OSError, ValueError) as e:
            raise ModelError(f"{path} cannot be read ({e}); expected the shipped weights; {_FIX}") from e

    def number(self, *names: str) -> float:
        """A number, which is finite."""
        found = self._at(names)
        if not isinstance(found, int | float) or isinstance(found, bool) or not math.isfinite(found):
            raise ModelError(f"{self._path} holds {found!r} for {'.'.join(names)}; expected a number; {_FIX}")
        return float(found)

    def weights(self, *names: str, features: Sequence[str]) -> dict[str, float]:
        """The weight of each of these features, in their order."""
        found = self._at(names)
        known = list(found) if isinstance(found, dict) else []
        if set(known) != set(features):
            raise ModelError(
                f"{self._path} holds weights for {', '.join(known) or 'nothing'} under {'.'.join(names)}; "
                f"expected {', '.join(features)}; {_FIX}"
            )
        return {feature: self.number(*names, feature) for feature in features}

    def _at(self, names: Sequence[str]) -> object:
        """What stands under these names; None where nothing does."""
        found = self._found
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found


@cache
def shipped() -> Rankers:
    """The file that comes with the program, read once."""
    return Rankers(SHIPPED / FILE)
