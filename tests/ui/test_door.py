"""The door: a password, or a token; cookies, those who guess, and what Gradio may be given."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest

from rag.answer.assistant import Assistant
from rag.errors import RagError
from rag.ui import server
from rag.ui.door import TOKEN_FILE, Credential, Door, kept_token
from rag.ui.plain_values import JOIN, MCP, PlainValues
from rag.ui.responses import Visitors
from tests.ui.conftest import PASSWORD, served
from tests.ui.test_guard import PATHS, bearer, get

HTML = {"accept": "text/html"}
ASKED = {"model": "rag", "messages": [{"role": "user", "content": "ماذا قال تشوركين؟"}]}


def parts(tokened: str) -> tuple[str, str]:
    url, _, token = tokened.partition("?token=")
    return url, token


def cookie_of(answer: httpx.Response) -> tuple[str, str, str]:
    """Name, value and attributes of the cookie that an answer sets."""
    pair, _, attributes = answer.headers["set-cookie"].partition("; ")
    return (*pair.split("=", 1), attributes)  # type: ignore[return-value]


def test_without_the_token_nothing_is_served(tokened: str) -> None:
    url, token = parts(tokened)
    for path in PATHS:
        for shown in ({}, bearer(token[:-1]), {"cookie": f"rag-session-{httpx.URL(url).port}={token}"}):
            answer = get(url + path, **shown)
            assert answer.status_code == 401, (path, shown)
            assert answer.headers.get("cache-control") == (None if path.startswith("assets") else "no-store")
    assert get(f"{url}?token={token[:-1]}", **HTML).status_code == 401
    page = get(url, **HTML)
    assert page.status_code == 401
    assert "www-authenticate" not in page.headers  # or a browser would ask for a user's name
    assert 'name="key"' in page.text


def test_the_token_opens_page_and_api(tokened: str) -> None:
    url, token = parts(tokened)
    entered = get(tokened, **HTML)
    assert entered.status_code == 200
    name, value, attributes = cookie_of(entered)
    assert name == f"rag-session-{httpx.URL(url).port}"
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(attributes.split("; "))
    assert "Secure" not in attributes
    assert value != token
    for shown in ({"cookie": f"{name}={value}"}, bearer(token)):
        for path in ("", "ui/app", "config", "v1/models", "gradio_api/info"):
            assert get(url + path, **shown).status_code == 200, path
    assert "Secure" in cookie_of(get(tokened, **HTML, **{"x-forwarded-proto": "https"}))[2]
    with openai.OpenAI(base_url=f"{url}v1", api_key=token, http_client=httpx.Client(trust_env=False)) as client:
        assert [model.id for model in client.models.list()] == ["rag"]
    with (
        openai.OpenAI(base_url=f"{url}v1", api_key="x", http_client=httpx.Client(trust_env=False)) as client,
        pytest.raises(openai.AuthenticationError, match="the token, which `rag chat` prints, is missing or wrong"),
    ):
        client.models.list()


def test_the_page_that_rag_chat_opens_may_lead_in_from_a_file(
    tokened: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = parts(tokened)
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setenv("DISPLAY", ":0")
    page = server.open_browser(tokened, tmp_path)
    assert page
    assert opened == [page.as_uri()]
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert tokened in page.read_text()
    assert get(tokened, **HTML, **{"sec-fetch-site": "cross-site"}).status_code == 200
    assert get(url, **HTML, **{"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_browser_stays_in_over_a_restart_and_the_token_is_the_owners_alone(
    archive: Assistant, tmp_path: Path
) -> None:
    with served(archive, tmp_path, token=True) as first:
        _, value, _ = cookie_of(get(first, **HTML))
    kept = tmp_path / "index" / TOKEN_FILE
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with served(archive, tmp_path, token=True) as second:
        url, token = parts(second)
        assert token == parts(first)[1] == kept.read_text()
        assert get(f"{url}ui/app", cookie=f"rag-session-{httpx.URL(url).port}={value}").status_code == 200


def test_programs_that_start_at_once_have_one_token(tmp_path: Path) -> None:
    together = threading.Barrier(16)

    def started(home: Path) -> str:
        together.wait()
        return kept_token(home)

    with ThreadPoolExecutor(16) as pool:
        for i in range(50):
            home = tmp_path / str(i)
            assert len(set(pool.map(started, [home] * 16))) == 1
            assert [path.name for path in home.iterdir()] == [TOKEN_FILE]


@pytest.mark.parametrize("held", [b"", b"short", b"\xff\xfe" * 20])
def test_a_damaged_token_is_told(tmp_path: Path, held: bytes) -> None:
    (tmp_path / TOKEN_FILE).write_bytes(held)
    with pytest.raises(RagError, match=r"chat-token .*; expected the token of the chat; "):
        kept_token(tmp_path)


def test_a_password_is_given_in_a_form_and_a_session_ends(locked: str) -> None:
    wrong = httpx.post(f"{locked}ui/login", data={"key": PASSWORD + "x"}, trust_env=False)
    assert wrong.status_code == 401
    assert "set-cookie" not in wrong.headers
    assert httpx.post(f"{locked}ui/login", content=b"%ff=&key", trust_env=False).status_code == 401
    name, value, _ = cookie_of(httpx.post(f"{locked}ui/login", data={"key": PASSWORD}, trust_env=False))
    shown = {"cookie": f"{name}={value}"}
    assert "ui/logout" in get(f"{locked}ui/app", **shown).text
    left = httpx.post(f"{locked}ui/logout", headers=shown, trust_env=False)
    assert (left.status_code, left.headers["location"]) == (303, "/")
    assert "Max-Age=0" in left.headers["set-cookie"]
    assert get(f"{locked}ui/app", **shown).status_code == 401


def test_no_page_of_another_site_can_sign_in_or_out(locked: str) -> None:
    for path in ("ui/login", "ui/logout"):
        for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
            assert (
                httpx.post(locked + path, data={"key": PASSWORD}, headers=headers, trust_env=False).status_code == 403
            )


def scope(given: str) -> dict[str, object]:
    shown = [(b"authorization", f"Bearer {given}".encode())]
    return {
        "type": "http",
        "path": "/v1/models",
        "method": "GET",
        "query_string": b"",
        "headers": shown,
        "client": ("10.0.0.9", 1),
    }


def test_who_guesses_waits_longer_each_time(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("rag.ui.door._FIRST_WAIT", 0.5)
    waits: list[float] = []
    whole = asyncio.sleep

    async def sleep(seconds: float) -> None:
        if threading.current_thread() is threading.main_thread():
            waits.append(seconds)
        else:  # the servers of other tests
            await whole(seconds)

    monkeypatch.setattr("asyncio.sleep", sleep)
    door = Door(Credential("the right one", is_token=False), 1)

    async def guess() -> None:
        for _ in range(14):
            assert (await door.answer(scope("wrong"), None))[0] == 401  # type: ignore[index]
        assert await door.answer(scope("the right one"), None) is None
        assert await door.answer(scope("the right one"), None) is None

    asyncio.run(guess())
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]  # the right one waits as long, and none waits behind it
    assert [record.failures for record in caplog.records] == list(range(1, 15))  # type: ignore[attr-defined]
    assert not any("wrong one" in record.getMessage() for record in caplog.records)


def test_many_guesses_at_once_are_turned_away() -> None:
    async def guess() -> list[object]:
        door = Door(Credential("the right one", is_token=False), 1)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("rag.ui.door._FIRST_WAIT", 0.05)
            for _ in range(4):
                await door.answer(scope("wrong"), None)
            return await asyncio.gather(*(door.answer(scope("wrong"), None) for _ in range(30)))

    said = [answer[0] for answer in asyncio.run(guess())]  # type: ignore[index]
    assert said.count(401) == 8
    assert said.count(429) == 22


def test_a_browser_cannot_make_up_whose_conversations_it_sees() -> None:
    class Asked:
        def __init__(self, value: str) -> None:
            self.cookies, self.scope = {"rag-visitor": value}, {"scheme": "http", "headers": []}

    visitors = Visitors("a key", has_conversations=lambda owner: owner == "a" * 32)
    name, cookie = visitors.welcome(Asked("b" * 32))  # type: ignore[arg-type]
    assert name != "b" * 32
    value = cookie.split("=", 1)[1].split(";")[0]
    assert visitors.owner(Asked(value)) == name  # type: ignore[arg-type]
    assert visitors.welcome(Asked("a" * 32))[0] == "a" * 32  # type: ignore[arg-type]  # from before they were signed
    for made_up in ("b" * 32, f"{name}.", f"{name}.{'0' * 64}", "a" * 32 + "." + "0" * 64, "", ".", "x" * 9):
        with pytest.raises(RagError, match="has no name yet"):
            visitors.owner(Asked(made_up))  # type: ignore[arg-type]


FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
BAD_DATA = [
    [FILE],
    [{"path": "/dev/zero", "meta": {"_type": "gradio.FileData"}}],
    [{"url": "http://evil.example/x", "path": "", "meta": {"_type": "gradio.FileData"}}],
    ["x", [FILE]],
    ["x", [[FILE]]],
    ["x", {"a": [FILE]}],
    [{"__type__": "update", "value": FILE}],
    [[1, 2]],
    [[None]],
    "x",
    None,
    {},
    [{}],
    ["x"] * 11,
    ["x", ["y"] * 1001],
]
BAD_BODIES = [
    *(json.dumps({"fn_index": 0, "session_hash": "s", "data": data}).encode() for data in BAD_DATA),
    json.dumps({"fn_index": 0, "session_hash": "s", "data": ["x"], "event_data": FILE}).encode(),
    json.dumps({"fn_index": 0, "session_hash": "s", "data": ["x"], "request": {}}).encode(),
    json.dumps({"fn_index": 0, "session_hash": "s", "data": ["x"], "oauth_token": "t"}).encode(),
    json.dumps({"fn_index": FILE, "session_hash": "s", "data": ["x"]}).encode(),
    json.dumps({"fn_index": 0, "session_hash": ["s"], "data": ["x"]}).encode(),
    b"",
    b"null",
    b"[]",
    b"{",
    b'"x"',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"data": ' + b"[" * 100_000,
    b'{"data": ["\\ud800"], "fn_index": 1e999}',
    b'{"data": [NaN, "x"], "fn_index": NaN}',
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: repr(body[:60]))
def test_gradio_is_given_plain_values_alone(api: str, body: bytes) -> None:
    answer = httpx.post(api + JOIN[1:], content=body, headers={"content-type": "application/json"}, trust_env=False)
    assert answer.status_code == 422, answer.text
    assert "expected words, numbers and lists of words" in answer.text
    assert "passwd" not in answer.text


@pytest.mark.parametrize("value", [FILE, [FILE], [[FILE]], {"a": 1}, [1], [None]])
def test_a_tool_is_given_plain_values_alone(api: str, value: object) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    message = call | {"params": {"name": "ask_the_archive", "arguments": {"question": value}}}
    for path in MCP:
        for sent in (message, [message]):
            assert httpx.post(api + path[1:], json=sent, trust_env=False).status_code == 422


@pytest.mark.filterwarnings("ignore")  # of pandas, which Gradio imports to tell of the failure
def test_gradio_itself_takes_no_file_that_nobody_gave_it(
    archive: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.ui.plain_values.PlainValues", lambda app: app)
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret of another")
    given = {"path": str(secret), "meta": {"_type": "gradio.FileData"}}
    with served(archive, tmp_path / "home") as url, httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        config = client.get("config").json()
        index = next(i for i, of in enumerate(config["dependencies"]) if of["api_name"] == "ask")
        body = {"fn_index": index, "session_hash": "s", "data": [given, "", "", None]}
        assert client.post(JOIN[1:], json=body).status_code == 200
        said = client.get("gradio_api/queue/data?session_hash=s").text
    assert '"success": false' in said or '"success":false' in said
    assert not list(Path(os.environ.get("GRADIO_TEMP_DIR", "/tmp/gradio")).rglob("secret.txt"))


def test_plain_values_go_through_whole() -> None:
    body = json.dumps({"fn_index": 0, "session_hash": "s", "data": ["x", 3, "", ["a", "b"], None, True, 1.5]}).encode()
    seen: list[object] = []

    async def app(scope: object, receive: object, send: object) -> None:
        seen.append((await receive())["body"])  # type: ignore[operator]
        seen.append((await receive())["type"])  # type: ignore[operator]

    async def ask() -> None:
        sent = iter([
            {"type": "http.request", "body": body[:10], "more_body": True},
            {"type": "http.request", "body": body[10:]},
            {"type": "http.disconnect"},
        ])  # fmt: skip

        async def receive() -> object:
            return next(sent)

        await PlainValues(app)({"type": "http", "method": "POST", "path": JOIN}, receive, None)

    asyncio.run(ask())
    assert seen == [body, "http.disconnect"]
