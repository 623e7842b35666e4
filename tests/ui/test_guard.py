"""Whom the server answers: passwords, names of this machine, other origins, and what is in every answer."""

from __future__ import annotations

import base64
import os
import shutil
import socket
from pathlib import Path

import httpx
import openai
import pytest

from rag.answer.assistant import Assistant
from rag.errors import InputError
from rag.ui.door import OPEN, Door
from rag.ui.guard import Guard, check
from tests.conftest import Rag, line
from tests.ui.conftest import PASSWORD, served

PATHS = (
    "",
    "ui/app",
    "config",
    "v1/models",
    "gradio_api/info",
    "gradio_api/mcp/",
    "assets/x.js",
    "gradio_api/queue/data",
)


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(password: str) -> dict[str, bytes]:
    return {"authorization": b"Bearer " + password.encode()}


def get(url: str, **headers: object) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_served_without_the_password(locked: str, path: str) -> None:
    wrong = (
        {},
        basic("", ""),
        basic("rag", PASSWORD[:-1]),
        basic(PASSWORD, ""),
        bearer(PASSWORD + "x"),
        {"authorization": "Basic !"},
        {"authorization": "Basic"},
        {"authorization": "Bearer"},
        {"authorization": b"Digest " + PASSWORD.encode()},
        {"authorization": b"\xff" * 5000},
    )
    for headers in wrong:
        answer = get(locked + path, **headers)
        assert answer.status_code == 401, headers
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert "frame-ancestors" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("headers", [basic("", PASSWORD), basic("anyone", PASSWORD), bearer(PASSWORD)])
def test_the_password_opens_page_and_api(locked: str, headers: dict[str, str]) -> None:
    for path in ("", "ui/app", "config", "v1/models", "gradio_api/info"):
        assert get(locked + path, **headers).status_code == 200, path
    assert get(f"{locked}gradio_api/upload", **headers).status_code == 404


def test_the_openai_client_sends_the_password_as_its_key(archive: Assistant, tmp_path: Path) -> None:
    with served(archive, tmp_path, "ascii-secret") as url:
        for key, right in (("ascii-secret", True), ("other", False)):
            with openai.OpenAI(base_url=f"{url}v1", api_key=key, http_client=httpx.Client(trust_env=False)) as client:
                if right:
                    assert [model.id for model in client.models.list()] == ["rag"]
                else:
                    with pytest.raises(openai.AuthenticationError, match="password is missing or wrong"):
                        client.models.list()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.", "", "[::1", "0"]
)
def test_without_a_password_only_names_of_this_machine_are_answered(api: str, host: str) -> None:
    for path in PATHS:
        answer = get(api + path, host=host)
        assert answer.status_code in (400, 403), path
        assert "evil" not in answer.headers.get("location", "")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:7860", "127.0.0.1:1", "[::1]:80"])
def test_every_name_of_this_machine_is_answered(api: str, host: str) -> None:
    assert get(f"{api}v1/models", host=host).status_code == 200


def test_with_a_password_too_only_names_of_this_machine_are_answered(locked: str) -> None:
    assert get(f"{locked}v1/models", host="archive.example", **bearer(PASSWORD)).status_code == 403
    assert get(f"{locked}v1/models", host="localhost", **bearer(PASSWORD)).status_code == 200


def test_a_server_for_others_answers_to_its_numbers_and_the_names_that_it_was_given() -> None:
    guard = Guard(None, Door(OPEN, 1), "0.0.0.0", ["Archive.example"])
    for host in ("192.168.1.7:7860", "[fe80::1]", "archive.example", socket.gethostname(), "localhost"):
        assert guard._refusal(scope(host)) is None, host
    for host in ("evil.example", "192.168.1.7.evil.example", "archive.example.evil.example", ""):
        assert guard._refusal(scope(host)), host


def scope(host: str, *others: tuple[bytes, bytes]) -> dict[str, object]:
    return {
        "type": "http",
        "path": "/",
        "method": "GET",
        "query_string": b"",
        "headers": [(b"host", host.encode()), *others],
    }


@pytest.mark.parametrize("site", ["cross-site", "same-site", "x"])
def test_what_a_page_of_another_site_has_the_browser_get_is_refused(api: str, tokened: str, site: str) -> None:
    for url in (api, tokened.partition("?")[0]):
        for path in PATHS:
            assert get(url + path, **{"sec-fetch-site": site}).status_code == 403, path
    assert get(f"{api}v1/models", **{"sec-fetch-site": "same-origin"}).status_code == 200
    assert get(f"{api}v1/models", **{"sec-fetch-site": "none"}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "file://", "x"]
)
@pytest.mark.parametrize(
    "path", ["v1/chat/completions", "gradio_api/queue/join", "gradio_api/mcp/", "gradio_api/cancel"]
)
def test_pages_of_other_origins_may_not_ask(api: str, locked: str, origin: str, path: str) -> None:
    for url, headers in ((api, {}), (locked, bearer(PASSWORD))):
        for method in ("POST", "GET", "OPTIONS"):
            answer = httpx.request(method, url + path, headers={"origin": origin, **headers}, trust_env=False)
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers


def test_its_own_page_may_ask(api: str) -> None:
    own = {"origin": api.rstrip("/")}
    asked = {"model": "rag", "messages": [{"role": "user", "content": "حلب"}]}
    assert httpx.post(f"{api}v1/chat/completions", json=asked, headers=own, trust_env=False).status_code == 200


@pytest.mark.parametrize(
    "path", ["gradio_api/queue/join", "gradio_api/cancel", "gradio_api/mcp/", "v1/chat/completions"]
)
def test_long_bodies_are_refused_everywhere(api: str, path: str) -> None:
    assert httpx.post(api + path, content=b" " * 1_000_001, trust_env=False).status_code == 413
    assert httpx.post(api + path, content=iter([b" "]), trust_env=False).status_code == 411


def test_every_answer_has_the_headers(api: str) -> None:
    for path in (*PATHS, "nothing", "v1/nothing"):
        headers = get(api + path, accept="application/json").headers
        for name, value in (
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "SAMEORIGIN"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ):
            assert headers.get_list(name) == [value], (path, name)
        assert len(headers.get_list("content-security-policy")) == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "archive.example", ""])
def test_listening_elsewhere_needs_a_password(host: str) -> None:
    with pytest.raises(InputError, match="there is no password; set RAG_PASSWORD"):
        check(host, "")
    check(host, "12345678")


def test_listening_on_this_machine_needs_none() -> None:
    for host in ("127.0.0.1", "127.8.9.1", "localhost", "::1"):
        check(host, "")
        check(host, "short")


def test_a_password_for_others_is_not_short() -> None:
    with pytest.raises(InputError, match=r"the password has 7 characters and 0\.0\.0\.0 can be reached"):
        check("0.0.0.0", "1234567")


def test_the_command_says_so_in_one_line(rag: Rag) -> None:
    for done in (rag("chat", "--host", "0.0.0.0", code=2), rag("chat", code=2, RAG_HOST="::", RAG_PASSWORD="")):
        assert "there is no password; set RAG_PASSWORD (or --password-file)" in line(done.stderr)
        assert not done.stdout


def test_a_browser_asks_for_the_password_and_then_chats(locked: str) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("RAG_REQUIRE_ALL") == "1":
            pytest.fail("no chromium: install Debian's package (apt-get install chromium)")
        pytest.skip("no chromium: install Debian's package (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page, failed = browser.new_page(), []
        page.on("response", lambda answer: answer.status >= 400 and answer.status != 401 and failed.append(answer.url))
        page.on("console", lambda message: "Content Security Policy" in message.text and failed.append(message.text))
        page.goto(locked)
        page.fill("[name=key]", PASSWORD + "x")
        page.press("[name=key]", "Enter")
        page.wait_for_selector("[role=alert]")
        page.fill("[name=key]", PASSWORD)
        page.press("[name=key]", "Enter")
        page.fill(".rag-ask textarea", "ماذا قال تشوركين؟")
        page.press(".rag-ask textarea", "Enter")
        page.wait_for_selector("button.rag-chip")
        assert not failed
        page.click("[action='ui/logout'] button")
        page.wait_for_selector("[name=key]")
        page.goto(locked)
        page.wait_for_selector("[name=key]")
        browser.close()
