"""What a load says of itself on stderr, by a clock of the test's own."""

from pathlib import Path

import pytest

from rag.cli.progress import EVERY, Meter, lines
from rag.library.origins import ReadArticle
from rag.readers.readers import Place, Unreadable
from rag.types import Article


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_line_now_and_then_says_what_is_done_and_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    meter = Meter(lines(clock), clock)
    items = meter.counted(
        [*(ReadArticle(Article(str(i), "نص")) for i in range(3100)), *(Unreadable("x", "y") for _ in range(2))]
    )
    for second in range(13):
        clock.now = second
        for _ in range(310 if second < 10 else 0):
            next(items)
        if second == 10:
            list(items)
        meter.placed(Place(Path("a"), 100 * second, 29_137, second / 100))
    (said,) = capsys.readouterr().err.splitlines()
    assert said == "rag: 1,000 of 29,137 files, 3,100 articles, 310 articles a second, 90 s left, 2 left out"


def test_a_short_run_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    meter = Meter(lines(clock), clock)
    for step in range(10):
        clock.now = EVERY * step / 10
        meter.placed(Place(Path("a"), step, 10, step / 10))
    assert capsys.readouterr().err == ""


def test_the_time_left_follows_the_last_half_minute() -> None:
    clock, said = Clock(), list[list[str]]()
    meter = Meter(lambda name, share, parts: said.append(parts), clock)
    for second in range(101):  # what was there already goes by ten times as fast
        clock.now = second
        meter.placed(Place(Path("a"), 0, 1, min(second, 50) / 100 + max(0, second - 50) / 1000))
    assert said[-1][-1] == "7 min left"


def test_an_index_says_its_passages(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    meter = Meter(lines(clock), clock)
    for second in range(0, 12, 2):
        clock.now = second
        meter.indexed("lexical", 1000 * second, 113_931)
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("rag: lexical index: 10,000 of 113,931 passages, ")
    assert said.endswith(" left")
