"""Starts the browser chat: `python app.py`, the same as `rag chat`."""

import sys

from rag.errors import RagError
from rag.settings import load_settings
from rag.ui import serve

if __name__ == "__main__":
    try:
        serve(load_settings(), say=lambda line: print(line, flush=True))
    except RagError as e:
        print(e, file=sys.stderr)
        sys.exit(e.exit_code)
