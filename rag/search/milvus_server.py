"""A Milvus server as this program asks it: every call with a time limit, every failure one line of ours.

pymilvus is imported when the server is asked for the first time. It repeats by itself, with growing pauses and within the
time limit, what fails because the server cannot be reached (one that restarts refuses for about a second) or has too much to
do; a server that hangs is not asked again.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

from rag.errors import EngineError, IndexDamaged, InputError

CONNECT, ASK, WRITE = 8.0, 20.0, 120.0
"""Seconds until a call is given up: to be connected, to be answered, and to have something written or built."""
_WRITES = frozenset(
    ("upsert", "delete", "create_collection", "drop_collection", "load_collection", "alter_collection_properties")
)


class MilvusServer:
    """The server at an address such as http://127.0.0.1:19530, connected to by the first call."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self._token = url, token
        self._client: Any = None
        self._lock = threading.Lock()

    @property
    def client(self) -> Any:
        """pymilvus's client. Raises InputError where pymilvus is not installed or the address is none, EngineError where
        nobody answers there."""
        with self._lock:
            if self._client is None:
                self._client = self._connected()
            return self._client

    def _connected(self) -> Any:
        os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")  # grpc reads it when it is imported; a fork would hang
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what it has to say comes as an exception
        try:
            from pymilvus import MilvusClient
        except ModuleNotFoundError as e:
            raise InputError(
                f"RAG_ENGINE is milvus, but {e.name} is not installed; `pip install 'rag[cluster]'`, or unset RAG_ENGINE"
            ) from e
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs a traceback of each error that it raises
        if not self.url.startswith(("http://", "https://", "tcp://")):  # anything else is a file to pymilvus
            raise InputError(
                f"RAG_MILVUS_URL is {self.url!r}; expected an address such as http://127.0.0.1:19530, or unset RAG_ENGINE"
            )
        try:
            return MilvusClient(uri=self.url, token=self._token, timeout=CONNECT)
        except Exception as e:
            raise self._mapped(e, "connect", CONNECT) from e

    def ask(self, method: str, *arguments: Any, **named: Any) -> Any:
        """What a method of pymilvus's client gives back.

        Raises IndexDamaged where the collection is not there, EngineError where the server is away, hangs or refuses.
        """
        client, limit = self.client, WRITE if method in _WRITES else ASK
        try:
            return getattr(client, method)(*arguments, timeout=limit, **named)
        except Exception as e:
            raise self._mapped(e, method, limit) from e

    def _mapped(self, error: Exception, method: str, limit: float) -> Exception:
        """A foreign error as one of ours, any other as it is."""
        from grpc import FutureTimeoutError, RpcError
        from pymilvus.exceptions import ErrorCode, MilvusException

        if not isinstance(error, (MilvusException, RpcError, FutureTimeoutError)):
            return error
        mend = "start it, or mend RAG_MILVUS_URL, or unset RAG_ENGINE to search with this machine's own indexes"
        if method == "connect":
            said = f" ({_first_line(error)})" if "auth" in str(error).lower() else ""
            return EngineError(f"no Milvus server answers at {self.url} within {limit:.0f} s{said}; {mend}")
        if isinstance(error, MilvusException) and error.code == ErrorCode.COLLECTION_NOT_FOUND:
            return IndexDamaged(f"the Milvus server at {self.url} does not have the collection: {_first_line(error)}")
        status = _status(error)
        if status in ("UNAVAILABLE", "CANCELLED"):
            return EngineError(f"the Milvus server at {self.url} has gone and does not come back; {mend}")
        if status == "DEADLINE_EXCEEDED":
            return EngineError(
                f"the Milvus server at {self.url} has not answered {method} within {limit:.0f} s; look whether it hangs or "
                "has too much to do, and try again"
            )
        return EngineError(
            f"the Milvus server at {self.url} refuses {method}: {_first_line(error)}; `rag doctor` says what it holds"
        )

    def close(self) -> None:
        """Ends the connection; the next call begins another."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None


def _status(error: Any) -> str:
    """The name of grpc's status; of what pymilvus raises, the status of the last attempt."""
    code = error.code() if callable(error.code) else error.code
    return getattr(code, "name", "")


def _first_line(error: Any) -> str:
    text = getattr(error, "message", "") or (error.details() if callable(getattr(error, "details", None)) else "")
    return (str(text or error).splitlines() or [""])[0][:300]
