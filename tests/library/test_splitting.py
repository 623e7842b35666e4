from hypothesis import given
from hypothesis import strategies as st

from rag.arabic import sentences
from rag.arabic.text.folding import words
from rag.library.splitting import SHORTEST, TARGET, passages
from rag.types import Article


def test_seed_passages_are_runs_of_whole_sentences_of_about_the_target(seeds: list[Article]) -> None:
    for article in seeds:
        spans = sentences(article.text)
        starts, ends = {a for a, _ in spans}, {b for _, b in spans}
        found = passages(article.text)
        assert all(start in starts and end in ends for start, end in found)
        lengths = [len(words(article.text[start:end])) for start, end in found]
        assert max(lengths) <= TARGET + SHORTEST
        assert min(lengths) >= SHORTEST


def test_neighbours_share_one_sentence() -> None:
    text = " ".join(f"{'كلمة ' * 24}جملة{i}." for i in range(12))
    spans = sentences(text)
    found = passages(text)
    assert all(
        later[0] == next(a for a, b in spans if b == earlier[1])
        for earlier, later in zip(found, found[1:], strict=False)
    )


@given(st.text(alphabet="ابت ثج.؟\n«»", max_size=3000))
def test_passages_cover_every_sentence_and_move_on(text: str) -> None:
    found = passages(text)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in zip(found, found[1:], strict=False))
    for start, end in sentences(text):
        assert any(a <= start and end <= b for a, b in found)


def test_no_words_no_passages() -> None:
    assert passages("") == passages(" ... \n") == []
