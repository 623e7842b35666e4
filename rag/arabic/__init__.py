"""All knowledge of the Arabic language; with prompts/ the only place of Arabic letters in the program.

folding: forms for matching and the way back to the original. sentences: where they end.
words: grams and question words. numerals: numbers and dates, in digits or words. names: one name in two spellings.
speech: who says something in a sentence. speakers: names and topics to ask about.
claims: what makes one sentence say otherwise than another.
varieties: standard Arabic or dialect. scripts: which alphabet a letter is of.
morphology: words without affixes, forms of one root. places: what a country is called.
attributes: what a question wants to know of something.
answers: the date or number in a sentence. quoting: quotations for reading. followups: questions that lean on another.
forms: when two words say the same. encodings: which encoding bytes are in. dates: written dates as ISO dates.
columns: what the columns of a table are called.
"""

from rag.arabic.folding import clean, find, fold, fold_with_offsets, has_arabic, undirected
from rag.arabic.sentences import sentences

__all__ = ["clean", "find", "fold", "fold_with_offsets", "has_arabic", "sentences", "undirected"]
