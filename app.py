"""Starts the browser chat: `python app.py`, the same as `rag chat`."""

import sys

from rag.cli.main import main

if __name__ == "__main__":
    main(["chat", *sys.argv[1:]])
