"""Names of Latin letters as Arabic ones may write them, by a joint n-gram model (Bisani and Ney 2008).

A unit is a Latin letter, or the beginning or end of a name, with the up to three Arabic letters that it gives; the model
says how likely a unit is after others. Made by `python -m training.transliteration`.
"""

from __future__ import annotations

import gzip
import json
import math
from collections import defaultdict
from pathlib import Path

from rag.errors import ModelError

BEGIN, END = "^", "$"
FIRST_CODE, PAD = 161, "^"
"""Unit i is the character with the code FIRST_CODE + i in the model's contexts; before a name stands PAD."""
LONGEST = 40
_BEAM, _OPTIONS = 12, 9


class Transliterator:
    """Reads its model from a file. Raises ModelError if that is missing or damaged."""

    def __init__(self, path: Path) -> None:
        try:
            model = json.loads(gzip.decompress(path.read_bytes()))
            self._arabic = {chr(FIRST_CODE + i): arabic for i, (_, arabic) in enumerate(model["units"])}
            self._contexts: dict[str, tuple[float, dict[str, float]]] = model["contexts"]
            self._longest = max(map(len, self._contexts))
            frequent = sorted(self._contexts[""][1].items(), key=lambda item: -item[1])
        except (OSError, EOFError, ValueError, KeyError, TypeError) as e:
            raise ModelError(
                f"{path} cannot be read ({e}); expected the shipped names; install the program again"
            ) from e
        self._units: dict[str, list[str]] = defaultdict(list)
        for code, _ in frequent:
            self._units[model["units"][ord(code) - FIRST_CODE][0]].append(code)

    def forms(self, name: str, count: int) -> list[tuple[str, float]]:
        """The likeliest Arabic spellings of a folded name, each with its probability as a share of the first one's.

        None if the name holds other than a to z, or has more than LONGEST letters; none without letters («abu», of which a unit
        may give nothing for each letter).
        """
        if len(name) > LONGEST:
            return []
        beam = {(PAD * self._longest, ""): 0.0}
        for letter in f"{BEGIN}{name}{END}":
            options: dict[tuple[str, str], float] = {}
            for (context, form), score in beam.items():
                for unit in self._units[letter][:_OPTIONS]:
                    state = (context + unit)[-self._longest :], form + self._arabic[unit]
                    options[state] = max(options.get(state, -math.inf), score + self._score(context, unit))
            beam = dict(sorted(options.items(), key=lambda item: -item[1])[:_BEAM])
        best = max(beam.values(), default=0.0)
        found: dict[str, float] = defaultdict(float)
        for (_, form), score in beam.items():
            if not form:
                continue
            found[form] += math.exp(score - best)
        ranked = sorted(found.items(), key=lambda item: -item[1])[:count]
        return [(form, share / ranked[0][1]) for form, share in ranked]

    def _score(self, context: str, unit: str) -> float:
        """The log-probability of a unit after others, backing off to shorter contexts."""
        total = 0.0
        while True:
            backoff, scores = self._contexts.get(context, (0.0, {}))
            if unit in scores:
                return total + scores[unit]
            total += backoff
            context = context[1:]
