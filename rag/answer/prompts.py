"""The texts of the folder prompts/, filled in, and which passages fit. Knows no model and no chat format.

The folder lies beside the package in a checkout, inside it (`rag/_prompts`) in an installed wheel. A template is read
when it is used, so that an edit counts from the next question on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from string import Template

from rag.arabic import sentences
from rag.errors import InputError
from rag.query.question import Language, Question
from rag.types import Passage

PACKAGE = Path(__file__).resolve().parent.parent
# The name of the first file tells our folder from another `prompts` that lies beside an installed package.
_OURS = "system.ar.txt"
_USEFUL = 80  # letters; less than that of a passage answers nothing


def folder() -> Path:
    """Where the templates lie: `<checkout>/prompts`, else `rag/_prompts`."""
    beside = PACKAGE.parent / "prompts"
    return beside if (beside / _OURS).is_file() else PACKAGE / "_prompts"


def text(name: str, **fields: object) -> str:
    """The template `<name>.txt`, its `$fields` filled in one pass, so that a `$field` in what is filled in stays inert.

    Raises InputError where the file is missing, is not UTF-8, or names a field that it is not given.
    """
    path = folder() / f"{name}.txt"
    try:
        return Template(path.read_text(encoding="utf-8").strip()).substitute(fields)
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(f"{path} cannot be read ({e}); expected a prompt template in UTF-8; restore the file") from e
    except KeyError as e:
        raise InputError(f"{path} names the field ${e.args[0]}; expected {_listed(fields)}; mend the template") from e
    except ValueError as e:
        raise InputError(f"{path} has a lone $; expected {_listed(fields)}, $$ for the sign; mend the template") from e


def passage(n: int, passage: Passage, lang: Language) -> str:
    """The passage under its number and title, as the model reads it."""
    head, _, rest = text(f"passage.{lang}", n=n, title=passage.title, text=passage.text).partition("\n")
    return f"{head.rstrip()}\n{rest}"


def messages(question: Question, passages: Sequence[Passage], reminded: bool = False) -> list[dict[str, str]]:
    """The chat that asks for an answer: a system message, and the user's with `passages` numbered from 1.

    reminded: with the reminder of language and markers at the end, for a second draft.
    """
    lang = question.language
    numbered = "\n\n".join(passage(n, p, lang) for n, p in enumerate(passages, start=1))
    system = text(f"system.{lang}", nothing_found=text(f"nothing_found.{lang}"))
    user = text(f"question.{lang}", passages=numbered, question=question.text)
    if reminded:
        user += "\n\n" + text(f"reminder.{lang}")
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def rewriting(question: Question, turns: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """The chat that asks for a question that stands alone, after turns of a question and an answer each.

    The system message is that of `messages`, so that a model need not read it anew for the answer.
    """
    lang = question.language
    listed = "\n".join(f"- {asked}\n  {answered}" for asked, answered in turns)
    user = text(f"standalone.{lang}", turns=listed, question=question.text)
    return [messages(question, [])[0], {"role": "user", "content": user}]


def fitting(passages: Sequence[Passage], fits: Callable[[Sequence[Passage]], bool]) -> list[Passage]:
    """The first passages that fit together; where not even the first does, its beginning, cut after a sentence or word.

    Empty where nothing useful fits.
    """
    if fits(passages):
        return list(passages)
    taken = _most(len(passages), lambda count: fits(passages[:count]))
    if taken or not passages:
        return list(passages[:taken])
    first = passages[0]

    def head(end: int) -> list[Passage]:
        return [replace(first, text=first.text[:end], end=first.start + end)]

    good = _most(len(first.text), lambda end: fits(head(end)))
    sentence = max((end for _, end in sentences(first.text) if end <= good), default=0)
    end = sentence if sentence > good // 2 else max(first.text.rfind(" ", 0, good), sentence)
    return head(end) if end >= _USEFUL and fits(head(end)) else []


def _most(bad: int, fits: Callable[[int], bool]) -> int:
    """The largest number that fits, found by halving: `bad` does not, 0 is taken to."""
    good = 0
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return good


def _listed(fields: dict[str, object]) -> str:
    return " and ".join(f"${name}" for name in fields) or "no field"
