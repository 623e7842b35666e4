"""What the page's routes have in common: who asks, and the answer for an error."""

from __future__ import annotations

import hmac
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from rag.errors import BusyError, InputError, RagError
from rag.ui.door import is_encrypted
from rag.ui.rendering import problem

Handler = Callable[[Request], Awaitable[Response]]
_COOKIE = "rag-visitor"
_NAME = re.compile("[0-9a-f]{32}")
_KEPT_SECONDS = 400 * 24 * 3600
"""What browsers keep a cookie for at most."""
log = logging.getLogger(__name__)


class Visitors:
    """Whose conversations a request sees: each browser's its own, by a cookie that is signed here.

    key: what cookies are signed with; empty where all conversations are this machine's owner's. sign_in: whether one shows a
    password or token to come in. has_conversations: whether an owner has some, as those had to whom unsigned names were given.
    """

    def __init__(
        self, key: str = "", sign_in: bool = False, has_conversations: Callable[[str], bool] = lambda owner: False
    ) -> None:
        self._key, self.sign_in, self._has_conversations = key.encode(), sign_in, has_conversations

    def owner(self, request: Request) -> str:
        """The owner of the conversations; InputError for a browser that was not given a name."""
        if not self._key:
            return ""
        if name := self._named(request):
            return name
        raise InputError("this browser has no name yet, by which its conversations are kept; load the page again")

    def welcome(self, request: Request) -> tuple[str, str]:
        """The owner, and the cookie to set, "" for none; a browser without a name gets one."""
        if not self._key:
            return "", ""
        name = self._named(request) or secrets.token_hex(16)
        secure = "; Secure" if is_encrypted(request.scope) else ""
        value = f"{name}.{self._signature(name)}"
        return name, f"{_COOKIE}={value}; Max-Age={_KEPT_SECONDS}; Path=/; HttpOnly; SameSite=Strict{secure}"

    def _named(self, request: Request) -> str:
        """The name that a browser was given here; empty for none, and for one that it made up."""
        name, _, signature = request.cookies.get(_COOKIE, "").partition(".")
        if not _NAME.fullmatch(name):
            return ""
        if signature:
            return name if hmac.compare_digest(signature.encode(), self._signature(name).encode()) else ""
        return name if self._has_conversations(name) else ""

    def _signature(self, name: str) -> str:
        return hmac.digest(self._key, f"visitor {name}".encode(), "sha256").hex()


def refused(error: Exception) -> HTMLResponse:
    """The answer for an error, one line of HTML; what is not ours is logged."""
    status = 400 if isinstance(error, InputError) else 429 if isinstance(error, BusyError) else 500
    if not isinstance(error, RagError):
        log.error("a request of the page failed", exc_info=error)
    return HTMLResponse(problem(error), status)


def explained(handler: Handler) -> Handler:
    """The handler, its errors answered with a line."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Exception as e:
            return refused(e)

    return answer


async def fields(request: Request) -> dict[str, str]:
    """What the query and a form's body say, without spaces around it, the last of those with the same name."""
    body = (await request.body()).decode("utf-8", "replace")
    return {
        name: value.strip() for name, value in [*request.query_params.items(), *parse_qsl(body, keep_blank_values=True)]
    }
