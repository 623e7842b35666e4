"""How the reader is made: questions by rule, what does not answer, eight bits, and files that say what was trained."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace

from datasets.reading import Asked
from rag.answer.reader import CROSS, LOWER, TOKENIZER, UPPER, Reader, joined
from rag.arabic.text.folding import fold
from rag.types import Article
from training.alike import Alike, another_number
from training.base import BLOCK, Base
from training.cloze import Gazetteer, made_of
from training.cross import CrossReader, Layer, in_chunks, train
from training.reader import write_cross, write_encoder
from training.reading import Candidate, Example, candidates, held_out, respelt, wrong_ones
from training.smoothing import scales

ARTICLES = tuple(
    Article(str(i), text, title)
    for i, (title, text) in enumerate(
        (
            (
                "هيساو تاناكا",
                "هيساو تاناكا (1950 - ) هو رئيس شركة يابانية كبيرة. دخل تاناكا الشركة اليابانية الكبيرة في عام 1973 مهندسا. "
                "ثم استقال تاناكا من الشركة اليابانية بسبب فضيحة محاسبية كبيرة.",
            ),
            (
                "مدينة تدمر",
                "تدمر مدينة سورية قديمة. يبلغ عدد سكانها 50,000 نسمة."
                + " تقع في البادية." * 9
                + " عاش عمر الفرا في تدمر زمنا.",
            ),
            (
                "عمر الفرا",
                "عمر الفرا شاعر سوري. ولد في تدمر عام 1949. ألف الشاعر الكبير 12 ديوانا من الشعر الشعبي في حمص.",
            ),
        )
    )
)


def test_questions_are_made_of_sentences_and_their_answers_stand_there() -> None:
    gazetteer, random = Gazetteer(ARTICLES), Random(1)
    made = [
        (one, article.text[one.start : one.end]) for article in ARTICLES for one in made_of(article, gazetteer, random)
    ]
    found = {(one.kind, answer) for one, answer in made}
    assert {
        ("when", "1973"),
        ("many", "12"),
        ("why", "بسبب فضيحة محاسبية كبيرة"),
        ("name", "عمر الفرا"),
        ("birth", "50,000 نسمة"),
    } <= found
    assert all(answer not in one.question and one.question.endswith("؟") for one, answer in made)


def test_titles_are_told_apart_by_what_they_name() -> None:
    gazetteer = Gazetteer(ARTICLES)
    assert list(gazetteer.mentions("زار عمر الفرا مدينة تدمر.")) == [(4, 13, "person"), (14, 24, "place")]
    assert gazetteer.another("place", Random(1)) == "مدينة تدمر"


@given(st.text(max_size=300), st.text(max_size=20))
def test_any_article_can_be_asked_about(text: str, title: str) -> None:
    for one in made_of(Article("x", text, title), Gazetteer([*ARTICLES, Article("x", text, title)]), Random(1)):
        assert 0 <= one.start < one.end <= len(text)


def test_what_holds_the_answer_is_never_wrong_and_what_shares_words_comes_first() -> None:
    text = "ولد الشاعر في تدمر. عاد إلى تدمر لاحقا. درس الشاعر في حمص. هطل المطر."
    listed = candidates("عمر الفرا", text, (14, 18))
    assert [text_of.answer for text_of in listed] == [(14, 18), None, None, None]
    assert listed[1].before == "عمر الفرا\nولد الشاعر في تدمر."
    wrong = wrong_ones("أين ولد الشاعر؟", [*listed, *listed], [fold("تدمر")])
    assert [one.sentence for one in wrong] == ["درس الشاعر في حمص.", "هطل المطر."]


def test_every_fifth_title_of_each_set_is_held_out() -> None:
    asked = [(kind, Asked("", "", "", f"{i}", ())) for kind in ("arcd", "xquad") for i in (0, 0, 1, 2, 3, 4)]
    assert held_out(asked) == {("arcd", "0"), ("xquad", "0")}


@pytest.fixture(scope="module")
def alike() -> Alike:
    """Of a language of two kinds of words: places stand behind «مدينة», verbs before it."""
    places, verbs = ("دمشق", "بغداد", "تونس", "عمان"), ("زار", "قصف", "ترك", "بنى")
    filler = " ".join(f"كلمة{letter}" for letter in "ابتثجحخدذرزسشصضطظعغف") + " . "
    said = "".join(f"و {verb} الجيش مدينة {place} ثم رحل . " for verb in verbs for place in places)
    return Alike([filler.replace("كلمة", "م") * 30, said * 20], seed=3)


def test_a_word_is_exchanged_for_one_of_its_kind(alike: Alike) -> None:
    alike._common = set()
    assert {alike.another("دمشق", Random(i)) for i in range(30)} == {"بغداد", "تونس", "عمان"}
    assert {alike.another("زار", Random(i)) for i in range(30)} == {"قصف", "ترك", "بنى"}
    assert alike.another("دمشق", Random(1), ["زار", "عمان", "دمشق"]) == "عمان"
    assert alike.another("مجهول", Random(1)) == ""


def test_a_question_no_longer_fits_where_a_word_is_exchanged_nor_does_the_sentence(alike: Alike) -> None:
    found = list(alike.exchanged("من زار دمشق؟", "زار الجيش دمشق لا بغداد.", Random(2)))
    questions, sentences = zip(*found, strict=True)
    assert "من زار بغداد؟" in questions, "a word of the kind that the sentence itself holds comes first"
    assert all(("زار" in sentence) != ("دمشق" in sentence) for sentence in sentences)
    assert not list(alike.exchanged("من؟", "زار الجيش دمشق.", Random(2)))


@given(st.integers(0, 3000), st.integers(0, 50))
def test_another_number_is_another_and_a_count(number: int, seed: int) -> None:
    assert 1 <= another_number(number, Random(seed)) != number


@given(st.text(max_size=60), st.integers(0, 50))
def test_any_question_can_be_spelled_otherwise(question: str, seed: int) -> None:
    assert len(respelt(question, Random(seed))) <= len(question) + 4


def small_base() -> Base:
    """An encoder of eight narrow layers with few words."""
    random = np.random.default_rng(3)
    width, inner, pieces = 64, 128, ["<s>", "<pad>", "</s>", "<unk>", *"▁ابتحدرسمنويلقع:؟.", *"queryasg"]
    tokenizer = Tokenizer(Unigram([(piece, -2.0) for piece in dict.fromkeys(pieces)], unk_id=3))
    tokenizer.pre_tokenizer = Metaspace()
    words = random.integers(-8, 8, (tokenizer.get_vocab_size(), width)).astype(np.int8)
    sizes = np.full((len(words), width // BLOCK), 0.05, np.float32)
    tensors = {
        "emb.word": words * 0.05,
        "emb.pos": random.normal(0, 0.1, (512, width)),
        "emb.type": np.zeros((2, width)),
    }
    shapes = {"q": width, "k": width, "v": width, "ao": width, "fi": width, "fo": inner}
    names = ["emb.ln", *(f"l{i}.{norm}" for i in range(8) for norm in ("aln", "oln"))]
    for name in names:
        tensors |= {f"{name}.w": random.normal(1, 0.1, width), f"{name}.b": random.normal(0, 0.1, width)}
    for i in range(8):
        for part, columns in shapes.items():
            rows = inner if part == "fi" else width
            tensors[f"l{i}.{part}.w"] = random.normal(0, 0.15, (rows, columns))
            tensors[f"l{i}.{part}.b"] = random.normal(0, 0.1, rows)
    given = {name: values.astype(np.float32) for name, values in tensors.items()}
    return Base(given, (words, sizes), tokenizer, layers=8, heads=2, epsilon=1e-12)


def test_the_files_say_what_the_trained_module_says(tmp_path: Path) -> None:
    base = small_base()
    torch.manual_seed(1)
    reader = CrossReader(base).eval()
    texts = [("", "درس الولد."), ("سمع", "سمع الولد درسا عن العلم."), ("", "قال.")]
    pairs = [joined(base.tokenizer, "من درس؟", before, sentence) for before, sentence in texts]
    write_encoder(base, [sentence for _, sentence in texts], tmp_path / LOWER, tmp_path / UPPER)
    write_cross(base, reader, pairs, tmp_path / CROSS)
    base.tokenizer.save(str(tmp_path / TOKENIZER))
    with torch.no_grad():
        expected = in_chunks(reader, pairs)
    shares = torch.stack([each.score for each in expected]).log_softmax(0)
    for found, trained, share in zip(Reader(tmp_path).read("من درس؟", texts), expected, shares, strict=True):
        assert found.score == pytest.approx(float(share), abs=0.25)
        assert found.answers == pytest.approx(float(trained.answers), abs=0.25)


def test_it_is_trained_and_figures_are_told_of_what_is_held_out(tmp_path: Path) -> None:
    base = small_base()
    torch.manual_seed(1)
    reader = CrossReader(base)
    before = {name: values.clone() for name, values in reader.state_dict().items()}
    right, wrong = Candidate("", "درس الولد.", (4, 9)), Candidate("", "قال.")
    found = [
        Example(kind, "", "من درس؟", ("من قال؟",), right, (Candidate("", "سمع الولد."),), (wrong,), held_out)
        for kind in ("wiki", "arcd", "xquad")
        for held_out in (False, True)
    ]
    reached = train(reader, base.tokenizer, found, 1, 3, tmp_path)
    assert set(reached) == {"arcd", "xquad"}
    assert all(0 <= value <= 1 for figures in reached.values() for value in figures.values())
    kept = torch.load(tmp_path / "cross.pt")
    assert all(torch.equal(values, kept[name]) for name, values in reader.state_dict().items())
    assert any(not torch.equal(values, kept[name]) for name, values in before.items())


def test_scales_even_out_channels_and_leave_what_comes_out() -> None:
    base = small_base()
    layer = Layer(base, 0)
    states = torch.randn(1, 9, 64)
    states[..., 5] *= 40
    found = scales([layer], lambda: layer(states, None))
    scale = torch.from_numpy(found["l0.qkv"])
    even = states / scale
    assert float(even.abs().amax() / even.abs().mean()) < float(states.abs().amax() / states.abs().mean())
    weight = layer.get_parameter("q.weight")
    assert torch.allclose(even @ (weight * scale).T, states @ weight.T, atol=1e-3)
