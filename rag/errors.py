"""The error tree. A message says what was found, what was expected, and what mends it, in one line."""


class RagError(Exception):
    """A failed run: the command line prints the message and exits 1."""

    exit_code = 1


class InputError(RagError):
    """Bad usage or input (a file, a row, a question): exit code 2."""

    exit_code = 2


class LibraryError(RagError):
    """The library cannot be read or written; nothing that it holds was changed."""


class GoneError(InputError):
    """What was asked for is not there any more, or is not as it was."""


class HistoryError(RagError):
    """The conversations cannot be read or written; the library is not concerned."""


class HistoryDamaged(HistoryError):
    """The file of the conversations is damaged or is none; another one can be begun in its place."""


class IndexDamaged(RagError):
    """An index is missing, damaged or of another library; it can be rebuilt from the library."""


class EngineError(RagError):
    """The server that holds the indexes is away, hangs or refuses; the library is not concerned."""


class ModelError(RagError):
    """A model file is missing, is not what it should be, or failed while running."""


class BusyError(RagError):
    """The language model's queue is full, or another process is at the same work; trying again later may succeed."""


class TableError(RagError):
    """A table of words or numbers that the program goes by is missing, or is not what it should be."""
