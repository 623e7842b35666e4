"""A Milvus server as this program asks it: every call with a time limit, every failure one line of ours.

A server that restarts refuses for about a second, so a call that does not reach it is made again, after growing pauses; every
call may be made twice. pymilvus does so by itself where the server has too much to do, but not for long where it is away. A
server that hangs is not asked again. pymilvus is imported when the server is asked for the first time.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rag.errors import EngineError, IndexDamaged, InputError

CONNECT, ASK, WRITE = 8.0, 20.0, 120.0
"""Seconds until a call is given up: to be connected, to be answered, and to have something written or built."""
_AWAY = 2
"""The code of pymilvus's "fail connecting to server", and of a server's "service unavailable"."""
_NOT_LOADED = 101
"""The code of a server's "collection not loaded"."""
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 1.6, 1.6)
"""Seconds between attempts to reach it; the last ones are left out when so long has been waited already."""
_WRITES = frozenset(
    ("upsert", "delete", "flush", "create_collection", "create_index", "load_collection", "drop_collection")
)


class MilvusServer:
    """The server at an address such as http://127.0.0.1:19530, connected to by the first call."""

    def __init__(self, url: str, token: str) -> None:
        self._address, self._token = url, token
        self.url = re.sub("//.*@", "//", url)  # as it is told, without a password
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
                f"RAG_ENGINE is milvus, but {e.name} is not installed; `pip install '.[cluster]'` in this program's folder, or "
                "unset RAG_ENGINE"
            ) from e
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs a traceback of each error that it raises
        if not self._address.startswith(("http://", "https://", "tcp://")):  # anything else is a file to pymilvus
            raise InputError(
                f"RAG_MILVUS_URL is {self.url!r}; expected an address such as http://127.0.0.1:19530, or unset RAG_ENGINE"
            )
        connect = partial(MilvusClient, uri=self._address, token=self._token, timeout=CONNECT)
        return self._persistent(connect, "connect", CONNECT)

    def ask(self, method: str, *arguments: Any, **named: Any) -> Any:
        """What a method of pymilvus's client gives back.

        Raises IndexDamaged where the collection is not there, EngineError where the server is away, hangs or refuses.
        """
        client, limit = self.client, WRITE if method in _WRITES else ASK
        call = partial(getattr(client, method), *arguments, timeout=limit, **named)
        try:
            return self._persistent(call, method, limit)
        except _Released:  # some servers do not load a collection again that was loaded when they ended
            self.ask("load_collection", arguments[0])
            return self._persistent(call, method, limit)

    def _persistent(self, call: Callable[[], Any], method: str, limit: float) -> Any:
        began = time.monotonic()
        for pause in (*_PAUSES, None):
            try:
                return call()
            except Exception as e:
                late = pause is None or time.monotonic() - began > sum(_PAUSES)
                if late or _status(e) != "UNAVAILABLE":
                    raise self._mapped(e, method, limit) from e
                time.sleep(pause or 0)
        raise AssertionError

    def _mapped(self, error: Exception, method: str, limit: float) -> Exception:
        """A foreign error as one of ours, any other as it is."""
        from grpc import FutureTimeoutError, RpcError
        from pymilvus.exceptions import ErrorCode, MilvusException

        if not isinstance(error, (MilvusException, RpcError, FutureTimeoutError)):
            return error
        mend = "start it, or mend RAG_MILVUS_URL, or unset RAG_ENGINE to search with this machine's own indexes"
        status = _status(error)
        if status == "UNAUTHENTICATED":
            return EngineError(self._unknown())
        if status == "PERMISSION_DENIED":
            return EngineError(
                f"the Milvus server at {self.url} refuses {method} to the user of RAG_MILVUS_TOKEN, who must read, write, make "
                "and drop collections; have the server allow it, or mend RAG_MILVUS_TOKEN"
            )
        if status == "DEADLINE_EXCEEDED":
            return EngineError(
                f"the Milvus server at {self.url} has not answered {method} within {limit:.0f} s; look whether it hangs or "
                "has too much to do, and try again"
            )
        if method == "connect":
            return EngineError(f"no Milvus server answers at {self.url}; {mend}")
        if isinstance(error, MilvusException) and error.code == ErrorCode.COLLECTION_NOT_FOUND:
            return IndexDamaged(f"the Milvus server at {self.url} does not have the collection: {_first_line(error)}")
        if isinstance(error, MilvusException) and error.code == _NOT_LOADED:
            return _Released(f"the Milvus server at {self.url} does not load {_first_line(error)}; look into its log")
        if status in ("UNAVAILABLE", "CANCELLED"):
            return EngineError(f"the Milvus server at {self.url} has gone and does not come back; {mend}")
        return EngineError(
            f"the Milvus server at {self.url} refuses {method}: {_first_line(error)}; `rag doctor` says what it holds"
        )

    def _unknown(self) -> str:
        """That the server does not know us; what it was given is not told."""
        if not self._token and self.url == self._address:
            found, mend = "asks for a token, and RAG_MILVUS_TOKEN is not set", "set it to"
        else:
            where = "RAG_MILVUS_TOKEN" if self._token else "the password in RAG_MILVUS_URL"
            found, mend = f"does not accept {where}", "expected is"
        return (
            f"the Milvus server at {self.url} {found}; {mend} user:password of one whom it knows, or a key of its own"
        )

    def close(self) -> None:
        """Ends the connection; the next call begins another."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None


class _Released(EngineError):
    """The collection is there, but not loaded."""


def _status(error: Any) -> str:
    """The name of grpc's status, be it wrapped by pymilvus; "" where there is none."""
    for found in (error, error.__cause__):
        code = getattr(found, "code", None)
        name = getattr(code() if callable(code) else code, "name", "")
        if name.isupper():
            return str(name)
    return "UNAVAILABLE" if getattr(error, "code", None) == _AWAY else ""


def _first_line(error: Any) -> str:
    text = getattr(error, "message", "") or (error.details() if callable(getattr(error, "details", None)) else "")
    return (str(text or error).splitlines() or [""])[0][:300]
