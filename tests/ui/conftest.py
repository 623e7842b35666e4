"""Servers on loopback over a small archive, and an assistant whose answers are scripted."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answer.assistant import Assistant
from rag.answer.writers import Choice
from rag.errors import BusyError, InputError, ModelError
from rag.query.question import Question
from rag.settings import load_settings
from rag.types import EVERYTHING, Answer, Article, Citation, Hit, Scope
from rag.ui.server import start
from rag.wiring import shipped_parser
from tests.conftest import SEEDS

MARS = Article(
    "1.txt", "اكتشف العلماء كوكباً جديداً يوم الثلاثاء.", "عنوان", "2020-01-02", "الفلك", "https://example.org/1"
)
SCRIPT = Article("2 &<b>.txt", "زرعت سميرة القمح في الوادي.", url="javascript:alert(1)")
HOSTILE = Article(
    "z <b>bad</b> & 'x'.txt",
    'قال العقرب الأزرق في بيانه: <script>window.hacked=1</script> <img src="x" onerror="window.hacked=1"> '
    "$x$ **b** [1] ${7*7} {{value}} \u202e[t](javascript:window.hacked=1) ثم سكت العقرب الأزرق.\n\nوهذه فقرة ثانية عن الواحة البعيدة.",
    title="<i onmouseover=window.hacked=1>عنوان</i>",
)
PASSWORD = "كلمة سر: طويلة"


@contextmanager
def served(assistant: object, home: Path, password: str = "", token: bool = False) -> Iterator[str]:
    """The address of a server on a free port; its conversations are kept under `home`."""
    url, close = start(assistant, load_settings(home=home, port=0, password=password, token=token))  # type: ignore[arg-type]
    yield url
    close()


_reached: list[tuple[str, object]] = []


def _note_reaching(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: notes names that are resolved and connections that are tried, but for this machine's own, and for the hub's,
    which a test of pulling asks."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        place: object = arguments[0]
    elif event in ("socket.connect", "socket.sendto"):
        place = arguments[1][0] if isinstance(arguments[1], tuple) else None  # None: no address of a network
    else:
        return
    if place not in (
        None,
        "huggingface.co",
        "",
        b"",
        "localhost",
        "127.0.0.1",
        "::1",
        b"localhost",
        b"127.0.0.1",
        "0.0.0.0",
    ):
        _reached.append((event, place))


@pytest.fixture(scope="package", autouse=True)
def _nothing_is_reached() -> Iterator[None]:
    """In all tests of the servers, which run in this process: no name is resolved and no connection tried that leaves the machine."""
    if not hasattr(sys, "_rag_audited"):  # a hook cannot be taken back
        sys.addaudithook(_note_reaching)
        sys._rag_audited = True  # type: ignore[attr-defined]
    _reached.clear()
    yield
    assert _reached == []


@pytest.fixture(scope="package", autouse=True)
def _without_waiting() -> Iterator[None]:
    """Many tests show a wrong password, all from one address."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("rag.ui.door._FIRST_WAIT", 0.0)
        yield


@pytest.fixture(scope="package")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    from rag.readers.readers import read
    from rag.wiring import open_assistant, open_library

    settings = load_settings(home=tmp_path_factory.mktemp("home"), writer="quote")
    library = open_library(settings)
    library.add([*(item for item in read([SEEDS]) if isinstance(item, Article)), MARS, SCRIPT, HOSTILE])
    library.close()
    return open_assistant(settings)


@pytest.fixture(scope="package")
def api(archive: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(archive, tmp_path_factory.mktemp("api")) as url:
        yield url


@pytest.fixture(scope="package")
def locked(archive: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(archive, tmp_path_factory.mktemp("locked"), PASSWORD) as url:
        yield url


@pytest.fixture(scope="package")
def tokened(archive: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address with the token, as `rag chat` prints it."""
    with served(archive, tmp_path_factory.mktemp("tokened"), token=True) as url:
        yield url


class Scripted:
    """An assistant that does what the question names."""

    name, choice = "llama", Choice("found", "scripted")

    def __init__(self, library: object) -> None:
        self.library, self.writer, self.notices, self.closed = library, self, ["index repaired"], threading.Event()
        self.asked: list[tuple[str, Sequence[object], Scope]] = []

    def recall(self, questions: Sequence[str], scope: Scope) -> list[str]:
        return list(questions)

    def parse(self, text: str) -> Question:
        return replace(shipped_parser().parse(text), text=text)

    def search(self, question: Question, k: int, scope: Scope = EVERYTHING) -> list[Hit]:
        return []

    def ask(
        self, asked: Question, scope: Scope = EVERYTHING, history: Sequence[object] = (), quoted: bool = False
    ) -> Iterator[Answer]:
        question = asked.text
        if quoted:  # a suggestion that is tried
            yield Answer(question, "abstained", "", "quote", done=True)
            return
        self.asked.append((question, history, scope))
        answer = Answer(question, "answered", "", "llama", notice="half of it" if question == "noted" else "")
        failures = {
            "input": InputError("no"),
            "busy": BusyError("9 wait"),
            "model": ModelError("m"),
            "bug": ValueError(),
        }
        if question in failures:
            raise failures[question]
        if "\n" in question:
            yield replace(answer, text="تم", done=True)
            return
        if question == "unsupported":
            wrong = Citation(1, "زعم", MARS.id, MARS.source, 0, 6, "اكتشف ", "unsupported", 4)
            uncited = Citation(0, "وزعم آخر.", "", "", 0, 0, "", "unsupported", 18)
            yield replace(answer, text="زعم [1]. وزعم آخر.", citations=(wrong, uncited), done=True)
            return
        if question == "late":
            yield replace(answer, text="بداية")
            raise ModelError("the model broke")
        if question == "anew":  # a draft without a marker, then one whose markers are checked and brought into one form
            for text in ("مسودة", "", "قمح[١", "قمح[١، 2]. تفاح [7].", "قمح[١، 2]. تفاح [7]. موز[2][1]"):
                yield replace(answer, text=text)
            checked = "قمح [1][2]. تفاح. موز [2][1]"
            where = ((1, 4), (2, 7), (0, 17), (2, 22), (1, 25))
            citations = tuple(
                Citation(n, "x", MARS.id if n else "", "", 0, 5, "اكتشف", "supported", at) for n, at in where
            )
            yield replace(answer, text=checked, citations=citations, done=True)
            return
        try:
            for i in range(4000):  # for longer than any test takes to stop it
                answer = replace(answer, text=f"{answer.text} كلمة{i}")
                yield answer
                time.sleep(0.05)
            yield replace(answer, done=True)
        finally:
            self.closed.set()


@pytest.fixture(scope="package")
def _scripted(archive: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scripted, str]]:
    made = Scripted(archive.library)
    with served(made, tmp_path_factory.mktemp("scripted")) as url:
        yield made, url


@pytest.fixture
def scripted_api(_scripted: tuple[Scripted, str]) -> tuple[Scripted, str]:
    _scripted[0].closed.clear()
    _scripted[0].asked.clear()
    return _scripted
