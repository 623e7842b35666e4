"""What people write is not what articles write: spelling, glued words, dialect, other letters."""

import pytest

from rag import wiring
from rag.arabic.rules.words import content_words
from rag.library import Library
from rag.search.retriever import Retriever
from rag.settings import load_settings
from rag.types import Article
from tests.conftest import parsed

TEXTS = {
    "hospital": "افتتح الوزير مستشفى جديدا في القاهرة يضم مئتي سرير.",
    "un": "طالب مجلس الأممالمتحدة بوقف القتال فورا.",
    "washington": "تحسنت العلاقات بين موسكووواشنطن بعد القمة.",
    "churkin": "قال السفير فيتالي تشوركين إن المشروع مرفوض.",
    "lavrov": "التقى سيرغي لافروف نظيره النمساوي في فيينا.",
    "school": "بنت البلدية مدرسة للبنات في القرية.",
    "island": "أعلنت الإدارة الأمريكية أن الجزيرة خالية من السكان.",
    "oil": "ارتفع سعر برميل النفط إلى مئة دولار.",
    "damascus": "وصل الوفد إلى دمشق لبحث الهدنة.",
    "english": "The committee adopted the report on fisheries without a vote.",
    "apple": "أعلنت شركة Apple عن هاتف جديد.",
}


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    settings = load_settings(home=tmp_path_factory.mktemp("home"))
    library: Library = wiring.open_library(settings)
    library.add(Article(id_, text) for id_, text in TEXTS.items())
    return wiring.open_retriever(settings, library, wiring.open_embedder(settings))


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("أين المستشفي الجديد؟", "hospital"),
        ("اين افتتحت المستشفيات", "hospital"),
        ("ماذا طلبت الأمم المتحدة؟", "un"),
        ("ما علاقات واشنطن", "washington"),
        ("موسكو", "washington"),
        ("مدرسه البنات", "school"),
        ("والمدرسة", "school"),
        ("اداره امريكيه", "island"),
        ("إلإدارة الأمريكيّة", "island"),
        ("كم سعر نفط", "oil"),
        ("شو صار بدمشق", "damascus"),
        ("وين راح وفد الهدنة", "damascus"),
        ("مين هو لافروف", "lavrov"),
        ("What did Churkin say?", "churkin"),
        ("churkin", "churkin"),
        ("Where did Lavrov meet his colleague?", "lavrov"),
        ("ماذا قال Churkin", "churkin"),
        ("When was the school for girls built?", "school"),
        ("What is the price of oil?", "oil"),
        ("Who adopted the fisheries report?", "english"),
        ("هاتف آبل", "apple"),
        ("a new Apple phone", "apple"),
    ],
)
def test_the_article_is_found_first(retriever: Retriever, question: str, article: str) -> None:
    assert retriever.search(parsed(question), 1)[0].passage.article == article


@pytest.mark.parametrize("word", ["شو", "مين", "فين", "وين", "ليش", "امتى", "إيش", "قديش", "منو", "ازاي"])
def test_dialect_question_words_are_no_content(word: str) -> None:
    assert content_words(f"{word} دمشق") == ["دمشق"]
