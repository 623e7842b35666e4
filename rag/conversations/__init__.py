"""The conversations of the browser chat, and the file that keeps them."""

from rag.conversations.store import Conversation, Conversations, Turn

__all__ = ["Conversation", "Conversations", "Turn"]
