"""The reader: near is what answers, whatever the text; what it reads with the question; and how much of what was found it reads."""

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

from rag.answer.reader import FILES, Nearness, Reader, Reading
from rag.answer.sentence_scorer import COMPARED_AT_ONCE, NEAR, PASSAGES, READ, TOGETHER, SentenceScorer
from rag.arabic import sentences
from rag.arabic.text.quoting import whole_words
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


def near(question: str, text: str, title: str = "") -> Nearness:
    (found,) = shipped_reader().near(question, [passage(text, title)], [sentences(text)])
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
    wholes = [near(question, text).whole for text in TEXTS]
    assert wholes.index(max(wholes)) == nearest


def test_a_passage_about_it_is_nearer_than_another() -> None:
    question = "متى استأنف مطار عدن رحلاته؟"
    about = near(question, "حطت اليوم أول طائرة في مطار عدن الدولي بعد توقف دام أربعة أشهر.").whole
    assert about > near(question, TEXT).whole + 0.03


def test_a_title_is_read_and_moves_no_sentence() -> None:
    question = "أين ولد الشاعر؟"
    text = "هذه جملة عن الطقس. ولد الشاعر في تدمر."
    titled, plain = near(question, text, "وفاة الشاعر عمر الفرا"), near(question, text)
    assert titled != plain
    assert titled.sentences[1] > titled.sentences[0]
    assert plain.sentences[1] > plain.sentences[0]


def test_a_text_beyond_the_encoders_places_is_read_to_its_end() -> None:
    text = "هذه جملة عن الطقس في المدينة. " * 400 + "وتوفي الشاعر في دمشق إثر أزمة قلبية."
    found = near("ما سبب وفاة الشاعر؟", text).sentences
    assert found.index(max(found)) == len(found) - 1


@settings(max_examples=60, deadline=None)
@given(question=st.text(max_size=80), text=st.text(max_size=400), title=st.text(max_size=40))
def test_any_text_gives_a_cosine_for_each_sentence(question: str, text: str, title: str) -> None:
    found = near(question, text, title)
    assert len(found.sentences) == len(sentences(text))
    assert all(math.isfinite(value) and -1.001 < value < 1.001 for value in (*found.sentences, found.whole))


def test_many_threads_get_what_one_gets() -> None:
    questions = ["أين ولد الشاعر؟", "ما سبب وفاة الشاعر؟", "أين عمل؟"] * 4
    reader = Reader(SHIPPED)

    def asked(question: str) -> tuple[list[Nearness], list[Reading]]:
        texts = [("", text) for text in TEXTS]
        return reader.near(question, [passage(TEXT)], [sentences(TEXT)]), reader.read(question, texts)

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
    with pytest.raises(ModelError, match=r"the reader's .* cannot be opened: .*install the program again") as told:
        Reader(tmp_path)
    assert "\n" not in str(told.value)


class Counting:
    """A reader that finds all equally near, and keeps what it was given."""

    def __init__(self, cosine: float) -> None:
        self.cosine = cosine
        self.compared: list[int] = []
        self.together: list[str] = []

    def near(
        self, question: str, passages: Sequence[Passage], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[Nearness]:
        self.compared += [one.id for one in passages]
        return [Nearness((self.cosine,) * len(found), self.cosine) for found in spans]

    def read(self, question: str, sentences: Sequence[tuple[str, str]]) -> list[Reading]:
        self.together += [sentence for _, sentence in sentences]
        return [Reading(-1.0, 2.0, 4, 8, -1.0) for _ in sentences]


@pytest.mark.parametrize(("cosine", "expected"), [(0.95, COMPARED_AT_ONCE), (0.7, PASSAGES)])
def test_it_reads_on_where_the_first_passages_do_not_surely_answer(cosine: float, expected: int) -> None:
    reader = Counting(cosine)
    hits = [Hit(passage(f"ولد الشاعر رقم {i} في تدمر.", id_=i), i, 1 / i, i, i) for i in range(1, 11)]
    scorer = SentenceScorer(lambda grams: dict.fromkeys(grams, 1.0), shipped_embedder(), lambda: reader)  # type: ignore[arg-type, return-value]
    scored = scorer.score(parsed("أين ولد الشاعر عمر الفرا؟"), hits)
    assert reader.compared == [hit.passage.id for hit in hits[:expected]]
    assert len(scored) == PASSAGES
    assert all({*NEAR, *TOGETHER} < set(sentence.features) for sentence in scored)
    assert len(reader.together) == READ
    assert [sentence.short for sentence in scored if sentence.quote in reader.together] == ["الشاعر"] * READ


@pytest.mark.parametrize(
    ("question", "sentence", "short"),
    [
        ("أين ولد الشاعر عمر الفرا؟", "ولد عمر الفرا في مدينة تدمر عام 1949 ودرس فيها.", "تدمر"),
        ("متى ولد الشاعر عمر الفرا؟", "ولد عمر الفرا في مدينة تدمر عام 1949 ودرس فيها.", "1949"),
        ("كم سنة عمل في التدريس؟", "وعمل بالتدريس في حمص 17 عاما ثم تفرغ للأدب.", "17"),
        ("من رئيس شركة توشيبا؟", "استقال هيساو تاناكا رئيس شركة توشيبا يوم الثلاثاء.", "هيساو تاناكا"),
    ],
)
def test_the_short_answer_is_found_in_its_sentence(question: str, sentence: str, short: str) -> None:
    (found,) = shipped_reader().read(question, [("", sentence)])
    assert short in whole_words(sentence, found.start, found.end)


def test_the_sentence_that_answers_is_told_from_others() -> None:
    read = shipped_reader().read("أين ولد الشاعر عمر الفرا؟", [("", text) for text in TEXTS])
    assert max(read, key=lambda each: each.score) is read[0]
    assert max(read, key=lambda each: each.answers) is read[0]


@settings(max_examples=40, deadline=None)
@given(question=st.text(max_size=80), before=st.text(max_size=80), sentence=st.text(max_size=200))
def test_any_sentence_can_be_read_with_any_question(question: str, before: str, sentence: str) -> None:
    one, other = shipped_reader().read(question, [(before, sentence), ("", "نص.")])
    assert 0 <= one.start <= one.end <= len(sentence)
    assert math.isclose(math.exp(one.score) + math.exp(other.score), 1, abs_tol=1e-3)
    assert all(map(math.isfinite, (one.answers, one.short)))
    assert whole_words(sentence, one.start, one.end) in sentence


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


def test_a_headline_in_the_text_is_searched_once_and_goes_before_no_sentence() -> None:
    title = "وفاة الشاعر عمر الفرا"
    one = passage(f"{title}\n\nتوفي الشاعر صباح الأحد. وولد في تدمر.", title)
    assert one.searched == one.text
    assert passage(f"{title} أمس.", title).searched.count(title) == 2
    scorer = SentenceScorer(lambda grams: dict.fromkeys(grams, 1.0), shipped_embedder(), None)
    scored = scorer.score(parsed("متى توفي الشاعر؟"), [Hit(one, 1, 1.0, 1, 1)])
    before = {sentence.quote: sentence.before for sentence in scored}
    assert before == {
        title: "",
        "توفي الشاعر صباح الأحد.": "",
        "وولد في تدمر.": "توفي الشاعر صباح الأحد.",
    }
