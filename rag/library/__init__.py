"""The library: articles, their passages, and the readers (`rag.readers.readers`) that make articles out of files."""

from rag.library.store import Library

__all__ = ["Library"]
