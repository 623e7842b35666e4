"""XML: an article per page of a wiki, post, item or record, without markup; of other XML the text without tags."""

from __future__ import annotations

from contextlib import suppress
from html import escape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.readers.formats.document import Document, Part, Unfit
from rag.readers.formats.html_fields import without_markup
from rag.readers.formats.sniffing import sniff
from rag.readers.formats.wikitext import text_of_wiki
from rag.readers.formats.xml_dumps import read_xml
from rag.readers.readers import Unreadable, read
from rag.types import Article

TEXT = "افتتح الوزير محطة القطار في المدينة، وبلغت الكلفة 340 مليون دينار."
OTHER = "جسر على النهر طوله 900 متر."


def found_in(path: Path, data: str | bytes) -> list[Article | Unreadable]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(read([path]))


def page(title: str, text: str, space: str = "0", more: str = "", number: int = 10) -> str:
    versions = "".join(
        f"<revision><id>{day}</id><timestamp>2015-05-{day:02}T10:00:00Z</timestamp><text>{escape(words)}</text></revision>"
        for day, words in ((11, "نص قديم."), (12, text))
    )
    return f"<page><title>{title}</title><ns>{space}</ns><id>{number}</id>{more}{versions}</page>"


def wiki(*pages: str) -> str:
    names = '<namespaces><namespace key="0"/><namespace key="6">صوره</namespace></namespaces>'
    head = f"<siteinfo><sitename>ويكيبيديا</sitename><dbname>arwiki</dbname>{names}</siteinfo>"
    space = 'xmlns="http://www.mediawiki.org/xml/export-0.11/"'
    return f"<mediawiki {space}>\n{head}\n" + "\n".join(pages) + "\n</mediawiki>\n"


def test_a_wiki_is_an_article_a_page_in_its_last_version(tmp_path: Path) -> None:
    found = found_in(
        tmp_path / "dump.xml",
        wiki(
            page("محطة", TEXT),
            page("نقاش:محطة", "نقاش.", "1"),
            page("قالب:محطة", "قالب.", "10"),
            page("قديم", "#تحويل [[محطة]]"),
            page("آخر", "x", more='<redirect title="محطة"/>'),
            page("مؤلف:سامر", OTHER, "102", number=11),
        ),
    )
    assert found == [
        Article("arwiki:10", TEXT, "محطة", "2015-05-12", "ويكيبيديا"),
        Article("arwiki:11", OTHER, "مؤلف:سامر", "2015-05-12", "ويكيبيديا"),
    ]


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("'''محطة''' في [[مدينة الزهراء|الزهراء]] و[[حلب]].", "محطة في الزهراء وحلب."),
        ("{{صندوق|الاسم=محطة}}\nنص <ref name=a>[http://a.b جريدة]</ref>ثم<ref name=a/> آخر.", "نص ثم آخر."),
        ("[[ملف:a.jpg|تصغير|محطة [[القطار]]]]نص.[[تصنيف:محطات]][[en:Station]]", "نص."),
        ("== عنوان ==\n* أول\n* ثان\n# ثالث", "عنوان\nأول\nثان\nثالث"),
        (
            '{| class="wikitable"\n|+ جدول\n! البلد !! العدد\n|-\n| سوريا || 7\n|-\n| لبنان\n| 8\n|}',
            "جدول\nالبلد\tالعدد\nسوريا\t7\nلبنان\t8",
        ),
        ("سامر ({{lang-en|Samer}}، {{ولد}}) كاتب (شاعر).", "سامر كاتب (شاعر)."),
        ("__NOTOC__\nنص<!-- لا -->&nbsp;ثم <nowiki>[[قوس]]</nowiki>.", "نص ثم [[قوس]]."),
        ("[https://example.org موقع] و[https://example.org] ثم<br/>سطر.", "موقع و ثم\nسطر."),
        ("<div>أ</div><p>ب</p><gallery>\nملف:a.jpg|c\n</gallery>", "أ\nب"),
        ("[[:تصنيف:محطات]] و[[#قسم]]", "تصنيف:محطات وقسم"),
    ],
)
def test_wikitext_is_read_without_its_marks(wikitext: str, text: str) -> None:
    assert text_of_wiki(wikitext) == text


POST = """<item><title>{title}</title><link>https://example.org/{n}</link><pubDate>Tue, 12 May 2015 22:00:00 +0000</pubDate>
<guid isPermaLink="false">https://example.org/?p={n}</guid><description></description><content:encoded><![CDATA[{html}]]></content:encoded>
<excerpt:encoded><![CDATA[مقتطف]]></excerpt:encoded><wp:post_date>{day}</wp:post_date><wp:status>{status}</wp:status>
<wp:post_type>{kind}</wp:post_type></item>"""


def post(n: int, html: str, kind: str = "post", status: str = "publish", day: str = "2015-05-13 01:00:00") -> str:
    return POST.format(n=n, title="خبر &amp; آخر", html=html, kind=kind, status=status, day=day)


def wordpress(*posts: str) -> str:
    spaces = " ".join(
        f'xmlns:{prefix}="{name}"'
        for prefix, name in (
            ("content", "http://purl.org/rss/1.0/modules/content/"),
            ("excerpt", "http://wordpress.org/export/1.2/excerpt/"),
            ("wp", "http://wordpress.org/export/1.2/"),
        )
    )
    channel = f"<channel><title>جريدة المثال</title>{''.join(posts)}</channel>"
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n<!-- made by WordPress -->\n<rss version="2.0" {spaces}>{channel}</rss>'


def test_a_wordpress_export_is_an_article_a_post(tmp_path: Path) -> None:
    blocks = "<!-- wp:paragraph -->\n<p>فقرة <strong>أولى</strong>.</p>\n<!-- /wp:paragraph -->\n\n<!-- wp:list --><ul><li>بند</li></ul>"
    found = found_in(
        tmp_path / "export.xml",
        wordpress(
            post(1, blocks),
            post(
                2,
                "فقرة أولى\x08.\n\nفقرة&nbsp;ثانية،\nسطر. [caption id=1]تعليق[/caption]",
                "page",
                day="0000-00-00 00:00:00",
            ),
            post(3, "", "attachment"),
            post(4, "محذوف.", status="trash"),
            post(5, ""),
        ),
    )
    about = ("خبر & آخر", "2015-05-13", "جريدة المثال", "https://example.org/1")
    assert found == [
        Article("https://example.org/?p=1", "فقرة أولى.\nبند", *about),
        Article(
            "https://example.org/?p=2",
            "فقرة أولى.\n\nفقرة ثانية،\nسطر. تعليق",
            *(about[0], "2015-05-12", about[2], "https://example.org/2"),
        ),
    ]


ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>مدونة</title><entry><id>tag:1</id>
<title type="html">خبر &amp;quot;مهم&amp;quot;</title>
<published>2015-05-12T10:00:00Z</published><updated>2016-01-01T00:00:00Z</updated><link rel="self" href="https://example.org/s"/>
<link rel="alternate" href="https://example.org/1"/><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{TEXT}</p></div></content>
</entry></feed>"""
RDF = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>مدونة</title></channel><item><title>خبر "مهم"</title><link>https://example.org/1</link><dc:date>2015-05-12</dc:date>
<description>&lt;p&gt;{TEXT}&lt;/p&gt;</description></item></rdf:RDF>"""


@pytest.mark.parametrize(("data", "id_"), [(ATOM, "tag:1"), (RDF, "https://example.org/1")])
def test_a_feed_is_an_article_an_item(tmp_path: Path, data: str, id_: str) -> None:
    (found,) = found_in(tmp_path / "feed.xml", data)
    assert found == Article(id_, TEXT, 'خبر "مهم"', "2015-05-12", "مدونة", "https://example.org/1")


CORPORA = {
    "rows": (
        f"<news><row><ID>7</ID><Title>خبر</Title><Date>12/5/2015</Date><Body>&lt;p&gt;{TEXT}&lt;/p&gt;</Body></row>"
        f"<row><ID>8</ID><Title>خبر</Title><Date>12/5/2015</Date><Body>{OTHER}</Body></row></news>",
        [Article("7", TEXT, "خبر", "2015-05-12", "c"), Article("8", OTHER, "خبر", "2015-05-12", "c")],
    ),
    "columns by attribute": (
        f'<?xml version="1.0"?><table name="n"><column name="title">خبر</column><column name="content">{TEXT}</column></table>',
        [Article("c.xml:1", TEXT, "خبر", source="c")],
    ),
    "no element around": (
        f"<doc id='7' title='خبر' url='u'>\nخبر\n\n{TEXT}\n</doc>\n<doc id='8' title='آخر' url='v'>{OTHER} & AT&T</doc>\n",
        [Article("7", f"خبر\n\n{TEXT}", "خبر", None, "c", "u"), Article("8", f"{OTHER} & AT&T", "آخر", None, "c", "v")],
    ),
    "newswire": (
        f'<DOC id="A.1" type="story">\n<HEADLINE>\nخبر\n</HEADLINE>\n<TEXT>\n<P>\nسطر\nواحد.\n</P>\n<P>{OTHER}</P></TEXT></DOC>',
        [Article("A.1", f"سطر واحد.\n{OTHER}", "خبر", None, "c")],
    ),
}


@pytest.mark.parametrize("name", CORPORA)
def test_records_of_other_xml_are_articles(tmp_path: Path, name: str) -> None:
    data, expected = CORPORA[name]
    (tmp_path / "c").mkdir()
    found = found_in(tmp_path / "c" / "c.xml", data)
    assert [item.text if isinstance(item, Article) else item for item in found] == [each.text for each in expected]
    assert [(item.id, item.title, item.date, item.url) for item in found if isinstance(item, Article)] == [
        (each.id, each.title, each.date, each.url) for each in expected
    ]


def test_a_book_and_any_other_xml_are_text_without_tags(tmp_path: Path) -> None:
    book = (
        '<FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0"><description><title-info><book-title>كتاب</book-title>'
        f'<date value="2015-05-12">2015</date></title-info></description><body><section><title><p>فصل</p></title><p>{TEXT}<a>1</a></p>'
        "</section></body><binary>AAAA</binary></FictionBook>"
    )
    (found,) = found_in(tmp_path / "a.fb2", book)
    assert found == Article("a.fb2", f"فصل\n{TEXT}1", "كتاب", "2015-05-12", tmp_path.name)
    (found,) = found_in(tmp_path / "b.xml", f"<!DOCTYPE a [<!ENTITY e 'x'>]><a><b>{TEXT}</b><c>نص <i>مائل</i>.</c></a>")
    assert isinstance(found, Article)
    assert found.text == f"{TEXT}\nنص مائل."
    (failure,) = found_in(tmp_path / "c.xml", "<x><y/></x>")
    assert "XML that holds no words" in str(failure)


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1256", "iso-8859-6"])
def test_xml_in_every_encoding(tmp_path: Path, encoding: str, declared: bool) -> None:
    said = (
        f'<?xml version="1.0" encoding="{encoding}"?>'
        if declared and encoding not in ("utf-8-sig", "utf-16-le")
        else ""
    )
    (found,) = found_in(tmp_path / "dump.xml", (said + wiki(page("محطة", TEXT))).encode(encoding))
    assert isinstance(found, Article), found
    assert (found.text, found.title, found.source) == (TEXT, "محطة", "ويكيبيديا")


def test_a_dump_that_is_cut_short_gives_what_is_whole(tmp_path: Path) -> None:
    data = wiki(page("محطة", TEXT), page("جسر", OTHER))
    for cut in (data.index("900") + 1, data.rindex("<page>") + 40):
        first, last = found_in(tmp_path / "dump.xml", data[:cut])
        assert isinstance(first, Article)
        assert "page 2: and what is behind it is cut short" in str(last)


def test_entities_reach_nothing_outside_and_do_not_grow(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("SECRET")
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    declared = f'<!DOCTYPE mediawiki [<!ENTITY e0 "x">{bomb}<!ENTITY s SYSTEM "file://{tmp_path / "secret"}">]>'
    (found,) = found_in(tmp_path / "dump.xml", declared + wiki(page("محطة", TEXT)).replace("340", "&e11;&s;340"))
    assert isinstance(found, Article)
    assert found.text == TEXT.replace("340", "&e11;&s;340")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("قال: 3 < 5 و a<b && c>d", "قال: 3 < 5 و a<b && c>d"),
        ("<p>أ<b>ب</b></p><p>ج&nbsp;د</p><script>x</script>", "أب\nج د"),
        ("سطر <b>أول</b>\nسطر ثان", "سطر أول\nسطر ثان"),
        ("قال&nbsp;&quot;نعم&quot; &amp; مضى", 'قال "نعم" & مضى'),
        ("&lt;p&gt;أ&lt;/p&gt;&lt;p&gt;ب&lt;/p&gt;", "أ\nب"),
        ("AT&T; و R&D", "AT&T; و R&D"),
        ("<div>أ\n\nب<br>ج</div>", "أ\nب\nج"),
    ],
)
def test_markup_in_a_field_is_left_out(text: str, shown: str) -> None:
    assert without_markup(text) == shown


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.txt", wiki(), "xml"),
        ("a", "<?xml version='1.0'?>\n<a/>", "xml"),
        ("a.xml", "نص", "xml"),
        ("a.txt", "<قال> نعم", "text"),
        ("a.txt", "<div><p>نص</p></div>", "html"),
        ("a.md", "<div>\n\n# عنوان\n</div>", "markdown"),
        ("a.html", "<?xml version='1.0'?><!DOCTYPE html><html><body>x", "html"),
    ],
)
def test_xml_is_told_by_its_first_element(tmp_path: Path, name: str, data: str, kind: str) -> None:
    (tmp_path / name).write_text(data, encoding="utf-8")
    assert sniff(tmp_path / name) == kind


WHOLE = [
    wiki(page("محطة", TEXT), page("جسر", OTHER)),
    wordpress(post(1, TEXT), post(2, "<p>نص</p>")),
    ATOM,
    RDF,
    CORPORA["rows"][0],
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    st.sampled_from(WHOLE),
    st.lists(
        st.tuples(
            st.integers(0, 2000),
            st.sampled_from(["<", ">", "</a>", "&", "]]>", "<![CDATA[", "\0", "{{", "[[", "{|", "'"]),
        )
    ),
    st.integers(0, 3000),
)
def test_damaged_xml_gives_parts_or_unfit(tmp_path: Path, data: str, changes: list[tuple[int, str]], end: int) -> None:
    for at, piece in changes:
        data = data[:at] + piece + data[at:]
    (tmp_path / "a.xml").write_text(data[:end], encoding="utf-8")
    with suppress(Unfit):
        for part in read_xml(tmp_path / "a.xml", tmp_path):
            assert isinstance(part, Part)
            assert isinstance(part.item, Document) or "\n" not in str(part.item)


def test_comments_and_instructions_within_a_feed_are_no_fields(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    item = "<item><!-- made by hand --><?php x?><title>خبر</title><description>نص الخبر كله.</description></item>"
    path.write_text(f"<rss><!-- a --><channel><title>جريدة</title>{item}</channel></rss>", encoding="utf-8")
    (found,) = read_xml(path, tmp_path)
    assert isinstance(found.item, Document)
    assert (found.item.title, found.item.text) == ("خبر", "نص الخبر كله.")
