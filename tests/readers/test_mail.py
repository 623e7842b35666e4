"""Mail: what was written comes out, whatever the charset and the transfer encoding; what is attached is read as what it is."""

from __future__ import annotations

import base64
import quopri
import textwrap
from contextlib import suppress
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.readers.formats import mail as mail_reader
from rag.readers.formats.document import Document, Part, Unfit
from rag.readers.formats.mail import charset_text, read_mail, read_mailbox, read_saved_page
from rag.readers.formats.sniffing import sniff
from rag.readers.readers import Unreadable, read
from rag.types import Article

TEXT = "افتتح الوزير محطة القطار في المدينة. وبلغت الكلفة 340 مليون دينار."
HEAD = "From: =?utf-8?b?{}?= <a@example.org>\nDate: Tue, 12 May 2015 23:30:00 +0300\n".format(
    base64.b64encode("سامر الحداد".encode()).decode()
)
FOUND = Article("a.eml", TEXT, "خبر", "2015-05-12", "سامر الحداد")
SEPARATOR = b"From a@example.org Tue May 12 10:00:00 2015\n"


def written(encoding: str, transfer: str) -> bytes:
    body = TEXT.encode(encoding)
    coded = {
        "base64": base64.encodebytes,
        "quoted-printable": lambda data: quopri.encodestring(data),
        "8bit": lambda data: data + b"\n",
    }[transfer](body)
    subject = base64.b64encode("خبر".encode(encoding)).decode()
    head = f"{HEAD}Subject: =?{encoding}?B?{subject}?=\nContent-Type: text/plain; charset={encoding}\n"
    return f"{head}Content-Transfer-Encoding: {transfer}\n\n".encode() + coded


def one(path: Path, data: bytes) -> Article:
    path.write_bytes(data)
    (found,) = read([path])
    assert isinstance(found, Article), found
    return found


@pytest.mark.parametrize("transfer", ["base64", "quoted-printable", "8bit"])
@pytest.mark.parametrize("encoding", ["utf-8", "windows-1256", "iso-8859-6", "utf-16", "mac-arabic"])
def test_a_mail_in_every_charset_and_transfer_encoding(tmp_path: Path, encoding: str, transfer: str) -> None:
    if (encoding, transfer) == ("utf-16", "8bit"):
        return  # no mail can have NUL bytes
    assert one(tmp_path / "a.eml", written(encoding, transfer)) == FOUND


@pytest.mark.parametrize("declared", ["us-ascii", "iso-8859-1", "none-such", "utf-8", "x-cp1256", '""'])
@pytest.mark.parametrize("encoding", ["utf-8", "windows-1256"])
def test_a_charset_that_is_wrong_or_missing_is_told_by_the_text(tmp_path: Path, encoding: str, declared: str) -> None:
    head = f"{HEAD}Content-Type: text/plain; charset={declared}\nSubject: ".encode()
    data = head + "خبر المحطة الجديدة".encode(encoding) + b"\n\n" + TEXT.encode(encoding)
    found = one(tmp_path / "a.eml", data)
    assert (found.text, found.title) == (TEXT, "خبر المحطة الجديدة")


def test_a_charset_of_arabic_that_is_utf_8_all_the_same() -> None:
    assert charset_text(TEXT.encode(), "windows-1256") == TEXT
    assert charset_text(b"plain", "none-such") == "plain"


def test_letters_cut_over_encoded_words_are_whole(tmp_path: Path) -> None:
    data = "خبر".encode()
    halves = (base64.b64encode(part).decode() for part in (data[:3], data[3:]))
    subject = "\n ".join(f"=?utf-8?b?{half}?=" for half in halves)
    found = one(tmp_path / "a.eml", f"{HEAD}Subject: {subject}\n\n".encode() + TEXT.encode())
    assert found.title == "خبر"


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("=?utf-8?q?a=5Fb_c?= d", "a_b c d"),
        ("=?us-ascii*en?q?a?=\n =?iso-8859-1?q?b?=  c", "ab c"),
        ("=?utf-8?b?2K7YqNix?", "=?utf-8?b?2K7YqNix?"),
        ("=?utf-8?b?2K7YqNi?=", "خب\ufffd"),
        ("=?none-such?q?a?=", "a"),
    ],
)
def test_encoded_words_of_a_head(tmp_path: Path, subject: str, title: str) -> None:
    assert one(tmp_path / "a.eml", f"{HEAD}Subject: {subject}\n\nx".encode()).title == title


def test_lines_of_a_fixed_width_join(tmp_path: Path) -> None:
    said = (
        "أعلنت هيئة الآثار أن البعثة المشتركة برئاسة الدكتور ماجد العطار عثرت في تل الرماد على رقيم طيني قديم جدا. " * 4
    )
    lines = "\r\n".join(textwrap.wrap(said, 70))
    head = "From: a@b.c\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    (tmp_path / "a.eml").write_bytes(f"{head}{lines}\r\n\r\nاسم المرسل\r\n".encode())
    (found,) = read([tmp_path / "a.eml"])
    assert isinstance(found, Article)
    assert found.text == f"{said.strip()}\n\nاسم المرسل"


@pytest.mark.parametrize(("delete", "gap"), [("no", " "), ("yes", "")])
def test_flowed_lines_join(tmp_path: Path, delete: str, gap: str) -> None:
    kind = f"Content-Type: text/plain; charset=utf-8; format=flowed; delsp={delete}\n"
    body = "قال الوزير \nكلمة.\nسطر آخر.\n>  اقتباس \n> طويل.\n-- \nالتوقيع"
    found = one(tmp_path / "a.eml", (HEAD + kind + "\n" + body).encode())
    assert found.text == f"قال الوزير{gap}كلمة.\nسطر آخر.\n>  اقتباس{gap}طويل.\n-- \nالتوقيع"


def test_of_versions_the_plain_one_is_taken_unless_it_is_empty(tmp_path: Path) -> None:
    for plain, text in ((TEXT, TEXT), ("\n", "فقرة أولى.\nفقرة ثانية.")):
        mail = EmailMessage()
        mail["From"], mail["Subject"] = "a@example.org", "خبر"
        mail.set_content(plain)
        mail.add_alternative("<style>p{}</style><p>فقرة <b>أولى</b>.</p><p>فقرة&nbsp;ثانية.</p>", "html")
        found = one(tmp_path / "a.eml", mail.as_bytes())
        assert (found.text, found.source) == (text, "a@example.org")


def with_files() -> bytes:
    mail = MIMEMultipart()
    mail["From"], mail["Subject"], mail["Date"] = "a@example.org", "خبر", "Tue, 12 May 2015 10:00:00 +0300"
    mail.attach(MIMEText(TEXT, "plain", "utf-8"))
    inner = MIMEText("نص الرسالة المرفقة.", "plain", "windows-1256")
    inner["From"], inner["Subject"] = "b@example.org", "مرفقة"
    for kind, name, content in (
        ("image/png", "a.png", b"\x89PNG\r\n\x1a\n\0"),
        ("text/csv", "جدول.csv", "id,text\n,قال نعم\n".encode()),
        ("text/plain", "../up.txt", "نص مرفق.".encode()),
        ("application/octet-stream", "bad.pdf", b"%PDF-1.4 nothing"),
        ("message/rfc822", "", inner.as_bytes()),
    ):
        part = MIMEBase(*kind.split("/"))
        if kind == "message/rfc822":
            part.set_payload([inner])
        else:
            part.set_payload(base64.encodebytes(content).decode())
            part["Content-Transfer-Encoding"] = "base64"
            part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
        mail.attach(part)
    return mail.as_bytes()


def test_what_is_attached_is_read_as_what_it_is_under_the_mails_id(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(with_files())
    found = list(read([tmp_path / "a.eml"]))
    ids = {item.id: item.text for item in found if isinstance(item, Article)}
    assert ids == {
        "a.eml": TEXT,
        "a.eml/جدول.csv:1": "قال نعم",
        "a.eml/up.txt": "نص مرفق.",
        "a.eml/4.eml": "نص الرسالة المرفقة.",
    }
    (failure,) = (item for item in found if isinstance(item, Unreadable))
    assert str(failure).startswith(f"{tmp_path / 'a.eml'}: bad.pdf: ")


def test_a_mailbox_is_an_article_a_mail(tmp_path: Path) -> None:
    plain = b"Content-Type: text/plain; charset=utf-8\nFrom: b@example.org\n\n>From now on\n\nFrom here on.\n"
    encrypted = b"From: c@example.org\nMIME-Version: 1.0\nContent-Type: multipart/encrypted; boundary=x\n\n--x--\n"
    (tmp_path / "box").write_bytes(
        b"\n".join(SEPARATOR + each for each in (plain, encrypted, written("utf-8", "base64")))
    )
    first, second, third = read([tmp_path / "box"])
    assert first == Article("box:1", "From now on\n\nFrom here on.", source="b@example.org")
    assert "box: message 2: is an encrypted mail" in str(second)
    assert third == Article("box:3", TEXT, "خبر", "2015-05-12", "سامر الحداد")


def test_a_mail_that_is_too_large_is_left_out_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_reader, "LARGEST", 1000)
    box = tmp_path / "a.mbox"
    box.write_bytes(SEPARATOR + HEAD.encode() + b"\n" + b"a b\n" * 500 + b"\n" + SEPARATOR + written("utf-8", "8bit"))
    first, second = read_mailbox(box, tmp_path)
    assert isinstance(first.item, Unfit)
    assert "a mail of 2," in str(first.item)
    assert isinstance(second.item, Document)


def test_damaged_base64_gives_what_is_whole(tmp_path: Path) -> None:
    coded = base64.b64encode(TEXT.encode())[:41]
    data = f"{HEAD}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n".encode() + coded
    found = one(tmp_path / "a.eml", data)
    assert TEXT.startswith(found.text.rstrip("�؁"))
    assert "افتتح الوزير" in found.text


PAGE = """<html><head><title>خبر</title></head><body><article><p>افتتح الوزير محطة القطار في المدينة يوم الثلاثاء.</p></article>"""


def page(subtype: str = "html") -> bytes:
    mail = MIMEMultipart("related", type="text/html", start="<main>")
    mail["From"], mail["Snapshot-Content-Location"] = "<Saved by Blink>", "https://example.org/1"
    for name, text in (("frame", "<p>إطار.</p>"), ("main", PAGE)):
        part = MIMEText(text, subtype, "windows-1256")
        part["Content-ID"] = f"<{name}>"
        mail.attach(part)
    return mail.as_bytes()


def test_a_saved_page_is_its_main_part(tmp_path: Path) -> None:
    found = one(tmp_path / "a.mht", page())
    assert (found.title, found.url) == ("خبر", "https://example.org/1")
    assert found.text == "افتتح الوزير محطة القطار في المدينة يوم الثلاثاء."
    (tmp_path / "a.mht").write_bytes(page("css"))
    (failure,) = read([tmp_path / "a.mht"])
    assert "a saved page without HTML" in str(failure)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.eml", (HEAD + "\nx").encode(), "eml"),
        ("a", (HEAD + "\nx").encode(), "eml"),
        ("a", page(), "mhtml"),
        ("a.emlx", b"123  \n" + (HEAD + "\nx").encode(), "eml"),
        ("a.txt", SEPARATOR + HEAD.encode() + b"\nx", "mbox"),
        ("a.txt", b"From 10:30 to 12:00 in 2015\nwe spoke.", "text"),
        ("a.txt", b"Subject: a\nDate: b\n\nx", "text"),
        ("a.txt", "قال: نعم\nوقال: لا\n".encode(), "text"),
    ],
)
def test_a_mail_is_told_by_its_head(tmp_path: Path, name: str, data: bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert sniff(tmp_path / name) == kind


WHOLE = [
    with_files(),
    page(),
    SEPARATOR + with_files() + b"\n" + SEPARATOR + written("windows-1256", "quoted-printable"),
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    st.sampled_from(WHOLE),
    st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=3)), max_size=12),
    st.integers(0, 6000),
)
def test_a_damaged_mail_gives_parts_or_unfit(
    tmp_path: Path, data: bytes, changes: list[tuple[int, bytes]], end: int
) -> None:
    damaged = bytearray(data)
    for at, piece in changes:
        damaged[at : at + len(piece)] = piece
    (tmp_path / "a.eml").write_bytes(bytes(damaged[:end]))
    with suppress(Unfit):
        assert isinstance(read_saved_page(tmp_path / "a.eml"), Document)
    for reader in (read_mail, read_mailbox):
        for part in reader(tmp_path / "a.eml", tmp_path):
            assert isinstance(part, Part)
            if isinstance(part.item, Unfit):
                assert "\n" not in str(part.item)
