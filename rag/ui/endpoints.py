"""The archive for Gradio's clients and, through its MCP server, for assistants: the named endpoints /ask and /search.

Gradio reads what the functions take and give from their annotations and docstrings, which therefore stand as they are shown.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rag.answer.assistant import Assistant
from rag.errors import InputError, RagError
from rag.types import Scope

_AT_ONCE = 32
MOST_HITS = 100
MOST_WAITING, MOST_SESSIONS = 64, 128
"""Calls of Gradio's clients that may wait, and sessions that are remembered: so many more that none is forgotten while it waits."""


class _Unfetched(OrderedDict[str, Any]):
    """What Gradio's queue holds for sessions until they fetch it; of too many the oldest is forgotten, with what is noted of it."""

    def __init__(self, noted: dict[str, Any]) -> None:
        super().__init__()
        self._noted = noted

    def __setitem__(self, session: str, held: Any) -> None:
        super().__setitem__(session, held)
        while len(self) > MOST_SESSIONS:
            oldest, _ = self.popitem(last=False)
            self._noted.pop(oldest, None)


def _forget_sessions(blocks: Any) -> None:
    """Has Gradio forget sessions that fetch nothing: it would keep the answers of 2,000, and a state for each of 10,000."""
    queue = blocks._queue
    queue.pending_messages_per_session = _Unfetched(queue.pending_event_ids_session)
    blocks.state_session_capacity = MOST_SESSIONS


def add(gr: Any, blocks: Any, assistant: Assistant) -> None:
    """Adds the endpoints to the page's blocks; what they give is what `--json` prints on the command line."""

    @contextmanager
    def told() -> Iterator[None]:
        try:
            yield
        except RagError as e:
            raise gr.Error(str(e), print_exception=False) from e

    def ask_the_archive(
        question: str, since: str = "", until: str = "", sources: list[str] | None = None
    ) -> dict[str, Any]:
        """Answers a question from the archive of Arabic articles on this machine. Each sentence of the answer carries the
        passage that supports it, verbatim; "status" is "abstained" where the archive does not hold the answer.

        Args:
            question: The question, in Arabic or English, standing alone.
            since: Only articles of this date or later: YYYY, YYYY-MM or YYYY-MM-DD. Empty for any.
            until: Only articles of this date or earlier, likewise.
            sources: Only articles of these sources. None for any.
        """
        with told():
            *_, answer = assistant.ask(assistant.parse(question), Scope(since, until, tuple(sources or ())))
            return answer.as_json()

    def search_the_archive(
        query: str, k: int = 10, since: str = "", until: str = "", sources: list[str] | None = None
    ) -> list[dict[str, Any]]:
        """Finds the passages of the archive of Arabic articles that are nearest to a query, best first.

        Args:
            query: Words or a question, in Arabic or English.
            k: How many passages, from 1 to 100.
            since: Only articles of this date or later: YYYY, YYYY-MM or YYYY-MM-DD. Empty for any.
            until: Only articles of this date or earlier, likewise.
            sources: Only articles of these sources. None for any.
        """
        with told():
            if not 1 <= k <= MOST_HITS:
                raise InputError(f"k is {k}; expected a number from 1 to {MOST_HITS}")
            scope = Scope(since, until, tuple(sources or ()))
            return [hit.as_json() for hit in assistant.search(assistant.parse(query), k, scope)]

    _forget_sessions(blocks)
    with blocks:
        for name, function in (("ask", ask_the_archive), ("search", search_the_archive)):
            # Not queued, an MCP call needs no second request to this server, which would lack the password.
            gr.api(function, api_name=name, queue=False, concurrency_limit=_AT_ONCE, concurrency_id="api")
