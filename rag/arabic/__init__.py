"""All knowledge of the Arabic language; with prompts/ the only place of Arabic letters in the program.

text/ is about letters, words and sentences: folding (forms for matching and the way back to the original), sentences (where they
end), grams, encodings, scripts, quoting. morphology.py takes words apart. lexicon/ holds the tables of words and affixes, which
anybody who knows Arabic can correct. rules/ reads with them: reported_speech (who says something), speakers (whom to ask about),
names, places, dates, numerals, attributes, polarity (what makes one sentence say otherwise than another), follow_ups
(questions that lean on another), forms (when two words say the same), words (what a question asks for).

The functions imported here are those that nearly every module needs.
"""

from rag.arabic.text.folding import clean, find, fold, fold_with_offsets, has_arabic, undirected
from rag.arabic.text.sentences import sentences

__all__ = ["clean", "find", "fold", "fold_with_offsets", "has_arabic", "sentences", "undirected"]
