"""All knowledge of the Arabic language; with prompts/ the only place of Arabic letters in the program.

folding: forms for matching and the way back to the original. sentences: where they end.
words: grams, numbers, dates, question words. speech: who says something in a sentence.
"""

from rag.arabic.folding import clean, find, fold, fold_with_offsets, has_arabic
from rag.arabic.sentences import sentences

__all__ = ["clean", "find", "fold", "fold_with_offsets", "has_arabic", "sentences"]
