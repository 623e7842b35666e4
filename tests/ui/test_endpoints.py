"""The named endpoints, asked with gradio_client and with an MCP client."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from rag.answer.assistant import Assistant
from rag.ui import endpoints
from tests.conftest import parsed
from tests.ui.conftest import MARS, PASSWORD

CHURKIN = "ماذا قال تشوركين؟"
AUTHORIZED = {"Authorization": b"Bearer " + PASSWORD.encode()}


@pytest.fixture(params=["open", "locked"])
def client(request: pytest.FixtureRequest, api: str, locked: str) -> Iterator[Client]:
    url, headers = (api, {}) if request.param == "open" else (locked, AUTHORIZED)
    opened = Client(url, headers=headers, verbose=False, analytics_enabled=False, httpx_kwargs={"trust_env": False})
    yield opened
    opened.close()


def test_ask_gives_what_the_command_line_gives(client: Client, archive: Assistant) -> None:
    *_, expected = archive.ask(parsed(CHURKIN))
    found = client.predict(CHURKIN, api_name="/ask")
    assert {**found, "timings": 0} == {**expected.as_json(), "timings": 0}
    assert client.predict("ما هي وصفة الكبسة؟", api_name="/ask")["status"] == "abstained"


def test_search_gives_what_the_command_line_gives(client: Client, archive: Assistant) -> None:
    found = client.predict("حلب", k=3, api_name="/search")
    assert found == [hit.as_json() for hit in archive.search(parsed("حلب"), 3)]
    found = client.predict("كوكب", since="2020", sources=["الفلك"], api_name="/search")
    assert {row["article"] for row in found} == {MARS.id}


def test_only_these_are_named(client: Client) -> None:
    assert set(client.view_api(return_format="dict", print_info=False)["named_endpoints"]) == {"/ask", "/search"}


def test_what_cannot_be_asked_is_told(client: Client) -> None:
    with pytest.raises(AppError, match="the question is empty"):
        client.predict(" ", api_name="/ask")
    with pytest.raises(AppError, match="expected a number from 1 to 100"):
        client.predict("حلب", k=100_000, api_name="/search")
    with pytest.raises(AppError, match="yesterday"):
        client.predict("حلب", since="yesterday", api_name="/ask")


def test_an_assistant_asks_the_archive(api: str, locked: str, archive: Assistant) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def asked(url: str, headers: dict[str, bytes]) -> tuple[list[str], object, object]:
        async with (
            httpx.AsyncClient(headers=headers, trust_env=False, timeout=30) as http,
            streamable_http_client(f"{url}gradio_api/mcp/", http_client=http) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            assert all(tool.description and tool.inputSchema["required"] for tool in tools)
            answer = await session.call_tool("ask_the_archive", {"question": CHURKIN})
            return [tool.name for tool in tools], answer, await session.call_tool("ask_the_archive", {"question": " "})

    for url, headers in ((api, {}), (locked, AUTHORIZED)):
        tools, answer, refused = asyncio.run(asked(url, headers))
        assert tools == ["ask_the_archive", "search_the_archive"]
        *_, expected = archive.ask(parsed(CHURKIN))
        assert ast.literal_eval(answer.content[0].text)["answer"] == expected.text
        assert refused.isError
        assert "the question is empty" in refused.content[0].text


def test_sessions_that_fetch_nothing_are_forgotten(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MOST_SESSIONS", 3)

    def join(session: str) -> None:
        body = {"data": [CHURKIN, "", "", []], "fn_index": 0, "session_hash": session}
        httpx.post(f"{api}gradio_api/queue/join", json=body, trust_env=False).raise_for_status()

    def fetched(session: str) -> str:
        url, said = f"{api}gradio_api/queue/data", ""
        with (
            suppress(httpx.RemoteProtocolError),  # which is how Gradio ends a stream of a session that it does not know
            httpx.stream("GET", url, params={"session_hash": session}, timeout=60, trust_env=False) as answer,
        ):
            for line in answer.iter_lines():
                said += line
        return said

    join("kept")
    assert "process_completed" in fetched("kept")
    join("left")
    for i in range(3):
        join(f"later{i}")
        assert "process_completed" in fetched(f"later{i}")  # by then the one before it is answered, too
    assert "process_completed" not in fetched("left")
