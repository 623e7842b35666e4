"""Question answering over an archive of Arabic articles, on one's own machine.

`open_archive` gives the whole program to other Python code; see `rag.archive`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.archive import Archive, Indexed, open_archive

__version__ = "0.2.0"
__all__ = ["Archive", "Indexed", "__version__", "open_archive"]


def __getattr__(name: str) -> object:
    """Imports `rag.archive`, and all that it needs, when one of its names is first used: `import rag` stays quick."""
    if name in __all__:
        return getattr(importlib.import_module("rag.archive"), name)
    raise AttributeError(f"module 'rag' has no attribute {name!r}")
