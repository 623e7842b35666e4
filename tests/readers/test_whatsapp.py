"""Chats of WhatsApp: a day an article, senders kept, no times, whatever the phone and its language."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.readers.formats import whatsapp
from rag.readers.formats.document import Part, Unfit
from rag.readers.formats.sniffing import sniff
from rag.readers.formats.whatsapp import read_whatsapp
from rag.readers.readers import read
from rag.types import Article

EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
STAMPS = {
    "iOS in English": "[{d:02}/{m:02}/{y}, 10:15:32 PM] ",
    "iOS in Arabic": "\u200f[{d:02}/{m:02}/{y}، 10:15:32 م] ",
    "iOS in America": "[{m}/{d}/{s}, 10:15:32\u202fPM] ",
    "iOS of the Hijra": "[{d}/{m}/{y} هـ، 10:15:32 م] ",
    "Android in English": "{d}/{m}/{y}, 10:15 - ",
    "Android in Arabic": "{d}\u200f/{m}\u200f/{y}، 10:15 م - ",
    "Android in Germany": "{d:02}.{m:02}.{s}, 10:15 - ",
    "Android with the year first": "{y}-{m:02}-{d:02}, 10:15 a.m. - ",
}


def stamp(kind: str, day: int) -> str:
    year, month = (1436, 10) if "Hijra" in kind else (2015, 7)
    written = STAMPS[kind].format(d=day, m=month, y=year, s=year % 100)
    return written.translate(EASTERN) if kind.endswith("Arabic") else written


def chat(kind: str) -> str:
    lines = [
        stamp(kind, 7) + "\u200eالرسائل والمكالمات مشفرة تماما.",
        stamp(kind, 7) + "سامر: وصل القطار رقم 12.",
        "سطر ثان: منه.",
        stamp(kind, 7) + "\u202a+963 944 123 456\u202c: متى؟",
        stamp(kind, 23) + "سامر: \u200eimage omitted",
        stamp(kind, 23) + "Mona: <Media omitted>",
        stamp(kind, 23) + "~\u202fمنى: الآن. \u200e<This message was edited>",
        stamp(kind, 24) + "انضم سامر",
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("kind", STAMPS)
def test_a_chat_is_an_article_a_day(tmp_path: Path, kind: str, encoding: str) -> None:
    path = tmp_path / "chat.txt"
    path.write_bytes(chat(kind).encode(encoding))
    first, last = ("2015-07-24", "2015-08-09") if "Hijra" in kind else ("2015-07-07", "2015-07-23")
    assert list(read([path])) == [
        Article(
            f"chat.txt:{first}",
            "سامر: وصل القطار رقم 12.\nسطر ثان: منه.\n+963 944 123 456: متى؟",
            date=first,
            source=tmp_path.name,
        ),
        Article(f"chat.txt:{last}", "منى: الآن.", date=last, source=tmp_path.name),
    ]


def test_the_order_of_the_date_is_that_in_which_time_goes_on(tmp_path: Path) -> None:
    for days, expected in (
        (["1/2/15", "2/2/15", "3/2/15"], ["2015-02-01", "2015-02-02", "2015-02-03"]),
        (["1/9/15", "1/10/15", "2/1/15"], ["2015-01-09", "2015-01-10", "2015-02-01"]),
        (["3/4/15"], ["2015-04-03"]),
    ):
        (tmp_path / "a.txt").write_text("".join(f"{day}, 10:15 - سامر: نعم.\n" for day in days), encoding="utf-8")
        assert [item.date for item in read([tmp_path / "a.txt"]) if isinstance(item, Article)] == expected


def test_a_day_that_is_too_long_is_left_out_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatsapp, "LARGEST", 100)
    days = [f"{day}/7/2015, 10:15 - سامر: {'نعم ' * times}\n" for day, times in ((1, 5), (2, 200), (3, 5))]
    (tmp_path / "a.txt").write_text("".join(days), encoding="utf-8")
    assert [isinstance(part.item, Unfit) for part in read_whatsapp(tmp_path / "a.txt", tmp_path)] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("\n23/7/2015, 10:15 - سامر: نعم", "whatsapp"),
        ("في 23/7/2015 قال سامر: نعم", "text"),
        ("23/7/2015 - افتتح الوزير المحطة", "text"),
        ("2015-07-23 10:15:32 INFO started", "text"),
    ],
)
def test_a_chat_is_told_by_its_first_line(tmp_path: Path, text: str, kind: str) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert sniff(tmp_path / "a.txt") == kind


PIECES = st.sampled_from(
    ["[", "]", "/", "23", "7", "2015", ", 10:15", " - ", ": ", "سامر", "\n", "\u200e", "<x>", "م", "٧", "0", "9" * 30]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.sampled_from(list(STAMPS)), st.lists(PIECES, max_size=40), st.integers(0, 300))
def test_any_chat_gives_parts_or_unfit(tmp_path: Path, kind: str, pieces: list[str], at: int) -> None:
    text = chat(kind)
    (tmp_path / "a.txt").write_text(text[:at] + "".join(pieces) + text[at:], encoding="utf-8")
    with suppress(Unfit):
        assert all(isinstance(part, Part) for part in read_whatsapp(tmp_path / "a.txt", tmp_path))
