"""JSON as programs write it: Telegram, sites' interfaces, databases and editors; no field keeps tags or entities."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.readers.formats.document import Document, Unfit
from rag.readers.formats.sniffing import sniff
from rag.readers.formats.tables import read_json, read_jsonl
from rag.readers.readers import Unreadable, read
from rag.types import Article

TEXT = "افتتح الوزير محطة القطار. وبلغت الكلفة 340 مليون دينار."
OTHER = "فقرة ثانية."


def found_in(path: Path, value: object) -> list[Article | Unreadable]:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
    return list(read([path]))


def chat(number: int, name: str, kind: str = "public_channel") -> dict[str, object]:
    messages = [
        {"id": 1, "type": "service", "date": "2015-05-01T10:00:00", "action": "create_channel", "text": ""},
        {"id": 2, "type": "message", "date": "2015-05-12T10:00:00", "from": name, "text": TEXT},
        {
            "id": 3,
            "type": "message",
            "date": "2015-05-13T23:59:00",
            "from": "سامر",
            "text": [{"type": "bold", "text": "عاجل | "}, "أعلنت ", {"type": "link", "text": "الوزارة"}, " ذلك.\nسطر."],
        },
        {"id": 4, "type": "message", "date": "2015-05-14T10:00:00", "from": name, "photo": "p.jpg", "text": ""},
    ]
    return {"name": name, "type": kind, "id": number, "messages": messages}


def articles_of(number: int, name: str) -> list[Article]:
    return [
        Article(f"{number}/2", TEXT, "", "2015-05-12", name),
        Article(f"{number}/3", "عاجل | أعلنت الوزارة ذلك.\nسطر.", "سامر", "2015-05-13", name),
    ]


def test_an_export_of_telegram_is_an_article_a_message(tmp_path: Path) -> None:
    assert found_in(tmp_path / "result.json", chat(7, "قناة")) == articles_of(7, "قناة")


def test_all_chats_of_a_person(tmp_path: Path) -> None:
    chats = [chat(7, "قناة"), chat(8, "أصدقاء", "private_group")]
    whole = {"about": "x", "contacts": {"list": [{"name": "a"}]}, "chats": {"about": "x", "list": chats}}
    left = {"left_chats": {"about": "x", "list": [chat(9, "قديمة")]}}
    expected = [*articles_of(7, "قناة"), *articles_of(8, "أصدقاء"), *articles_of(9, "قديمة")]
    assert found_in(tmp_path / "result.json", whole | left) == expected


ROWS: dict[str, tuple[object, Article]] = {
    "NewsAPI": (
        {
            "status": "ok",
            "articles": [
                {
                    "source": {"id": None, "name": "جريدة"},
                    "title": "خبر",
                    "description": "وصف",
                    "url": "u",
                    "publishedAt": "2015-05-12T10:00:00Z",
                    "content": f"{TEXT} [+1234 chars]",
                }
            ],
        },
        Article("a.json:1", TEXT, "خبر", "2015-05-12", "جريدة", "u"),
    ),
    "WordPress": (
        [
            {
                "id": 7,
                "date": "2015-05-12T10:00:00",
                "link": "u",
                "title": {"rendered": "خبر &amp; آخر"},
                "content": {"rendered": f"<p>{TEXT}</p>\n<p>فقرة&nbsp;ثانية.</p>", "protected": False},
            }
        ],
        Article("7", f"{TEXT}\n{OTHER}", "خبر & آخر", "2015-05-12", "a", "u"),
    ),
    "paragraphs": (
        [{"id": "7", "text": [TEXT, OTHER], "date": 1431424800}],
        Article("7", f"{TEXT}\n{OTHER}", "", "2015-05-12", "a"),
    ),
    "MongoDB": (
        [{"_id": {"$oid": "7"}, "body": TEXT, "date": {"$date": {"$numberLong": "1431424800000"}}, "title": None}],
        Article("7", TEXT, "", "2015-05-12", "a"),
    ),
    "Elasticsearch": (
        {
            "took": 1,
            "hits": {"total": {"value": 1}, "hits": [{"_id": "7", "_source": {"title": "خبر", "content": TEXT}}]},
        },
        Article("7", TEXT, "خبر", None, "a"),
    ),
    "Solr": ({"response": {"docs": [{"id": "7", "text": TEXT}]}}, Article("7", TEXT, source="a")),
    "Editor.js": (
        {
            "time": 1431424800000,
            "blocks": [
                {"type": "paragraph", "data": {"text": f"<b>{TEXT}</b>"}},
                {"type": "list", "data": {"style": "unordered", "items": ["أول", "ثان&nbsp;آخر"]}},
                {"type": "table", "data": {"content": [["سوريا", "7"], ["لبنان", "8"]]}},
                {"type": "delimiter", "data": {}},
            ],
        },
        Article("a.json", f"{TEXT}\nأول\nثان آخر\nسوريا 7\nلبنان 8", source="home"),
    ),
    "ProseMirror": (
        {
            "type": "doc",
            "content": [
                {
                    "type": "paragraph",
                    "content": [{"type": "text", "text": "فقرة "}, {"type": "text", "marks": [], "text": "ثانية."}],
                },
                {"type": "bulletList", "content": [{"type": "listItem", "content": [{"type": "text", "text": "بند"}]}]},
                {"type": "paragraph"},
            ],
        },
        Article("a.json", f"{OTHER}\nبند", source="home"),
    ),
    "Slate": (
        [
            {
                "id": "7",
                "body": [
                    {
                        "type": "p",
                        "children": [
                            {"text": "فقرة "},
                            {"type": "link", "children": [{"text": "ثانية"}]},
                            {"text": "."},
                        ],
                    }
                ],
            }
        ],
        Article("7", OTHER, source="a"),
    ),
    "Draft.js": (
        [
            {
                "id": "7",
                "content": {
                    "entityMap": {},
                    "blocks": [{"key": "a", "type": "unstyled", "text": TEXT}, {"key": "b", "text": OTHER}],
                },
            }
        ],
        Article("7", f"{TEXT}\n{OTHER}", source="a"),
    ),
    "Quill": (
        {"ops": [{"insert": "فقرة "}, {"insert": "ثانية.", "attributes": {"bold": True}}, {"insert": "\n"}]},
        Article("a.json", OTHER),
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_articles_in_the_forms_of_programs(tmp_path: Path, name: str) -> None:
    value, expected = ROWS[name]
    (found,) = found_in(tmp_path / "a.json", value)
    assert isinstance(found, Article), found
    assert " ".join(found.text.split("\t")) == expected.text
    assert (found.id, found.title, found.date, found.url) == (expected.id, expected.title, expected.date, expected.url)
    if expected.source == "جريدة":
        assert found.source == expected.source


def test_tags_and_entities_go_from_the_fields_of_every_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        'id,title,text\n7,"خبر &quot;مهم&quot;","<p>قال&nbsp;<b>نعم</b></p><p>ثم مضى</p>"\n', encoding="utf-8"
    )
    (tmp_path / "b.jsonl").write_text('{"id": "8", "text": "<div>قال<br/>نعم</div>"}\n', encoding="utf-8")
    assert list(read([tmp_path / "a.csv", tmp_path / "b.jsonl"])) == [
        Article("7", "قال نعم\nثم مضى", 'خبر "مهم"', source="a"),
        Article("8", "قال\nنعم", source="b"),
    ]


@pytest.mark.parametrize(("name", "kind"), [("a", "json"), ("a.txt", "json"), ("a.json", "json"), ("a.md", "markdown")])
def test_an_object_over_lines_is_told_without_its_name(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).write_text('{\n "name": "قناة",\n "id": 7\n}', encoding="utf-8")
    assert sniff(tmp_path / name) == kind


def test_rows_that_are_nested_too_deeply_or_hold_odd_values_are_named(tmp_path: Path) -> None:
    deep = '{"content": ' * 400 + '"x"' + "}" * 400
    rows = (
        f'[{{"id": "1", "text": {deep}}}, {{"id": "2", "text": "نص", "date": {{"$numberLong": "{"9" * 5000}"}}}}]',
        '[{"id": 1, "text": {}}]',
    )
    for data in rows:
        (tmp_path / "a.json").write_text(data, encoding="utf-8")
        for item in read([tmp_path / "a.json"]):
            assert isinstance(item, Article) or "\n" not in str(item)


NAMES = st.sampled_from(
    [
        "id",
        "text",
        "content",
        "blocks",
        "ops",
        "type",
        "data",
        "date",
        "title",
        "name",
        "messages",
        "children",
        "$date",
        "items",
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["نص", "<p>نص&nbsp;", "", "doc", "link", "\ud800"])
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=30
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(VALUES)
def test_any_json_gives_documents_or_unfit(tmp_path: Path, value: object) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    for rows in (read_json, read_jsonl):
        with suppress(Unfit):
            for _, id_, item in rows(path, {}, "a.json"):
                assert isinstance(item, Unfit) or (id_ and isinstance(item, Document))
