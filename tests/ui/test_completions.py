"""The archive as a model, asked with the real `openai` client and with clients that do it wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import openai
import pytest

from rag.answer.assistant import Assistant
from rag.types import Scope
from tests.conftest import parsed
from tests.ui.conftest import MARS, SCRIPT, Scripted

CHURKIN, NOWHERE = "ماذا قال تشوركين؟", "ما هي وصفة الكبسة؟"
TREATIES = "متى وقعت روسيا معاهدتي الصداقة مع الإقليمين؟"


def client_of(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}v1", api_key="any", max_retries=0, http_client=httpx.Client(trust_env=False))


@pytest.fixture
def client(api: str) -> Iterator[openai.OpenAI]:
    with client_of(api) as opened:
        yield opened


def said(*questions: str) -> list[dict[str, str]]:
    """A conversation of these questions; what answered the earlier ones is of no matter."""
    messages = [
        message
        for q in questions
        for message in ({"role": "user", "content": q}, {"role": "assistant", "content": "…"})
    ]
    return [{"role": "system", "content": "Be short."}, *messages[:-1]]


def test_the_archive_is_a_model(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["rag"]
    assert client.models.retrieve("rag").owned_by == "rag"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")


def test_an_answer_carries_its_citations_as_annotations(client: openai.OpenAI, archive: Assistant) -> None:
    completion = client.chat.completions.create(model="rag", messages=said(CHURKIN), temperature=0.3, max_tokens=9)
    choice, (*_, expected) = completion.choices[0], archive.ask(parsed(CHURKIN))
    assert choice.message.content == expected.text
    assert (choice.finish_reason, completion.usage.total_tokens) == ("stop", 0)
    found = [annotation.url_citation for annotation in choice.message.annotations]
    assert [(c.article, c.start, c.end, c.quote, c.verdict) for c in found] == [
        (c.article, c.start, c.end, c.quote, c.verdict) for c in expected.citations
    ]
    for annotation in found:
        assert choice.message.content[annotation.start_index : annotation.end_index] == f"[{annotation.n}]"
        article = archive.library.article(annotation.article)
        assert article
        assert article.text[annotation.start : annotation.end] == annotation.quote
        assert annotation.url == f"urn:rag:{annotation.article}"
    assert {**completion.rag, "timings": 0} == {**expected.as_json(), "timings": 0}


def test_a_stream_adds_up_to_the_same_answer(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="rag", messages=said(CHURKIN))
    asked = {"model": "rag", "messages": said(CHURKIN), "stream": True, "stream_options": {"include_usage": True}}
    *chunks, last, usage = client.chat.completions.create(**asked)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert len(chunks) > 2
    assert "".join(c.choices[0].delta.content for c in chunks) == whole.choices[0].message.content
    assert {c.id for c in [*chunks, last, usage]} == {last.id}
    assert not any(hasattr(c, "rag") or c.choices[0].finish_reason for c in chunks)
    assert last.choices[0].finish_reason == "stop"
    assert last.choices[0].delta.annotations == [a.model_dump() for a in whole.choices[0].message.annotations]
    assert last.rag["citations"] == whole.rag["citations"]
    assert (usage.choices, usage.usage.total_tokens) == ([], 0)


def test_only_addresses_of_the_web_are_given_as_such(client: openai.OpenAI) -> None:
    def first(question: str) -> openai.BaseModel:
        return client.chat.completions.create(model="rag", messages=said(question)).choices[0].message.annotations[0]

    found = first("متى اكتشف العلماء كوكباً جديداً؟").url_citation
    assert (found.title, found.url, found.article) == (MARS.title, MARS.url, MARS.id)
    found = first("ماذا زرعت سميرة في الوادي؟").url_citation
    assert (found.title, found.url, found.article) == (SCRIPT.id, "urn:rag:2%20%26%3Cb%3E.txt", SCRIPT.id)


def test_what_the_archive_does_not_hold_is_refused(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(model="rag", messages=said(NOWHERE))
    assert completion.rag["status"] == "abstained"
    assert completion.choices[0].message.annotations == []
    assert completion.choices[0].finish_reason == "stop"


def test_the_earlier_messages_are_the_conversation(client: openai.OpenAI) -> None:
    def standalone(*questions: str) -> str:
        return client.chat.completions.create(model="rag", messages=said(*questions)).rag.get("standalone", "")

    assert "تشوركين" in standalone(TREATIES, CHURKIN, "وماذا قال عن حلب؟")
    assert "تشوركين" in standalone("???", CHURKIN, "وماذا قال عن حلب؟")
    assert "تشوركين" in standalone(CHURKIN, "؟", "وماذا قال عن حلب؟")
    assert standalone("وماذا قال عن حلب؟") == ""
    assert standalone(CHURKIN, TREATIES) == ""


def test_a_scope_is_obeyed(client: openai.OpenAI) -> None:
    def articles(**scope: object) -> set[str]:
        completion = client.chat.completions.create(model="rag", messages=said("كوكب"), extra_body={"rag": scope})
        return {row["article"] for row in completion.rag["passages"]}

    assert articles(sources=["الفلك"], since="2020", until="2020-01-02") == {MARS.id}
    with pytest.raises(openai.BadRequestError, match="no article is of that time and source"):
        articles(since="2021")
    assert len(articles()) > 1


def test_many_at_once_get_their_own_answers(client: openai.OpenAI) -> None:
    questions = [CHURKIN, TREATIES, NOWHERE, "كوكب"] * 5
    with ThreadPoolExecutor(20) as pool:
        found = list(
            pool.map(lambda q: client.chat.completions.create(model="rag", messages=said(q)).rag["question"], questions)
        )
    assert found == questions


def test_a_draft_begun_anew_and_a_checked_form_keep_the_annotations_in_place(
    scripted_api: tuple[Scripted, str],
) -> None:
    with client_of(scripted_api[1]) as client:
        *chunks, last = client.chat.completions.create(model="rag", messages=said("anew"), stream=True)
    text = "".join(c.choices[0].delta.content for c in chunks)
    assert text == "مسودة\n\nقمح[١، 2]. تفاح [7]. موز[2][1]"
    places = [
        (a["url_citation"]["n"], a["url_citation"]["start_index"], a["url_citation"]["end_index"])
        for a in last.choices[0].delta.annotations
    ]
    assert [n for n, _, _ in places] == [1, 2, 2, 1]
    assert [text[start:end] for _, start, end in places] == ["[١، 2]", "[١، 2]", "[2]", "[1]"]
    assert last.rag["answer"] == "قمح [1][2]. تفاح. موز [2][1]"


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_stops_the_writer(scripted_api: tuple[Scripted, str], stream: bool) -> None:
    made, url = scripted_api
    body = {"model": "rag", "messages": said("slow"), "stream": stream}
    asking = httpx.Client(trust_env=False, timeout=httpx.Timeout(60, read=60 if stream else 1))
    if stream:
        with asking.stream("POST", f"{url}v1/chat/completions", json=body) as response:
            for line in response.iter_lines():
                if "كلمة3" in line:
                    break
            assert not made.closed.is_set()
    else:
        with pytest.raises(httpx.ReadTimeout):
            asking.post(f"{url}v1/chat/completions", json=body)
    assert made.closed.wait(60), "the writer went on for nobody"


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("question", "error", "told"),
    [
        ("input", openai.BadRequestError, "no"),
        ("busy", openai.RateLimitError, "9 wait"),
        ("model", openai.InternalServerError, "m"),
        ("bug", openai.InternalServerError, "the server's log says why"),
    ],
)
def test_failures_have_their_status(
    scripted_api: tuple[Scripted, str], question: str, error: type[openai.APIStatusError], told: str, stream: bool
) -> None:
    with client_of(scripted_api[1]) as client, pytest.raises(error, match=told) as raised:
        client.chat.completions.create(model="rag", messages=said(question), stream=stream)
    assert set(raised.value.body) == {"message", "type", "param", "code"}
    assert ("retry-after" in raised.value.response.headers) == (question == "busy")


def test_a_failure_on_the_way_is_told_in_the_stream(scripted_api: tuple[Scripted, str]) -> None:
    with client_of(scripted_api[1]) as client, pytest.raises(openai.APIError, match="the model broke"):
        list(client.chat.completions.create(model="rag", messages=said("late"), stream=True))


USER = {"role": "user", "content": CHURKIN}
WRONG: list[tuple[object, int, str]] = [
    (b"", 400, "not JSON"),
    (b"{", 400, "not JSON"),
    (b"[" * 100_000, 400, "not JSON"),
    (b'"\xff"', 400, "not JSON"),
    (b"1" * 5000, 400, "not JSON"),
    ([], 400, "no object"),
    ({}, 400, "messages is missing"),
    ({"model": "rag", "messages": []}, 400, "messages is missing"),
    ({"model": "rag", "messages": "q"}, 400, "messages is missing"),
    ({"model": "rag", "messages": ["q"]}, 400, "no object"),
    ({"model": "rag", "messages": [{"role": "person", "content": "q"}]}, 400, "role 'person'"),
    ({"model": "rag", "messages": [{"role": ["user"], "content": "q"}]}, 400, "role"),
    ({"model": "rag", "messages": [USER, {"role": "assistant", "content": "q"}]}, 400, "last message"),
    ({"model": "rag", "messages": [{"role": "user"}]}, 400, "other than text"),
    ({"model": "rag", "messages": [{"role": "user", "content": 7}]}, 400, "other than text"),
    ({"model": "rag", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400, "other than text"),
    (b'{"model": "rag", "messages": [{"role": "user", "content": "\\ud800 q"}]}', 400, "other than text"),
    ({"model": "rag", "messages": [{"role": "user", "content": " \u200f؟ "}]}, 400, "the question is empty"),
    ({"model": "rag", "messages": [{"role": "user", "content": "س" * 50_000}]}, 400, "50,000 characters"),
    ({"model": "rag", "messages": [USER], "n": 2}, 400, "n is 2"),
    ({"model": "rag", "messages": [USER], "rag": {"since": "yesterday"}}, 400, "yesterday"),
    ({"model": "rag", "messages": [USER], "rag": {"sources": "x"}}, 400, "rag is not as expected"),
    ({"model": "rag", "messages": [USER], "stream_options": 1}, 400, "stream_options"),
    ({"model": "gpt-4o", "messages": [USER]}, 404, "'gpt-4o' is not here"),
    ({"messages": [USER]}, 404, "is not here"),
    (b" " * 1_000_001, 413, "at most 1,000,000"),
    (b" " * 8_000_000, 413, "at most 1,000,000"),
    pytest.param(iter([b"{}"]), 411, "Content-Length", id="no length"),
]


@pytest.mark.parametrize(("body", "status", "told"), WRONG, ids=lambda value: str(value)[:60])
def test_wrong_requests_are_told_what_is_wrong(api: str, body: object, status: int, told: str) -> None:
    content = body if not isinstance(body, (dict, list)) else json.dumps(body).encode()
    answer = httpx.post(f"{api}v1/chat/completions", content=content, trust_env=False)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert told in answer.json()["error"]["message"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_other_addresses_and_methods_are_refused_in_the_same_shape(api: str) -> None:
    assert httpx.get(f"{api}v1/chat/completions", trust_env=False).json()["error"]["message"].startswith("GET is not")
    assert httpx.post(f"{api}v1/embeddings", json={}, trust_env=False).status_code in (404, 405)


def test_parts_of_text_are_one_question_and_two_earlier_ones_its_conversation(
    scripted_api: tuple[Scripted, str],
) -> None:
    made, url = scripted_api
    parts = [{"type": "text", "text": "وماذا قال"}, {"type": "text", "text": "عن حلب؟"}]
    messages = [*said("one", "two", "three"), {"role": "user", "content": parts}]
    httpx.post(f"{url}v1/chat/completions", json={"model": "rag", "messages": messages}, trust_env=False)
    assert made.asked == [("وماذا قال\nعن حلب؟", ["two", "three"], Scope())]
