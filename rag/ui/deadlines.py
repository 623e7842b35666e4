"""The deadlines of a connection: for the head of a request, for its body, and for reading what is answered.

uvicorn has one only between two requests; a client that says nothing, or little by little, would else keep a connection, and one
that does not read its answer the memory that this takes.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

HEAD_SECONDS = 10
"""In which the head of a request must be whole."""
PACE_SECONDS, PACE_BYTES = 20, 20_000
"""In each so many seconds a body must come on by so many bytes; an answer that waits to be read must be taken up in them."""
MOST_HEADS = 400
"""Connections that may be without a whole head; one more ends the oldest. Below the 1,024 files that a process may often open."""


class Deadlines(H11Protocol):
    """uvicorn's connection, ended where it is late."""

    _of_servers: ClassVar[WeakKeyDictionary[ServerState, dict[Deadlines, None]]] = WeakKeyDictionary()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        # Those of this server that are without a whole head, the oldest first.
        self._heads = self._of_servers.setdefault(self.server_state, {})
        self._head: asyncio.TimerHandle | None = None
        self._pace: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for a head."""
        super().connection_made(transport)
        self._await_head()
        if len(self._heads) > MOST_HEADS:
            next(iter(self._heads)).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits for nothing any more."""
        self._heads.pop(self, None)
        for timer in (self._head, self._pace, self._unread):
            if timer:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Takes bytes in, and knows then what is waited for."""
        self._received += len(data)
        super().data_received(data)
        if not self._is_asked():
            self._end_pace()
            self._await_head()
            return
        self._heads.pop(self, None)
        if self._head:
            self._head.cancel()
            self._head = None
        if not self.cycle.more_body:
            self._end_pace()
        elif not self._pace:
            self._await_body()

    def pause_writing(self) -> None:
        """Begins to wait for the client to read."""
        super().pause_writing()
        self._unread = self.loop.call_later(PACE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read."""
        if self._unread:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def _is_asked(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def _await_head(self) -> None:
        if not self._head and not self.transport.is_closing():
            self._heads[self] = None
            self._head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _await_body(self) -> None:
        self._pace = self.loop.call_later(PACE_SECONDS, self._check_body, self._received)

    def _end_pace(self) -> None:
        """The next request's body has its own time."""
        if self._pace:
            self._pace.cancel()
            self._pace = None

    def _check_body(self, before: int) -> None:
        """Ends a body that has not come on, though somebody here would read it."""
        self._pace = None
        if not (self._is_asked() and self.cycle.more_body):
            return
        if self._received - before < PACE_BYTES and not self.flow.read_paused:
            self.transport.abort()
        else:
            self._await_body()
