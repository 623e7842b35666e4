"""What the columns of a table or the keys of an object are called, in Arabic and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from rag.arabic.folding import fold

FIELDS = ("id", "text", "title", "date", "source", "url")
_NAMES = {
    "id": "id معرف المعرف رقم الرقم identifier article_id doc_id",
    "text": "text نص النص متن المتن محتوى المحتوى body content article article_text نص_المقال نص_الخبر",
    "title": "title عنوان العنوان headline عنوان_المقال عنوان_الخبر",
    "date": "date تاريخ التاريخ تاريخ_النشر published publish_date pub_date published_at date_published datetime",
    "source": "source مصدر المصدر صحيفة الصحيفة جريدة publisher newspaper",
    "url": "url رابط الرابط link href uri",
}
"""In the order of preference where a table has several; _ stands for a space or an underscore."""


@lru_cache(maxsize=1 << 10)
def _plain(name: str) -> str:
    return "_".join(fold(name).replace("-", " ").replace("_", " ").split())


_ORDERED = {field: [_plain(name) for name in names.split()] for field, names in _NAMES.items()}


def fields_of(names: Iterable[str], given: Mapping[str, str]) -> dict[str, str]:
    """Which of a table's names stands for each of FIELDS that it has; what is given goes before what is known.

    A given name that the table lacks is left out.
    """
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(_plain(name), name)
    found = {}
    for field, listed in _ORDERED.items():
        wanted = [_plain(given[field])] if field in given else listed
        if plain := next((plain for plain in wanted if plain in known), None):
            found[field] = known[plain]
    return found
