"""The rivals' own virtual environments, and what goes into each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TORCH = "torch==2.13.0"
"""First, so that what the others ask for does not bring a build for graphics cards."""
_ENCODER = "sentence-transformers==6.2.0"
RIVALS = {
    "txtai": ("txtai==9.14.0", _ENCODER),
    "haystack": ("haystack-ai==3.4.0", "sentence-transformers-haystack==2.0.0", _ENCODER),
    "llamaindex": (
        "llama-index-core==0.14.25",
        "llama-index-retrievers-bm25==0.8.0",
        "llama-index-vector-stores-faiss==0.7.0",
        "faiss-cpu==1.15.1",
        _ENCODER,
    ),
}


def python_of(folder: Path, name: str) -> str:
    """The Python of a rival's environment, which is made, or filled, where anything is missing."""
    place = folder / name
    python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    for wanted in ((TORCH,), RIVALS[name]):
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted], check=True)
    return str(python)
