"""The page of a run, from hostile material: it shows everything as text, and asks nobody for anything."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from rag.evaluate import charts
from rag.evaluate.page import About, page
from rag.evaluate.report import summary
from rag.evaluate.run import Result
from rag.evaluate.testset import Example
from rag.types import Answer, Citation, Hit, Passage

ATTACK = "<script>alert(1)</script>\"'><img src=//evil.example/x onerror=alert(1)>\u202e&amp;"
ABOUT = About(ATTACK, ATTACK, (5, 33), f"rag eval {ATTACK}", datetime(2025, 1, 2, 3, 4, tzinfo=UTC))


class Reader(HTMLParser):
    """The tags with their attributes, and the text outside the style sheet."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._open = "", [""]
        self.unbalanced: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "rect", "line") or not self.get_starttag_text().endswith("/>"):  # type: ignore[union-attr]
            self._open.append(tag)
        if tag == "meta":
            self._open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if self._open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if self._open[-1] != "style":
            self.text += data


def hostile(status: str, answerable: bool = True, verdicts: Sequence[str] = ()) -> Result:
    """An outcome all of whose texts try to break out."""
    accepted = (ATTACK,) if answerable else ()
    question = Example(ATTACK, ATTACK, accepted, accepted, ATTACK)
    hits = tuple(Hit(Passage(i, ATTACK, 0, 9, f"{ATTACK} {i}", ATTACK), i, 0.5, 1, 1) for i in range(1, 9))
    cited = [Citation(n, ATTACK, ATTACK, "", 0, 9, ATTACK, v) for n, v in enumerate(verdicts)]  # type: ignore[arg-type]
    answer = Answer(ATTACK, status, ATTACK, ATTACK, tuple(cited), hits, done=True)  # type: ignore[arg-type]
    scores = {"recall@10": 1.0, "evidence@3": 0.0} if answerable else {}
    shares = {"supported": (0, len(cited)), "verbatim": (0, 1), "purity": (1, 2)} if cited else {}
    relevant = [i == 6 for i in range(8)] if answerable else []
    return Result(question, hits, answer, relevant, scores, shares, {"search_ms": 1.0, "total_ms": 20.0})


def read(results: Sequence[Result]) -> Reader:
    return Reader(page(results, summary(results), ABOUT))


def test_foreign_text_is_shown_and_never_becomes_a_tag() -> None:
    results = [
        hostile("abstained"),
        hostile("answered", answerable=False, verdicts=["supported"]),
        hostile("answered", verdicts=["unsupported", "unsupported", "supported"]),
    ]
    shown = read(results)
    assert shown.unbalanced == []
    tags = {tag for tag, _ in shown.tags}
    assert not tags & {"script", "img", "link", "iframe", "object", "a"}
    names = {name for _, attributes in shown.tags for name in attributes}
    assert not {name for name in names if name.startswith("on")} | (names & {"src", "href", "srcset"})
    policy = next(a["content"] for tag, a in shown.tags if tag == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert shown.text.count(ATTACK) > 30
    for said in ("Wrong refusals (1)", "Answered though unanswerable (1)", "Evidence missed (1)", "cites nothing"):
        assert said in shown.text


def test_every_foreign_text_keeps_its_direction_to_itself() -> None:
    html = page([hostile("answered", verdicts=["unsupported", "supported"])], summary([hostile("answered")]), ABOUT)
    body = html.split("<body>")[1]
    attack = (
        ATTACK.split("<img")[0].replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;").replace("'", "&#x27;")
    )
    isolating = ("<bdi>", 'dir="auto">', '<code dir="ltr">rag eval ', 'aria-label="', "<title>")
    for before in body.split(attack)[:-1]:
        assert before.endswith(isolating), before[-80:]


def test_the_passage_that_holds_the_answer_is_shown_however_far_down() -> None:
    text = read([hostile("abstained")]).text
    assert "number 7 is the first to hold an accepted answer" in text
    assert [f"{n}. {ATTACK}" in text for n in range(1, 9)] == [True] * 3 + [False] * 3 + [True, False]


def test_a_run_of_the_search_alone_and_one_without_failures() -> None:
    question = Example("1", "أين؟", ("جدة",), ("a",), "place")
    results = [Result(question, (), None, (), {"recall@10": 1.0}, {}, {"search_ms": 3.0})]
    text = read(results).text
    assert "recall@10" in text
    assert "evidence@3" not in text
    assert "Nothing." in text


def test_lone_surrogates_and_no_time_at_all_still_give_a_page() -> None:
    question = Example("1", "أين؟", ("\ud800",), ("a",), "k")
    result = Result(question, (), None, (), {"recall@10": 0.0}, {}, {"search_ms": 0.0})
    assert page([result], summary([result]), ABOUT).encode("utf-8", "replace")


@pytest.mark.parametrize("values", [[5.0], [5.0, 5.0], [0.0, 100_000.0], [float(i) for i in range(1, 1000)]])
def test_the_histogram_counts_every_value_once(values: list[float]) -> None:
    drawn = charts.histogram("t", values, {"p50": values[0]})
    counted = [int(part.split(" of ")[0]) for part in drawn.split("<title>")[1:]]
    assert sum(counted) == len(values)
    places = [float(part.split('"')[0]) for part in drawn.split(' x="')[1:]]
    assert all(0 <= place <= charts.WIDTH for place in places)


def test_bars_are_as_long_as_their_values_and_nothing_is_drawn_for_none() -> None:
    drawn = charts.bars("t", {"a": [1.0, None], "b": [0.5, 0.25]}, ["x", "y"])
    widths = [float(part.split('"')[0]) for part in drawn.split(' width="')[1:]][2:]  # behind the legend
    assert [width / widths[0] for width in widths] == pytest.approx([1, 0.5, 0.25], abs=0.01)
