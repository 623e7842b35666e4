"""Who is let in: whoever shows the password, or the token that only the owner of this home can read. Knows no route's work.

A browser shows it once, in a form or in the address that `rag chat` opens, and is remembered by a cookie until it leaves;
programs send it with each request. Whoever guesses waits, longer each time.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import logging
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse, Response

from rag.errors import RagError
from rag.files import make_private
from rag.ui.reading import attributes, plain
from rag.ui.texts import cookies, direction, language, say

Refusal = tuple[int, str]
"""Status and reason."""
LOGIN, LOGOUT = "/ui/login", "/ui/logout"
TOKEN_FILE = "chat-token"
_FIELD = "key"
_LONGEST_FORM = 10_000
_SESSION_SECONDS = 30 * 24 * 3600
_MOST_SESSIONS, _MOST_ADDRESSES = 1000, 1000
_FREE_TRIES, _FIRST_WAIT, _LONGEST_WAIT = 3, 0.5, 30.0
_MOST_WAITING = 8
"""Guesses from one address that may wait at the same time."""
log = logging.getLogger(__name__)
_PAGE = """<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>{refresh}<style>
:root {{ color-scheme: light dark; }}
body {{ font-family: "Noto Naskh Arabic", "Noto Sans Arabic", "Segoe UI", Tahoma, sans-serif; text-align: center; margin: 25vh 1rem 0; }}
input, button {{ font: inherit; padding: .4rem .8rem; }}
</style></head><body dir="{direction}"><h1>{title}</h1>{body}</body></html>"""


class Credential(NamedTuple):
    """What opens the chat: nothing where `secret` is empty. is_token: made by the program, not chosen by a person."""

    secret: str
    is_token: bool


OPEN = Credential("", is_token=False)


def kept_token(folder: Path) -> str:
    """The token of a home, which is made once, in a file that its owner alone can read. RagError where it cannot be kept."""
    path = folder / TOKEN_FILE
    try:
        make_private(folder)
        if not path.exists():
            made = path.with_name(f".{TOKEN_FILE}.{secrets.token_hex(4)}")
            made.touch(mode=0o600)
            made.write_text(secrets.token_urlsafe(24), encoding="ascii")
            _give_name(made, path)
        token = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as e:
        raise RagError(
            f"{path} cannot be read or made ({e}); expected the token of the chat; mend it, or ask with --no-token"
        ) from e
    if len(token) < 20:
        raise RagError(
            f"{path} holds {len(token)} letters; expected the token of the chat; delete it, and a new one is made"
        )
    return token


def _give_name(made: Path, path: Path) -> None:
    """Gives a file its name, unless another program that starts at the same moment was first."""
    try:
        path.hardlink_to(made)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)


class Door:
    """Lets requests in, or answers them. port: names the cookie, since all servers of a machine share their cookies."""

    def __init__(self, entry: Credential, port: int) -> None:
        self._entry, self._cookie = entry, f"rag-session-{port}"
        # A browser that was let in by the token stays so after a restart; one that gave the password gives it again.
        self._lasting = _digest(f"browser {entry.secret}") if entry.is_token else ""
        self._sessions: dict[str, None] = {}
        self._failures: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()

    async def answer(self, scope: Any, receive: Any) -> Response | Refusal | None:
        """What to answer instead of going on, or the reason why not; None for a request that is let in."""
        if not self._entry.secret:
            return None
        path, method = scope["path"], scope["method"]
        headers = dict(scope["headers"])
        if path == LOGIN and method == "POST":
            return await self._login(scope, receive)
        if path == LOGOUT and method == "POST":
            return self._leave(scope)
        if self._is_known(cookies(scope).get(self._cookie, "")):
            return None
        if given := _shown(headers.get(b"authorization", b"")):
            right = await self._is_right(given, scope)
            return None if right else self._turned_away(scope, headers, tried=True, busy=right is None)
        if path == "/" and (given := _queried(scope)):
            right = await self._is_right(given, scope)
            return self._let_in(scope) if right else self._turned_away(scope, headers, tried=True, busy=right is None)
        return self._turned_away(scope, headers)

    def names_a_token(self, scope: Any) -> bool:
        """Whether a request shows the token in its address, as that does which `rag chat` opens, whatever page it comes from."""
        return self._entry.is_token and scope["path"] == "/" and scope["method"] == "GET" and bool(_queried(scope))

    def _is_known(self, session: str) -> bool:
        return bool(session) and (
            hmac.compare_digest(session.encode(), self._lasting.encode()) or _digest(session) in self._sessions
        )

    async def _is_right(self, given: bytes, scope: Any) -> bool | None:
        """Whether it is the secret, after a wait where this address has guessed before; None where too many wait already."""
        address = (scope.get("client") or ("",))[0]
        with self._among_waiting(address) as many:
            if many > _MOST_WAITING:
                return None
            if (over := self._failures[address] - _FREE_TRIES) > 0:
                await asyncio.sleep(min(_FIRST_WAIT * 2 ** min(over - 1, 10), _LONGEST_WAIT))
            if hmac.compare_digest(
                hashlib.sha256(given).digest(), hashlib.sha256(self._entry.secret.encode()).digest()
            ):
                del self._failures[address]
                return True
            if len(self._failures) >= _MOST_ADDRESSES:
                self._failures.clear()
            self._failures[address] += 1
            log.warning("a wrong password or token", extra={"address": address, "failures": self._failures[address]})
            return False

    @contextmanager
    def _among_waiting(self, address: str) -> Iterator[int]:
        self._waiting[address] += 1
        try:
            yield self._waiting[address]
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]

    async def _login(self, scope: Any, receive: Any) -> Response:
        body = b""
        while len(body) <= _LONGEST_FORM:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        given = parse_qs(body[:_LONGEST_FORM].decode("latin-1"), encoding="utf-8").get(_FIELD, [""])[0]
        right = await self._is_right(given.strip().encode(), scope) if given.strip() else False
        return self._let_in(scope) if right else self._form(tried=True, busy=right is None)

    def _let_in(self, scope: Any) -> Response:
        """Sets the cookie, and leads on by a page: the cookie of a site is not sent where another site's page led straight here."""
        session = self._lasting
        if not session:
            session = secrets.token_urlsafe(24)
            self._sessions[_digest(session)] = None
            while len(self._sessions) > _MOST_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
        answer = HTMLResponse(_page("", '<meta http-equiv="refresh" content="0;url=/">'))
        self._set_cookie(answer, scope, session, _SESSION_SECONDS)
        return answer

    def _leave(self, scope: Any) -> Response:
        self._sessions.pop(_digest(cookies(scope).get(self._cookie, "")), None)
        answer = Response(status_code=303, headers={"location": "/"})
        self._set_cookie(answer, scope, "", 0)
        return answer

    def _set_cookie(self, answer: Response, scope: Any, session: str, seconds: int) -> None:
        answer.set_cookie(
            self._cookie,
            session,
            max_age=seconds,
            path="/",
            httponly=True,
            samesite="strict",
            secure=is_encrypted(scope),
        )

    def _turned_away(
        self, scope: Any, headers: dict[bytes, bytes], tried: bool = False, busy: bool = False
    ) -> Response | Refusal:
        if scope["path"] == "/" and b"text/html" in headers.get(b"accept", b"") and b"authorization" not in headers:
            return self._form(tried, busy)
        if busy:
            return 429, "too many wrong passwords or tokens; try again in half a minute"
        what = "token, which `rag chat` prints," if self._entry.is_token else "password"
        return 401, f"the {what} is missing or wrong; expected as a bearer token, or as HTTP Basic"

    def _form(self, tried: bool, busy: bool) -> Response:
        label = say("door.token" if self._entry.is_token else "door.password")
        wrong = f'<p role="alert">{plain(say("door.busy" if busy else "door.wrong"))}</p>' if tried else ""
        field = {"type": "password", "name": _FIELD, "autocomplete": "current-password", "aria-label": label}
        form = (
            f'<form method="post" action="{LOGIN}"><p>{plain(label)}</p>{wrong}'
            f"<input{attributes(field)} autofocus required> <button>{plain(say('door.enter'))}</button></form>"
        )
        return HTMLResponse(_page(form), 429 if busy else 401)


def is_encrypted(scope: Any) -> bool:
    """Whether the browser asks over TLS, here or at a proxy before this server."""
    return bool(scope.get("scheme") == "https") or dict(scope["headers"]).get(b"x-forwarded-proto", b"") == b"https"


def _page(body: str, refresh: str = "") -> str:
    title = plain(say("title"))
    return _PAGE.format(language=language(), direction=direction(), title=title, body=body, refresh=refresh)


def _shown(authorization: bytes) -> bytes:
    """The secret that the header of a request shows, as a bearer token or as HTTP Basic under any user's name; empty for none."""
    scheme, _, given = authorization.partition(b" ")
    given = given.strip()
    if scheme.lower() == b"basic":
        try:
            return base64.b64decode(given, validate=True).partition(b":")[2]
        except binascii.Error:
            return b""
    return given if scheme.lower() == b"bearer" else b""


def _queried(scope: Any) -> bytes:
    query: bytes = scope["query_string"]
    return parse_qs(query.decode("latin-1")).get("token", [""])[0].encode()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
