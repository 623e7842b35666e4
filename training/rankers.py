"""Writes one section of `rankers.json`: the models of one command, from which data they come, and how well they do.

`rag.search.rankers` reads the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from rag.search.rankers import FILE, Language
from training.provenance import made

Model = dict[str, object]
"""The numbers of a model by their names, and under "cross-validated" what it reaches on titles that it was not fitted to."""


def write(out: Path, section: str, models: Mapping[Language, Model], data: Sequence[Path], command: str = "") -> None:
    """Puts a section in the place of what the file holds of it; its other sections stay as they are.

    data: the files that the models were fitted to. command: the module that made them, where the section has another name.
    Raises ValueError where `out` is no JSON.
    """
    sections = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    made_by = f"python -m training.{command or section} --data DATA --out rag/models/shipped/{FILE}"
    written: dict[str, object] = {"made": made(made_by, data)}
    for language, model in models.items():
        written[language] = model
    sections[section] = written
    out.write_text(json.dumps(sections, indent=2) + "\n", encoding="utf-8")
