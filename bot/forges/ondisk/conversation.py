"""What is said and shown on pull requests, kept in one SQLite file that several processes may share."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import RLock

from bot.model import Check, CheckState, Comment, InlineComment, PullRef, Reaction, User

#: Seconds to wait for another process that is writing.
BUSY = 10.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, pull TEXT NOT NULL, author INTEGER NOT NULL, login TEXT NOT NULL,
    is_bot INTEGER NOT NULL, body TEXT NOT NULL, occasion TEXT, UNIQUE (pull, author, occasion)
);
CREATE TABLE IF NOT EXISTS inline_comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, pull TEXT NOT NULL, head TEXT NOT NULL, path TEXT NOT NULL,
    line INTEGER NOT NULL, body TEXT NOT NULL, fingerprints TEXT NOT NULL, UNIQUE (pull, path, line, body)
);
CREATE TABLE IF NOT EXISTS checks (
    pull TEXT NOT NULL, head TEXT NOT NULL, context TEXT NOT NULL, state TEXT NOT NULL, title TEXT NOT NULL,
    details_url TEXT NOT NULL, summary TEXT NOT NULL, PRIMARY KEY (pull, head, context)
);
CREATE TABLE IF NOT EXISTS labels (pull TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (pull, name));
CREATE TABLE IF NOT EXISTS reactions (
    pull TEXT NOT NULL, comment INTEGER NOT NULL, reaction TEXT NOT NULL,
    PRIMARY KEY (pull, comment, reaction)
);
"""


class Database:
    """An SQLite file (None: memory, of this process only) with short transactions from any thread.

    On a file every transaction opens its own connection, so that nothing is shared between threads or forks.
    """

    def __init__(self, path: Path | None, schema: str) -> None:
        self._path = path
        self._lock = RLock()
        self._memory = None if path else sqlite3.connect(":memory:", check_same_thread=False)
        with self.transaction() as connection:
            for statement in schema.split(";"):
                connection.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commits at the end, rolls back on an exception."""
        if self._memory is not None:
            with self._lock, self._memory:
                yield self._memory
            return
        with closing(sqlite3.connect(str(self._path), timeout=BUSY, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        if self._memory is not None:
            self._memory.close()


class Conversation:
    """Comments, inline comments, checks, labels and reactions of the pull requests of one forge."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def comments(self, pull: PullRef) -> tuple[Comment, ...]:
        """Everything said in the conversation, oldest first."""
        with self._database.transaction() as db:
            rows = db.execute(
                "SELECT id, author, login, is_bot, body FROM comments WHERE pull = ? ORDER BY id",
                (str(pull),),
            ).fetchall()
        return tuple(Comment(str(row[0]), User(row[1], row[2], bool(row[3])), row[4]) for row in rows)

    def say(self, pull: PullRef, author: User, body: str, *, occasion: str | None = None) -> Comment:
        """Adds a comment; with an `occasion` it edits what this author said on that occasion before."""
        body = storable(body)
        with self._database.transaction() as db:
            row = db.execute(
                "INSERT INTO comments (pull, author, login, is_bot, body, occasion) "
                "VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (pull, author, occasion) DO UPDATE SET body = excluded.body RETURNING id",
                (str(pull), author.id, author.login, author.is_bot, body, occasion),
            ).fetchone()
        return Comment(str(row[0]), author, body)

    def edit(self, pull: PullRef, author: User, comment_id: str, body: str) -> bool:
        """Changes a comment of this author; False when there is none with that id."""
        with self._database.transaction() as db:
            changed = db.execute(
                "UPDATE comments SET body = ? WHERE id = ? AND pull = ? AND author = ?",
                (storable(body), number(comment_id), str(pull), author.id),
            ).rowcount
        return changed > 0

    def delete(self, pull: PullRef, author: User, comment_id: str) -> None:
        """Removes a comment of this author, if it is still there."""
        with self._database.transaction() as db:
            db.execute(
                "DELETE FROM comments WHERE id = ? AND pull = ? AND author = ?",
                (number(comment_id), str(pull), author.id),
            )

    def inline_comments(self, pull: PullRef) -> tuple[InlineComment, ...]:
        """Everything said on lines of the diff, oldest first."""
        with self._database.transaction() as db:
            rows = db.execute(
                "SELECT path, line, body, fingerprints FROM inline_comments WHERE pull = ? ORDER BY id",
                (str(pull),),
            ).fetchall()
        return tuple(InlineComment(row[0], row[1], row[2], tuple(row[3].split())) for row in rows)

    def say_inline(self, pull: PullRef, head: str, comments: Sequence[InlineComment]) -> None:
        """Adds inline comments; one already said on that line in those words is not said again."""
        rows = [
            (
                str(pull),
                head,
                storable(comment.path),
                comment.line,
                storable(comment.body),
                " ".join(comment.fingerprints),
            )
            for comment in comments
        ]
        with self._database.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO inline_comments (pull, head, path, line, body, fingerprints) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )

    def unsay_inline(self, pull: PullRef, path: str, line: int, body: str) -> None:
        """Takes back an inline comment, if it is still there."""
        with self._database.transaction() as db:
            db.execute(
                "DELETE FROM inline_comments WHERE pull = ? AND path = ? AND line = ? AND body = ?",
                (str(pull), path, line, body),
            )

    def checks(self, pull: PullRef, head: str) -> tuple[Check, ...]:
        """What stands on one head, without annotations."""
        with self._database.transaction() as db:
            rows = db.execute(
                "SELECT context, state, title, details_url, summary FROM checks WHERE pull = ? AND head = ?",
                (str(pull), head),
            ).fetchall()
        return tuple(Check(row[0], CheckState(row[1]), row[2], row[3], row[4]) for row in rows)

    def show(self, pull: PullRef, head: str, check: Check) -> None:
        """Sets one context on one head."""
        with self._database.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO checks (pull, head, context, state, title, details_url, summary) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    str(pull), head, check.context, check.state.value, storable(check.title),
                    storable(check.details_url), storable(check.summary),
                ),
            )  # fmt: skip

    def labels(self, pull: PullRef) -> frozenset[str]:
        with self._database.transaction() as db:
            rows = db.execute("SELECT name FROM labels WHERE pull = ?", (str(pull),)).fetchall()
        return frozenset(row[0] for row in rows)

    def label(self, pull: PullRef, add: Collection[str], remove: Collection[str]) -> None:
        with self._database.transaction() as db:
            db.executemany(
                "DELETE FROM labels WHERE pull = ? AND name = ?", [(str(pull), name) for name in remove]
            )
            db.executemany("INSERT OR IGNORE INTO labels VALUES (?, ?)", [(str(pull), name) for name in add])

    def reactions(self, pull: PullRef, comment_id: str) -> frozenset[Reaction]:
        with self._database.transaction() as db:
            rows = db.execute(
                "SELECT reaction FROM reactions WHERE pull = ? AND comment = ?",
                (str(pull), number(comment_id)),
            ).fetchall()
        return frozenset(Reaction(row[0]) for row in rows)

    def react(self, pull: PullRef, comment_id: str, reaction: Reaction) -> None:
        with self._database.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO reactions VALUES (?, ?, ?)",
                (str(pull), number(comment_id), reaction.value),
            )


def storable(text: str) -> str:
    """Text without lone surrogates, which no file and no page could hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def number(comment_id: str) -> int:
    """A comment's id as a number; 0, which no comment has, for anything else."""
    return int(comment_id) if comment_id.isascii() and comment_id.isdigit() and len(comment_id) < 18 else 0
