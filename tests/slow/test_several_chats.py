"""Two chats over one home and one engine: each sees at once what the other adds, removes, asks and keeps."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from benchmarks.milvus_lite import MilvusLite
from tests.conftest import ROOT, SEEDS

pytestmark = pytest.mark.slow
TEXT = "افتتح المتحف الملكي أبوابه في مدينة قرطبة يوم الخميس."


@pytest.fixture(params=["embedded", "milvus"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    made = {**os.environ, "RAG_HOME": str(tmp_path / "home"), "RAG_WRITER": "quote", "RAG_ENGINE": request.param}
    server = MilvusLite(tmp_path / "milvus")
    try:
        if request.param == "milvus":
            server.start()
        made["RAG_MILVUS_URL"] = server.url
        subprocess.run([sys.executable, "-m", "rag", "index", SEEDS], env=made, cwd=ROOT, check=True)
        yield made
    finally:
        server.kill()


@contextmanager
def chat(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    command = [sys.executable, "-m", "rag", "chat", "--port", "0", "--no-token"]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().split(" is at ")[1].split(";")[0]
            with httpx.Client(base_url=url, trust_env=False, timeout=120) as client:
                yield process, client
        finally:
            process.kill()


def asked(client: httpx.Client, question: str, conversation: str = "") -> dict[str, object]:
    answer = client.post("ui/ask", content=json.dumps({"question": question, "conversation": conversation}))
    last = json.loads(answer.text.strip().split("\n")[-1])
    assert (last["done"], last["failed"]) == (True, False), last
    return last


def test_what_one_does_the_other_sees(environment: dict[str, str]) -> None:
    with ExitStack() as running:
        first, one = running.enter_context(chat(environment))
        _, two = running.enter_context(chat(environment))
        assert "قرطبة" not in asked(two, "أين افتتح المتحف الملكي أبوابه؟")["html"].partition("<template>")[0]
        assert one.post("ui/library/files", params={"name": "new.txt"}, content=TEXT.encode()).status_code == 200
        found = asked(two, "أين افتتح المتحف الملكي أبوابه؟")
        assert "قرطبة" in found["html"]
        assert f'data-conversation="{found["conversation"]}"' in one.get("ui/conversations", params={"words": ""}).text
        assert asked(one, "ومتى كان ذلك؟", found["conversation"])["conversation"] == found["conversation"]
        assert len(two.get(f"ui/conversations/{found['conversation']}").json()) == 2
        assert two.delete("ui/library/articles", params={"id": "new.txt"}).status_code == 200
        assert "new.txt" not in one.get("ui/library/list").text
        assert "قرطبة" not in asked(one, "أين افتتح المتحف؟")["html"].partition("<template>")[0]
        first.kill()
        first.wait()
        assert "تشوركين" in asked(two, "ماذا قال تشوركين؟")["html"]
