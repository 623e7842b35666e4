"""The conversations of the browser chat in SQLite, each with an owner who alone can read and change it.

Knows nothing of pages and sessions: an owner is a word that the caller chose, and so are the ids of conversations and
turns, which must be unguessable, for they are unique over all owners. What was deleted is overwritten in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from rag.arabic import clean, fold
from rag.arabic.text.folding import MARKS
from rag.conversations import answers
from rag.database import Database, DatabaseKind
from rag.errors import GoneError, HistoryDamaged, HistoryError, InputError
from rag.stored import restored
from rag.types import Answer, Scope

FORMAT = 1
LONGEST_TITLE = 60
"""Letters of a question that name its conversation, and of a name that is given."""
LONGEST_NOTE = 2000
_MOST_WORDS = 32
"""Of a search."""
_SCHEMA = f"""
CREATE TABLE meta (format INTEGER NOT NULL, history TEXT NOT NULL);
CREATE TABLE conversations (id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, folded TEXT NOT NULL);
CREATE INDEX conversations_owner ON conversations(owner);
CREATE TABLE turns (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    asked TEXT NOT NULL, rating INTEGER NOT NULL, note TEXT NOT NULL, question TEXT NOT NULL, scope BLOB NOT NULL,
    folded TEXT NOT NULL, answer BLOB NOT NULL
);
CREATE INDEX turns_conversation ON turns(conversation);
CREATE INDEX turns_rating ON turns(rating) WHERE rating != 0;
CREATE TABLE deleted (id TEXT PRIMARY KEY);
INSERT INTO meta VALUES ({FORMAT}, lower(hex(randomblob(16))))
"""
_KIND = DatabaseKind(
    "history",
    FORMAT,
    _SCHEMA,
    "delete it with its -wal and -shm: it holds the conversations of the chat and nothing else",
    HistoryError,
    HistoryDamaged,
)
_CONVERSATION = """SELECT c.id, c.title, (SELECT max(asked) FROM turns WHERE conversation = c.id) AS changed,
                   (SELECT question FROM turns WHERE conversation = c.id ORDER BY place LIMIT 1) FROM conversations c"""
_TURN = "SELECT t.id, t.conversation, t.answer, t.scope, t.asked, t.rating, t.note FROM turns t"
_LACKS = """EXISTS (SELECT 1 FROM json_each(?) word WHERE NOT instr(c.folded, word.value) AND NOT EXISTS
            (SELECT 1 FROM turns WHERE conversation = c.id AND instr(folded, word.value)))"""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation's name, which is the beginning of its first question until it is given another, and when it was
    last asked something (ISO, UTC)."""

    id: str
    title: str
    changed: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer, as far as it is written (`answer.done`), and when it was asked (ISO, UTC).

    rating: 1 good, -1 bad, 0 none. note: what the asker said about it.
    """

    id: str
    conversation: str
    answer: Answer
    scope: Scope
    asked: str
    rating: int = 0
    note: str = ""


class Conversations(Database):
    """The conversations of one folder's `conversations.sqlite`; threads and processes may share it.

    Raises HistoryError where the file is none of conversations, or the disk refuses; InputError for an id that the owner
    does not have, be it another's or nobody's.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, _KIND)

    def listed(self, owner: str, words: str = "") -> list[Conversation]:
        """The owner's conversations, the one asked last first; with `words` those in whose title, questions, answers and
        quotes each of the words occurs, folded, be it within another; of more than 32 different words the first."""
        given = dict.fromkeys(word.strip(MARKS) or word for word in _folded(words).split())
        wanted = json.dumps(list(islice(given, _MOST_WORDS)))
        with self._reading() as db:
            rows = db.execute(
                f"{_CONVERSATION} WHERE c.owner = ? AND NOT {_LACKS} ORDER BY changed DESC, c.rowid DESC",
                (owner, wanted),
            ).fetchall()
        return [_conversation(row) for row in rows]

    def conversation(self, owner: str, id_: str) -> Conversation:
        """The conversation of this id."""
        with self._mapped():
            row = self._db.execute(f"{_CONVERSATION} WHERE c.owner = ? AND c.id = ?", (owner, id_)).fetchone()
        if row is None:
            raise _unknown("conversation", id_)
        return _conversation(row)

    def turns(self, owner: str, id_: str) -> list[Turn]:
        """The turns of a conversation in order."""
        with self._mapped():
            self._check_conversation(owner, id_)
            rows = self._db.execute(f"{_TURN} WHERE t.conversation = ? ORDER BY t.place", (id_,)).fetchall()
        return [self._turn(row) for row in rows]

    def turn(self, owner: str, id_: str) -> Turn:
        """The turn of this id."""
        with self._mapped():
            self._conversation_of(owner, id_)
            row = self._db.execute(f"{_TURN} WHERE t.id = ?", (id_,)).fetchone()
        return self._turn(row)

    def save(self, owner: str, turn: Turn, replacing: str = "") -> bool:
        """Keeps a turn: a new one at the end of its conversation, which is made where it is new; one that is there gets the
        new answer and keeps its place, rating and note.

        replacing: a turn of the conversation that is dropped. False for a turn that was dropped
        or deleted while its answer was being written: it does not come back.
        """
        with self._write():
            if self._was_deleted(turn.id):
                return False
            if self._db.execute("SELECT 1 FROM conversations WHERE id = ?", (turn.conversation,)).fetchone():
                self._check_conversation(owner, turn.conversation)
            elif self._was_deleted(turn.conversation):
                raise _unknown("conversation", turn.conversation)
            else:
                self._db.execute("INSERT INTO conversations VALUES (?, ?, '', '')", (turn.conversation, owner))
            if replacing:
                self._drop(turn, replacing)
            self._put(turn)
        return True

    def _put(self, turn: Turn) -> None:
        known = self._db.execute("SELECT conversation FROM turns WHERE id = ?", (turn.id,)).fetchone()
        if known and known[0] != turn.conversation:
            raise InputError(f"the turn {turn.id!r} is of another conversation; expected an id of its own")
        answer = turn.answer
        said = [answer.question, answer.standalone, answer.text, *(c.quote for c in answer.citations)]
        self._db.execute(
            "INSERT INTO turns (id, conversation, asked, rating, note, question, scope, folded, answer) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET asked = excluded.asked, "
            "question = excluded.question, scope = excluded.scope, folded = excluded.folded, answer = excluded.answer",
            (
                *(turn.id, turn.conversation, turn.asked, turn.rating, turn.note, clean(answer.question)),
                *(answers.packed(turn.scope), _folded("\n".join(said)), answers.packed(answer)),
            ),
        )

    def _drop(self, turn: Turn, replaced: str) -> None:
        """Drops the turn that another takes the place of; one that was dropped before may be named again."""
        given = turn.conversation, replaced
        dropped = self._db.execute("DELETE FROM turns WHERE conversation = ? AND id = ?", given).rowcount
        if not dropped and not self._was_deleted(replaced):
            raise _unknown("turn", replaced)
        self._db.execute("INSERT OR IGNORE INTO deleted VALUES (?)", (replaced,))

    def discard(self, owner: str, turn_id: str) -> None:
        """Takes back a turn whose question failed, and with the only turn its conversation; both ids can be used again."""
        with self._write():
            conversation = self._conversation_of(owner, turn_id)
            self._db.execute("DELETE FROM turns WHERE id = ?", (turn_id,))
            self._db.execute(
                "DELETE FROM conversations WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM turns WHERE conversation = ?1)",
                (conversation,),
            )

    def count(self) -> int:
        """The number of conversations of all owners."""
        with self._mapped():
            return int(self._db.execute("SELECT count(*) FROM conversations").fetchone()[0])

    def rename(self, owner: str, id_: str, title: str) -> None:
        """Gives a conversation another title, its end left out where it is long; an empty one is InputError."""
        title = _beginning(title)
        if not title:
            raise InputError("the title is empty; expected some letters")
        with self._write():
            self._check_conversation(owner, id_)
            self._db.execute(
                "UPDATE conversations SET title = ?, folded = ? WHERE id = ?", (title, _folded(title), id_)
            )

    def delete(self, owner: str, id_: str) -> None:
        """Deletes a conversation; nothing that was said in it remains readable in the file."""
        with self._write():
            self._check_conversation(owner, id_)
            self._db.execute("INSERT OR IGNORE INTO deleted SELECT id FROM turns WHERE conversation = ?", (id_,))
            self._db.execute("INSERT OR IGNORE INTO deleted VALUES (?)", (id_,))
            self._db.execute("DELETE FROM conversations WHERE id = ?", (id_,))
        self._forget()

    def rate(self, owner: str, turn_id: str, rating: int, note: str = "") -> None:
        """Keeps what the owner thinks of an answer, instead of what was kept before."""
        if rating not in (-1, 0, 1):
            raise InputError(f"the rating is {rating!r}; expected -1, 0 or 1")
        if len(note) > LONGEST_NOTE:
            raise InputError(f"the note has {len(note):,} characters; expected at most {LONGEST_NOTE:,}")
        with self._write():
            self._conversation_of(owner, turn_id)
            storable = note.encode("utf-8", "replace").decode()
            self._db.execute("UPDATE turns SET rating = ?, note = ? WHERE id = ?", (rating, storable, turn_id))

    def rated(self) -> Iterator[tuple[Turn, tuple[str, ...]]]:
        """The turns of all owners that have a rating, in the order of asking, each with the questions of its conversation
        before it."""
        with self._mapped():
            ids = self._db.execute("SELECT id FROM turns WHERE rating != 0 ORDER BY place").fetchall()
        for given in ids:
            with self._mapped():
                row = self._db.execute(f"{_TURN} WHERE t.id = ? AND t.rating != 0", given).fetchone()
                before = self._db.execute(
                    "SELECT b.question FROM turns b JOIN turns t ON t.conversation = b.conversation AND b.place < t.place "
                    "WHERE t.id = ? ORDER BY b.place",
                    given,
                ).fetchall()
            if row is not None:  # else it was deleted meanwhile
                yield self._turn(row), tuple(question for (question,) in before)

    def _check_conversation(self, owner: str, id_: str) -> None:
        if not self._db.execute("SELECT 1 FROM conversations WHERE owner = ? AND id = ?", (owner, id_)).fetchone():
            raise _unknown("conversation", id_)

    def _conversation_of(self, owner: str, turn_id: str) -> str:
        row = self._db.execute(
            "SELECT c.id FROM turns t JOIN conversations c ON c.id = t.conversation WHERE c.owner = ? AND t.id = ?",
            (owner, turn_id),
        ).fetchone()
        if row is None:
            raise _unknown("turn", turn_id)
        return str(row[0])

    def _was_deleted(self, id_: str) -> bool:
        return self._db.execute("SELECT 1 FROM deleted WHERE id = ?", (id_,)).fetchone() is not None

    def _forget(self) -> None:
        """Overwrites what was deleted wherever the file and the log of what was written still hold it."""
        with self._mapped():
            # secure_delete overwrites rows, but not the copies that moving them between pages has left behind.
            self._db.execute("VACUUM")
            self._empty_log()

    def _turn(self, row: Sequence[Any]) -> Turn:
        id_, conversation, answer, scope, *rest = row
        try:
            held = {"id": id_, "conversation": conversation, "asked": rest[0], "rating": rest[1], "note": rest[2]}
            return restored(Turn, {**held, "answer": answers.unpacked(answer), "scope": answers.unpacked(scope)})
        except (AttributeError, TypeError, ValueError, RecursionError) as e:
            raise HistoryError(
                f"a turn of the conversation {conversation!r} in {self.path} cannot be read: {e}; restore the file from a "
                "copy, or delete the conversation"
            ) from e


def _conversation(row: Sequence[Any]) -> Conversation:
    id_, title, changed, question = row
    return Conversation(id_, title or _beginning(question), changed)


def _beginning(text: str) -> str:
    """The text on one line, cut at a word where it is long."""
    line = clean(text)
    if len(line) <= LONGEST_TITLE:
        return line
    return f"{line[: LONGEST_TITLE + 1].rsplit(' ', 1)[0][:LONGEST_TITLE]}…"


def _folded(text: str) -> str:
    return clean(fold(text))


def _unknown(what: str, id_: str) -> GoneError:
    return GoneError(f"no {what} has the id {id_!r}; it may have been deleted")
