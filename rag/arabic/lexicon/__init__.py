"""The words that the rules of `rag.arabic` go by, as tables that people read and correct, and the one way to read them.

It knows the files of this folder and what may stand in their columns; what a word is good for is known by the module that asks for
it. README.md beside this file says in Arabic and English what each file, column and use means, and how to try a change.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from rag.arabic.text.folding import fold
from rag.errors import TableError

Row = Mapping[str, str]
"""What stands under each column."""
WORDS, NUMBER = "words", "a number such as 12 or 2/3"
"""What may stand under a column where it is not one of a few names, `yes|no`: words with one space between them, or a number."""
_YES_NO = "yes|no"
COLUMNS: dict[str, dict[str, str]] = {
    "affixes": {
        "kind": "conjunction|before_article|preposition|future|article|contracted|person|derivation|ending|feminine|pronoun",
        "affix": WORDS,
        "used_by": WORDS,
    },
    "attributes": {"attribute": WORDS, "asked": WORDS, "signs": WORDS, "lifespan": _YES_NO},
    "clauses": {
        "use": "clause|clause_english|contrast|contrast_english|denial_ends|goes_on|pronoun|pronoun_english",
        "word": WORDS,
    },
    "columns": {"field": "id|text|title|date|source|url", "word": WORDS},
    "countries": {"country": WORDS, "names": WORDS},
    "date_fields": {"use": "beside|hijri|common|equals|clock|zone|unknown", "word": WORDS},
    "dialect": {"word": WORDS},
    "followups": {"use": "well|what_about|what_about_english|copula|empty|these|he|his|no_topic", "word": WORDS},
    "given_names": {"word": WORDS},
    "greetings": {"use": "opens|follows", "word": WORDS},
    "months": {"word": WORDS, "calendar": "common|hijri", "number": NUMBER, "text": "yes|beside|no", "sign": _YES_NO},
    "name_words": {"use": "not_name|place|named_after|second_half|after_father|son|body|united|event", "word": WORDS},
    "negations": {"use": "negation|reach_one|relative|not_denied|exception|other_than|refusal", "word": WORDS},
    "numbers": {
        "word": WORDS,
        "value": NUMBER,
        "kind": "add|joins|times|part|vague|roman",
        "sign": _YES_NO,
    },
    "prepositions": {"use": "marker|with_pronoun", "word": WORDS, "means": WORDS},
    "question_words": {
        "word": WORDS,
        "variety": "standard|dialect|english",
        "asks": "-|where|when|many|why|who",
        "stop": _YES_NO,
        "opens": _YES_NO,
        "again": _YES_NO,
        "saying": "both|verb|no|noun",
    },
    "relative_days": {"word": WORDS, "goes": "back|on", "days": NUMBER, "alone": _YES_NO},
    "saying_verbs": {"use": "telling|other|dialect|asked|english", "word": WORDS, "subject": "he|she|they|any"},
    "signs": {"use": "why|where", "word": WORDS},
    "sounds": {"letters": WORDS, "sound": WORDS},
    "speech": {
        "use": "object|about|subject|said_about|topic|statement|that|after|lead|not_speaker|source|away|stating|his_words|auxiliary",
        "word": WORDS,
    },
    "stop_words": {
        "use": "pronoun|preposition|particle|asking|english|light|person|before_attribute|frequent",
        "word": WORDS,
    },
    "synonyms": {"arabic": WORDS, "english": WORDS},
    "times": {"use": "year|joint|day|sign|last|next|part|in|since|newest", "word": WORDS},
    "titles": {"use": "honorific|office", "word": WORDS},
    "units": {"use": "percent|percent_english|power|decimal|identifier", "word": WORDS},
    "waw_words": {"use": "word|name", "word": WORDS},
    "weekdays": {"word": WORDS, "number": NUMBER, "text": _YES_NO, "sign": _YES_NO},
    "wiki": {"use": "file|category", "word": WORDS},
}
"""The columns of each table in order, and what may stand under each."""
_FOLDER = Path(__file__).parent
_REMEDY = "correct it, or install rag again"


@cache
def table(name: str) -> tuple[Row, ...]:
    """The rows of lexicon/NAME.tsv in order, read once; TableError where the file is missing or damaged."""
    return rows_of(_FOLDER / f"{name}.tsv", COLUMNS[name])


@cache
def words_of(name: str, **cells: str) -> frozenset[str]:
    """The folded words and phrases under "word" in a table, of all rows or of those with the given cells.

    cells: what stands under a column of the rows that are meant; several words with spaces between them where any of them will do.
    TableError where there is no such row, since a rule without its words would hold of everything.
    """
    return frozenset(map(fold, spelled(name, **cells)))


def spelled(name: str, **cells: str) -> list[str]:
    """The words of `words_of` as they are written in the table, in its order."""
    rows: Iterable[Row] = table(name)
    for column, cell in cells.items():
        listed = cell.split()
        rows = [row for row in rows if row[column] in listed]
    if not rows:
        raise TableError(f"{_FOLDER / name}.tsv: found no row with {cells}, expected at least one; {_REMEDY}")
    return [row["word"] for row in rows]


def any_of(listed: Iterable[str]) -> str:
    """A pattern for any of some words or phrases, the longest first."""
    return f"(?:{'|'.join(map(re.escape, sorted(listed, key=lambda word: (-len(word), word))))})"


def pattern_of(name: str, **cells: str) -> str:
    """A pattern for any of `words_of` a table."""
    return any_of(words_of(name, **cells))


def as_number(cell: str) -> float:
    """The value of a number or a fraction as it stands in a cell; ValueError where it is none."""
    top, slash, bottom = cell.partition("/")
    return float(top) / float(bottom) if slash else float(top)


def rows_of(path: Path, columns: Mapping[str, str]) -> tuple[Row, ...]:
    """The rows of a file in UTF-8 whose cells have tabs between them and whose first line names the columns.

    Empty lines and those that begin with # are left out. columns: as in COLUMNS. TableError says which line is damaged, and how.
    """
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except FileNotFoundError:
        raise TableError(f"{path}: found no such file, expected a table; install rag again") from None
    except UnicodeDecodeError as e:
        line = e.object.count(b"\n", 0, e.start) + 1
        raise TableError(f"{path}, line {line}: found bytes of another encoding, expected UTF-8; {_REMEDY}") from None
    rows = []
    for number, text in enumerate(lines, 1):
        cells = text.rstrip("\r").split("\t")
        if number == 1 and cells != list(columns):
            raise TableError(f"{path}, line 1: found {cells}, expected the columns {list(columns)}; {_REMEDY}")
        if number == 1 or not text.strip() or text.startswith("#"):
            continue
        if len(cells) != len(columns):
            found = f"{len(cells)} cells, expected {len(columns)} with tabs between them ({', '.join(columns)})"
            raise TableError(f"{path}, line {number}: found {found}; {_REMEDY}")
        row = dict(zip(columns, cells, strict=True))
        for column, expected in columns.items():
            if not _fits(row[column], expected):
                found = f"{row[column]!r}, expected {expected.replace('|', ' or ')}"
                raise TableError(f"{path}, line {number}, {column}: found {found}; {_REMEDY}")
        rows.append(row)
    return tuple(rows)


@cache
def _fits(cell: str, expected: str) -> bool:
    """Whether a cell is what may stand there; words must be more than marks that folding deletes."""
    if "|" in expected:
        return cell in expected.split("|")
    if expected == NUMBER:
        try:
            return math.isfinite(as_number(cell))
        except (ValueError, ZeroDivisionError):
            return False
    return cell == " ".join(cell.split()) and bool(fold(cell))
