"""Writes the checksums of the shipped files, once all of them are made: `python -m training.checksums rag/models/shipped`."""

from __future__ import annotations

import sys
from pathlib import Path

from rag.models import checksums

if __name__ == "__main__":
    checksums.write(Path(sys.argv[1]))
