import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.arabic.text import encodings
from rag.arabic.text.encodings import decoded, encoding_of
from rag.errors import ModelError

SEEDS = sorted((Path(__file__).resolve().parents[2] / "seeds").glob("*.txt"))
WORDS = " ".join(path.read_text(encoding="utf-8") for path in SEEDS).split()
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1256", "iso8859_6")


def texts(encoding: str, longest: int) -> list[str]:
    """Runs of words of the seeds that can be written in an encoding, each in it and back."""
    chance = random.Random(encoding)
    found = []
    while len(found) < 250:
        first, length = chance.randrange(len(WORDS)), chance.randint(1, longest)
        text = " ".join(WORDS[first : first + length]).encode(encoding, "ignore").decode(encoding)
        if any("\u0620" <= char <= "\u064a" for char in text):
            found.append(text)
    return found


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("longest", [1, 3, 12])
def test_a_text_comes_back_as_it_is_or_not_at_all(encoding: str, longest: int) -> None:
    for text in texts(encoding, longest):
        assert decoded(text.encode(encoding)) in (text, None)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_text_of_some_sentences_comes_back(encoding: str) -> None:
    whole = texts(encoding, 200)
    long = [text for text in whole if len(text) > 60]
    assert len(long) > 150
    assert [text for text in long if decoded(text.encode(encoding)) != text] == []


@pytest.mark.parametrize("encoding", ["cp1256", "iso8859_6"])
def test_text_with_harakat_latin_words_and_numbers_comes_back(encoding: str) -> None:
    text = "قالَ رئيسُ شركة BBC في 23 يوليو 2015: «إنَّ الأرباحَ بلغت 5% هذا العامَ»، وأضاف أنّه سيستقيل غدًا."
    text = text.encode(encoding, "ignore").decode(encoding)
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x00",
        b"\xfe\xff\xd8\x00",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        bytes(range(256)),
        "Straße nach Österreich, die größte Brücke".encode("cp1252"),
        "Съешь же ещё этих мягких французских булок".encode("cp1251"),
        "Съешь же ещё этих".encode("utf-16-le"),
        ("قال الوزير إن السعر ثابت " * 20).encode() + b"\xff",
    ],
)
def test_what_is_none_of_them_is_refused(data: bytes) -> None:
    assert decoded(data) is None


def test_english_with_the_marks_of_windows_is_read() -> None:
    assert decoded("It’s “fine” – really…".encode("cp1252")) == "It’s “fine” – really…"


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_break_it(data: bytes) -> None:
    encoding = encoding_of(data)
    assert encoding is None or isinstance(data.decode(encoding), str)


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"bits": [[1]]}', b'{"bits": 3}'])
def test_a_table_that_is_missing_or_damaged_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "letters.json").write_bytes(content)
    monkeypatch.setattr(encodings, "_TABLE", tmp_path / "letters.json")
    encodings._costs.cache_clear()
    try:
        assert encoding_of("نص".encode()) == "utf-8"
        with pytest.raises(ModelError, match=r"letters\.json cannot be read .*expected 43 rows") as told:
            encoding_of("نص من سطر".encode("cp1256"))
    finally:
        encodings._costs.cache_clear()
    assert "\n" not in str(told.value)
