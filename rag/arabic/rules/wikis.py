"""What stands before the colon of a link in a wiki that leads to a picture or puts the page into a category."""

from __future__ import annotations

from rag.arabic.lexicon import words_of

WORDLESS = words_of("wiki", use="file") | words_of("wiki", use="category")
"""Folded, in Arabic and English."""
