"""The models panel over its routes: pulling with progress, another writer, what is remembered, what is refused."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import httpx2 as httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from rag import wiring
from rag.answer.assistant import Assistant
from rag.models import pulled
from rag.models.catalogue import CATALOGUE
from rag.settings import Settings, load_settings
from rag.types import Article
from rag.ui.models import ModelsPanel
from rag.ui.texts import say
from tests.conftest import ROOT, SEEDS, parsed
from tests.hub_server import HubServer
from tests.models.conftest import BYTES, SMALL, SMALL_FILE
from tests.models.test_pulling import until
from tests.tiny_gguf import build
from tests.tiny_transformer import build_cross_encoder

QUESTION, SAID = "ماذا قال تشوركين عن حلب؟", "أكد تشوركين أن المشروع ليست لديه «أي فرصة في النجاح» [1]."
HOSTILE = '"><img src=x onerror=alert(1)>'


class Page(HTMLParser):
    """The buttons of a fragment by what they ask for, and what stands in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def buttons(self, method: str) -> dict[str, str | None]:
        """The questions that buttons of a method confirm with, by their addresses."""
        return {at[f"data-{method}"]: at.get("data-confirm") for tag, at in self.tags if f"data-{method}" in at}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer() as server:
        server.is_asked_here(monkeypatch)
        server.repositories[SMALL] = {SMALL_FILE: BYTES}
        yield server


@pytest.fixture(scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the seeds, indexed."""
    settings = load_settings(home=tmp_path_factory.mktemp("home"), writer="quote")
    with wiring.open_library(settings) as library:
        library.add([Article(p.name, p.read_text(encoding="utf-8")) for p in sorted(SEEDS.glob("*.txt"))])
    wiring.open_assistant(settings).library.close()
    return settings.home


@pytest.fixture
def settings(_home: Path, tmp_path: Path) -> Settings:
    shutil.copytree(_home, tmp_path / "home")
    return load_settings(home=tmp_path / "home", answer_tokens=100, threads=1)


class Opened:
    """The panel of a program that was started with some settings."""

    def __init__(self, settings: Settings) -> None:
        self.assistant: Assistant = wiring.open_assistant(settings)
        self._panel = ModelsPanel(settings, self.assistant)
        self.client = TestClient(Starlette(routes=self._panel.routes()))

    def page(self, path: str = "", method: str = "GET", status: int = 200, **form: str) -> Page:
        """What an address under ui/models answers; a `data-post` as it stands in the page may be given whole."""
        address = f"/{path}" if path.startswith("ui/") else f"/ui/models{path}"
        found: httpx.Response = self.client.request(method, address, data=form or None)
        assert found.status_code == status, found.text
        assert found.headers["content-type"] == "text/html; charset=utf-8"
        return Page(found.text)

    def ended(self) -> Page:
        """The progress once it does not ask to be asked again."""
        until(lambda: not self.page("/progress").buttons("poll"))
        return self.page("/progress")

    def asked(self) -> tuple[str, str]:
        *_, answer = self.assistant.ask(parsed(QUESTION))
        return answer.writer, answer.text

    def close(self) -> None:
        self.assistant.switch(self.assistant.quoting, self.assistant.choice)
        self.client.close()


@pytest.fixture
def opened(settings: Settings, hub: HubServer) -> Iterator[Opened]:
    found = Opened(settings)
    yield found
    found.close()


def test_without_a_model_the_panel_says_so_and_offers_the_catalogue(opened: Opened) -> None:
    page = opened.page()
    assert say("models.none_here") in page.text
    assert "rag models pull balanced" in page.text
    pulls = page.buttons("post")
    for model in CATALOGUE:
        asked = pulls[f"ui/models/pull?name={model.name}"]
        assert asked
        assert model.repository in asked
        assert model.licence in asked
        assert "GB" in asked or "MB" in asked
        assert say(f"models.remarks.{model.name}") in page.text
    assert page.buttons("delete") == {}
    assert not any(address.startswith("ui/models/use") for address in pulls)  # quotes are what is in use
    assert all(at.get("data-into") == "#rag-models" for _, at in page.tags if {"data-post", "data-delete"} & set(at))
    headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 2
    assert all(after - before <= 1 for before, after in pairwise(headings))
    labels = {at["for"] for tag, at in page.tags if tag == "label"}
    assert {at["id"] for tag, at in page.tags if tag == "input"} == labels
    opened.page("/cancel", "POST")
    assert opened.page("/progress").tags == []


def test_a_model_is_pulled_used_and_remembered(
    opened: Opened, hub: HubServer, settings: Settings, tmp_path: Path
) -> None:
    hub.repositories[SMALL][SMALL_FILE] = build(tmp_path / "tiny.gguf", SAID, n_ctx=8192).read_bytes()
    hub.pause = 0.3
    page = opened.page("ui/models/pull?name=small", "POST")
    assert list(page.buttons("poll")) == ["ui/models/progress"]
    assert "ui/models/cancel" in page.buttons("post")
    assert not any(address.startswith("ui/models/pull?") for address in page.buttons("post"))
    done = opened.ended()
    assert say("models.done", model="small") in done.text
    use = "ui/models/use?name=small"
    assert use in done.buttons("post")
    assert opened.asked()[0] == "quote"
    page = opened.page(use, "POST")
    assert opened.asked() == ("llama", SAID)
    assert not page.buttons("poll")
    assert use not in page.buttons("post")
    assert f"ui/models?name={SMALL_FILE}" not in page.buttons("delete")
    assert say("reasons.chosen", detail=SMALL_FILE).strip() in page.text
    assert "ui/models/use?name=quote" in page.buttons("post")
    assert (settings.models_dir / "chosen").read_text() == "small\n"
    again = Opened(settings)
    assert (again.assistant.choice.why, again.asked()) == ("chosen", ("llama", SAID))
    again.page("ui/models/use?name=quote", "POST")
    assert again.asked()[0] == "quote"
    again.close()
    again = Opened(settings)
    assert (again.assistant.choice.why, again.asked()[0]) == ("chosen", "quote")
    again.close()


def test_progress_is_shown_and_a_cancelled_pull_goes_on(opened: Opened, hub: HubServer, settings: Settings) -> None:
    hub.pause = 0.02
    opened.page("/pull", "POST", name=" small ")
    until(lambda: any("value" in at for tag, at in opened.page("/progress").tags if tag == "progress"))
    page = opened.page("/progress")
    (bar,) = (at for tag, at in page.tags if tag == "progress")
    assert (bar["max"], bar["aria-label"]) == ("2000000", say("models.progress", model="small"))
    assert "2 MB" in page.text
    assert page.tags[0][1]["data-poll"] == "ui/models/progress"
    assert say("models.errors.BusyError") in opened.page("/pull", "POST", 409, name="balanced").text
    page = opened.page("/cancel", "POST")
    assert say("models.cancelled", model="small") in page.text
    assert not page.buttons("poll")
    assert page.buttons("delete") == {"ui/models?name=small": say("models.confirm_drop", model="small")}
    (kept,) = (path.stat().st_size for path in settings.models_dir.rglob("*.incomplete"))
    assert 0 < kept < len(BYTES)
    hub.pause = 0
    opened.page("ui/models/pull?name=small", "POST")
    assert say("models.done", model="small") in opened.ended().text
    assert hub.asked[-1][1]["range"] == f"bytes={kept}-"


def test_a_pull_that_ends_while_the_panel_is_made_does_not_leave_it_as_before(
    opened: Opened, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.pause = 0.02
    opened.page("ui/models/pull?name=small", "POST")
    entries = pulled.entries

    def slowly(folder: Path) -> list[pulled.Entry]:
        found = entries(folder)
        hub.pause = 0
        until(lambda: not opened.page("/progress").buttons("poll"))
        return found

    monkeypatch.setattr(pulled, "entries", slowly)
    page = opened.page()
    assert page.buttons("poll") or "ui/models/pull?name=small" not in page.buttons("post")
    monkeypatch.undo()
    assert "ui/models/pull?name=small" not in opened.page().buttons("post")


def test_what_arrived_can_be_dropped(opened: Opened, hub: HubServer, settings: Settings) -> None:
    hub.left = 700_000
    opened.page("/pull", "POST", name="small")
    failed = opened.ended()
    assert "700,000 of 2,000,000 bytes are kept" in failed.text
    assert "alert" in {at.get("role") for _, at in failed.tags}
    assert "ui/models/pull?name=small" in failed.buttons("post")
    page = opened.page("?name=small", "DELETE")
    assert "700,000" not in page.text
    assert list(settings.models_dir.rglob("*.incomplete")) == []


def test_an_unloadable_model_leaves_the_old_writer(opened: Opened, settings: Settings) -> None:
    settings.models_dir.mkdir()
    build(settings.models_dir / "good.gguf", SAID, n_ctx=8192)
    opened.page("/use", "POST", name="good.gguf")
    (settings.models_dir / "broken.gguf").write_bytes(b"GGUF\x03\x00\x00\x00")
    page = opened.page("/use", "POST", 500, name="broken.gguf")
    assert page.tags[0] == ("p", {"class": "rag-error", "role": "alert"})
    assert say("models.errors.ModelError") in page.text
    assert "broken.gguf cannot be loaded" in page.text
    assert "ui/models?name=broken.gguf" in opened.page().buttons("delete")
    assert opened.asked() == ("llama", SAID)
    assert (settings.models_dir / "chosen").read_text() == "good.gguf\n"
    assert say("models.errors.in_use") in opened.page("?name=good.gguf", "DELETE", 400).text
    opened.page("/use", "POST", name="quote")
    opened.page("?name=good.gguf", "DELETE")
    opened.page("?name=broken.gguf", "DELETE")
    assert list(settings.models_dir.glob("*.gguf")) == []


def test_what_is_no_model_is_refused(opened: Opened, hub: HubServer) -> None:
    for method, path in (("POST", "/use"), ("POST", "/pull"), ("DELETE", "")):
        for name in ("poet", "", "../../library.sqlite", "balanced", HOSTILE):
            if path == "/pull" and (name == "balanced" or "/" in name):  # those are asked of the hub
                continue
            address = f"{path}?name={quote(name, safe='')}"
            found = opened.client.request(method, f"/ui/models{address}")
            assert found.status_code == 400
            assert "<img" not in found.text
            assert found.text.startswith('<p class="rag-error" role="alert">')
    assert hub.asked == []
    assert opened.client.post("/ui/models/use", content=b"\xff\xfe=%ff").status_code == 400


def test_a_repository_and_files_of_hostile_names_are_text(opened: Opened, hub: HubServer, settings: Settings) -> None:
    name = f"x/{HOSTILE}"
    page = opened.page("/pull", "POST", name=name, file=f"{HOSTILE}.gguf")
    assert not [at for tag, at in page.tags if tag == "img"]
    failed = opened.ended()
    assert not [at for tag, at in failed.tags if tag == "img"]
    assert HOSTILE in failed.text
    hub.repositories["someone/Some-GGUF"] = {f"{HOSTILE}.gguf": BYTES, "Some.Q4_K_M.gguf": BYTES}
    opened.page("/pull", "POST", name="someone/Some-GGUF", file="Some.Q4_K_M.gguf")
    assert "ui/models/use?name=Some.Q4_K_M.gguf" in opened.ended().buttons("post")
    (settings.models_dir / "<img src=x> &.gguf").write_bytes(b"GGUF")
    (settings.models_dir / "\udcff.gguf").write_bytes(b"GGUF")
    page = opened.page()
    assert not [at for tag, at in page.tags if tag == "img"]
    assert "ui/models/use?name=%3Cimg%20src%3Dx%3E%20%26.gguf" in page.buttons("post")


def test_what_the_settings_say(settings: Settings, tmp_path: Path, hub: HubServer) -> None:
    elsewhere = build(tmp_path / "mine.gguf", SAID, n_ctx=8192)
    set_ = {"model": elsewhere, "offline": True, "remote_url": "http://127.0.0.1:9/v1", "remote_model": "qwen"}
    opened = Opened(settings.model_copy(update=set_))
    page = opened.page()
    assert say("models.offline") in page.text
    assert say("models.until_the_end") in page.text
    assert not any(address.startswith("ui/models/pull") for address in page.buttons("post"))
    assert "RAG_OFFLINE is set" in opened.page("/pull", "POST", 400, name="small").text
    mine = f"ui/models/use?name={quote(str(elsewhere), safe='')}"
    assert mine not in page.buttons("post")
    page = opened.page("ui/models/use?name=remote", "POST")
    assert (opened.assistant.writer.name, mine in page.buttons("post")) == ("remote", True)
    opened.page(mine, "POST")
    assert opened.asked() == ("llama", SAID)
    assert not (settings.models_dir / "chosen").exists()
    opened.close()


def test_a_reranker_is_taken_and_an_embedder_needs_a_setting(
    opened: Opened, hub: HubServer, settings: Settings
) -> None:
    built = settings.home / "built"
    build_cross_encoder(built)
    hub.serve_folder("cross-encoder/mmarco-mMiniLMv2-L12-H384-v1", built)
    hub.serve_folder("intfloat/multilingual-e5-small", built)
    opened.page("/pull", "POST", name="mmarco")
    assert "ui/models/use?name=mmarco" in opened.ended().buttons("post")
    page = opened.page("/use", "POST", name="mmarco")
    assert opened.assistant.retriever.reranker.name == str(settings.models_dir / "mmarco")
    assert "RAG_RERANKER=mmarco" in page.text
    opened.page("?name=mmarco", "DELETE", 400)
    opened.page("/use", "POST", name="shipped")
    opened.page("?name=mmarco", "DELETE")
    opened.page("/pull", "POST", name="e5-small")
    done = opened.ended()
    assert "RAG_EMBEDDER=e5-small" in done.text
    assert not any(address.startswith("ui/models/use") for address in done.buttons("post"))
    assert "set RAG_EMBEDDER=e5-small" in opened.page("/use", "POST", 400, name="e5-small").text


def test_both_languages_have_the_same_words() -> None:
    def shape(words: object, at: str = "") -> dict[str, frozenset[str]]:
        if isinstance(words, dict):
            return {k: v for name, more in words.items() for k, v in shape(more, f"{at}.{name}").items()}
        return {at: frozenset(re.findall(r"\$\w+", str(words)))}

    arabic, english = (
        json.loads((ROOT / "prompts" / f"ui.{lang}.json").read_text())["models"] for lang in ("ar", "en")
    )
    assert shape(arabic) == shape(english)
    assert set(arabic["remarks"]) == {model.name for model in CATALOGUE}
