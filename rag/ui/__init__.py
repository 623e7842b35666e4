"""The browser chat. Importing this is cheap: Gradio is imported when a page is built."""

from rag.ui.server import serve, start

__all__ = ["serve", "start"]
