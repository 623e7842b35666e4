"""From files to articles, passages and the library that keeps them."""

from rag.library.readers import Unreadable, read
from rag.library.store import Library

__all__ = ["Library", "Unreadable", "read"]
