"""Question answering over an archive of Arabic articles, on one's own machine."""

__version__ = "0.1.0"
