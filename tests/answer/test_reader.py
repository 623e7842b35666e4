"""The reader: near is what answers, whatever the text; and how much of what was found it reads."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answer.reader import FILES, Nearness, Reader
from rag.answer.sentence_scorer import NEAR, PASSAGES, READ_AT_ONCE, SentenceScorer
from rag.arabic import sentences
from rag.errors import ModelError
from rag.search.embedding import SHIPPED
from rag.types import Hit, Passage
from rag.wiring import shipped_embedder, shipped_reader
from tests.conftest import ROOT, parsed

TEXTS = (
    "ولد عمر الفرا في مدينة تدمر ودرس فيها.",
    "وتوفي الشاعر صباح الأحد إثر أزمة قلبية.",
    "وعمل بالتدريس في حمص سبعة عشر عاما.",
)
TEXT = " ".join(TEXTS)


def passage(text: str, title: str = "", id_: int = 1) -> Passage:
    return Passage(id_, f"{id_}.txt", 0, len(text), text, title)


def read(question: str, text: str, title: str = "") -> Nearness:
    (found,) = shipped_reader().read(question, [passage(text, title)], [sentences(text)])
    return found


@pytest.mark.parametrize(
    ("question", "nearest"),
    [
        ("أين ولد الشاعر عمر الفرا؟", 0),
        ("In which city was Omar al-Farra born?", 0),
        ("ما سبب وفاة الشاعر؟", 1),
        ("كم سنة قضى في مهنة التعليم؟", 2),
        ("قد إيه اشتغل مدرس؟", 2),
    ],
)
def test_what_answers_is_nearest(question: str, nearest: int) -> None:
    wholes = [read(question, text).whole for text in TEXTS]
    assert wholes.index(max(wholes)) == nearest


def test_a_passage_about_it_is_nearer_than_another() -> None:
    question = "متى استأنف مطار عدن رحلاته؟"
    about = read(question, "حطت اليوم أول طائرة في مطار عدن الدولي بعد توقف دام أربعة أشهر.").whole
    assert about > read(question, TEXT).whole + 0.03


def test_a_title_is_read_and_moves_no_sentence() -> None:
    question = "أين ولد الشاعر؟"
    text = "هذه جملة عن الطقس. ولد الشاعر في تدمر."
    titled, plain = read(question, text, "وفاة الشاعر عمر الفرا"), read(question, text)
    assert titled != plain
    assert titled.sentences[1] > titled.sentences[0]
    assert plain.sentences[1] > plain.sentences[0]


def test_a_text_beyond_the_encoders_places_is_read_to_its_end() -> None:
    text = "هذه جملة عن الطقس في المدينة. " * 400 + "وتوفي الشاعر في دمشق إثر أزمة قلبية."
    near = read("ما سبب وفاة الشاعر؟", text).sentences
    assert near.index(max(near)) == len(near) - 1


@settings(max_examples=60, deadline=None)
@given(question=st.text(max_size=80), text=st.text(max_size=400), title=st.text(max_size=40))
def test_any_text_gives_a_cosine_for_each_sentence(question: str, text: str, title: str) -> None:
    found = read(question, text, title)
    assert len(found.sentences) == len(sentences(text))
    assert all(math.isfinite(value) and -1.001 < value < 1.001 for value in (*found.sentences, found.whole))


def test_many_threads_get_what_one_gets() -> None:
    questions = ["أين ولد الشاعر؟", "ما سبب وفاة الشاعر؟", "أين عمل؟"] * 4
    reader = Reader(SHIPPED)

    def asked(question: str) -> list[Nearness]:
        return reader.read(question, [passage(TEXT)], [sentences(TEXT)])

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(asked, questions)) == [asked(question) for question in questions]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [None, b"", b"no model", b"\x08\x0a" * 500])
def test_a_file_that_is_missing_or_damaged_is_told(tmp_path: Path, name: str, content: bytes | None) -> None:
    for other in FILES:
        (tmp_path / other).symlink_to(SHIPPED / other)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=r"the reader in .* cannot be opened: .*install the program again") as told:
        Reader(tmp_path)
    assert "\n" not in str(told.value)


class Counting:
    """A reader that finds all equally near, and keeps what it was given."""

    def __init__(self, cosine: float) -> None:
        self.cosine = cosine
        self.given: list[int] = []

    def read(
        self, question: str, passages: Sequence[Passage], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[Nearness]:
        self.given += [one.id for one in passages]
        return [Nearness((self.cosine,) * len(found), self.cosine) for found in spans]


@pytest.mark.parametrize(("cosine", "expected"), [(0.95, READ_AT_ONCE), (0.7, PASSAGES)])
def test_it_reads_on_where_the_first_passages_do_not_surely_answer(cosine: float, expected: int) -> None:
    reader = Counting(cosine)
    hits = [Hit(passage(f"ولد الشاعر رقم {i} في تدمر.", id_=i), i, 1 / i, i, i) for i in range(1, 11)]
    scorer = SentenceScorer(lambda grams: dict.fromkeys(grams, 1.0), shipped_embedder(), lambda: reader)  # type: ignore[arg-type, return-value]
    scored = scorer.score(parsed("أين ولد الشاعر عمر الفرا؟"), hits)
    assert reader.given == [hit.passage.id for hit in hits[:expected]]
    assert len(scored) == PASSAGES
    assert all(set(NEAR) < set(sentence.features) for sentence in scored)


def test_where_it_is_not_needed_nothing_of_it_is_opened(tmp_path: Path) -> None:
    program = (
        "import sys; from rag.settings import load_settings; from rag.wiring import open_assistant; "
        f"a = open_assistant(load_settings(home={str(tmp_path)!r})); "
        "from rag.types import Article; a.library.add([Article('1', 'بلغ عدد السكان مليونا.')]); a.retriever.catch_up(); "
        "*_, answer = a.ask(a.parse(sys.argv[1])); print(*(name in sys.modules for name in ('onnxruntime', 'torch')))"
    )
    for reader, question, expected in (
        ("off", "كم عدد السكان؟", "False False"),
        ("on", "ماذا قال الوزير؟", "False False"),
        ("on", "كم عدد السكان؟", "True False"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", program, question],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "RAG_READER": reader, "RAG_WRITER": "quote"},
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        assert done.stdout.strip() == expected
