"""What people decided about a pull request, and the record of everything that was done about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Table, func, select, update

from bot.model import Approval, AuditEntry, Hold, PullRef, User, Waiver
from bot.review.report import approval, hold, plain_value, waiver
from bot.store.database import insert_into, reading, storable, writing
from bot.store.schema import audit, decisions

#: Characters of a text within a decision or an entry: a reason is a sentence or two.
MAX_TEXT = 1_000
#: Decisions of one kind that count for one pull request: the newest; nobody needs so many.
MAX_STANDING = 200

Ruling = TypeVar("Ruling", Waiver, Approval, Hold)


class Kind(StrEnum):
    """Kinds of decisions."""

    WAIVER = "waiver"
    APPROVAL = "approval"
    HOLD = "hold"
    LANGUAGE = "language"
    MERGE = "merge"


class Rulebook:
    """Decisions and audit of all pull requests; times are seconds since the epoch."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def rule(
        self,
        entry: AuditEntry,
        made: Sequence[tuple[Kind, Mapping[str, Any]]] = (),
        ended: Sequence[int] = (),
    ) -> bool:
        """Records an entry with the decisions that it makes and takes back, all or nothing.

        False, and nothing is decided, where this occasion is recorded already: a job may be done twice.
        """
        with writing(self.engine) as connection:
            if not _added(connection, audit, _row(entry)):
                return False
            if ended:
                standing = decisions.c.id.in_(ended) & decisions.c.ended_at.is_(None)
                connection.execute(update(decisions).where(standing).values(ended_at=entry.at))
            for kind, document in made:
                row = {
                    "key": storable(f"{kind} {entry.key}", 200),
                    "kind": kind.value,
                    "forge": entry.ref.forge,
                    "repo": entry.ref.repo,
                    "number": entry.ref.number,
                    "made_at": entry.at,
                    "document": _json(document),
                }
                _added(connection, decisions, row)
        return True

    def end(self, ids: Sequence[int], at: float) -> None:
        """Takes decisions back; one that was taken back before keeps its moment."""
        standing = decisions.c.id.in_(ids) & decisions.c.ended_at.is_(None)
        with writing(self.engine) as connection:
            connection.execute(update(decisions).where(standing).values(ended_at=at))

    def recorded(self, ref: PullRef, key: str) -> AuditEntry | None:
        """The entry of an occasion, if it is recorded already."""
        query = select(audit).where(*_of(audit, ref), audit.c.key == storable(key, 200))
        with reading(self.engine) as connection:
            row = connection.execute(query).mappings().first()
        return _entry(ref, row) if row is not None else None

    def standing(self, ref: PullRef, kind: Kind) -> Sequence[tuple[int, Mapping[str, Any]]]:
        """The decisions of a kind that nobody has taken back, oldest first."""
        query = (
            select(decisions.c.id, decisions.c.document)
            .where(*_of(decisions, ref), decisions.c.kind == kind.value, decisions.c.ended_at.is_(None))
            .order_by(decisions.c.id.desc())
            .limit(MAX_STANDING)
        )
        with reading(self.engine) as connection:
            found = [(row.id, json.loads(row.document)) for row in connection.execute(query)]
        return found[::-1]

    def waivers(self, ref: PullRef) -> tuple[Waiver, ...]:
        return tuple(replace(waiver(d), id=number) for number, d in self.standing(ref, Kind.WAIVER))

    def approvals(self, ref: PullRef) -> tuple[Approval, ...]:
        return tuple(replace(approval(d), id=number) for number, d in self.standing(ref, Kind.APPROVAL))

    def holds(self, ref: PullRef) -> tuple[Hold, ...]:
        return tuple(replace(hold(d), id=number) for number, d in self.standing(ref, Kind.HOLD))

    def language(self, ref: PullRef) -> str:
        """The language that somebody chose for a pull request; empty where nobody did."""
        chosen = self.standing(ref, Kind.LANGUAGE)
        return str(chosen[-1][1].get("language", "")) if chosen else ""

    def bind(self, ruling: Waiver | Approval) -> None:
        """Writes down what a waiver or an approval covers, once that is known."""
        text = _json(plain_value(ruling))
        with writing(self.engine) as connection:
            connection.execute(update(decisions).where(decisions.c.id == ruling.id).values(document=text))

    def record(self, entry: AuditEntry) -> bool:
        """Adds an entry to the record; False where this occasion is recorded already."""
        return self.rule(entry)

    def audit(self, ref: PullRef, limit: int = 1_000) -> Sequence[AuditEntry]:
        """The newest entries of a pull request, oldest first."""
        query = select(audit).where(*_of(audit, ref)).order_by(audit.c.id.desc()).limit(limit)
        with reading(self.engine) as connection:
            rows = connection.execute(query).mappings().all()
        return [_entry(ref, row) for row in reversed(rows)]

    def last(self, ref: PullRef, action: str) -> AuditEntry | None:
        """The newest entry of an action."""
        query = (
            select(audit)
            .where(*_of(audit, ref), audit.c.action == action)
            .order_by(audit.c.id.desc())
            .limit(1)
        )
        with reading(self.engine) as connection:
            row = connection.execute(query).mappings().first()
        return _entry(ref, row) if row is not None else None

    def rechecks(self, ref: PullRef, head_sha: str) -> tuple[int, float]:
        """How often a head was rechecked because somebody asked, and when last (0 for never)."""
        query = select(func.count(), func.max(audit.c.at)).where(
            *_of(audit, ref),
            audit.c.head_sha == head_sha,
            audit.c.action == RECHECK,
            audit.c.outcome == OBEYED,
        )
        with reading(self.engine) as connection:
            number, last = connection.execute(query).one()
        return number, last or 0.0


#: The action and the outcome of a recheck that was begun.
RECHECK, OBEYED = "recheck", "obeyed"


def _added(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    insert = insert_into(connection, table).values(row)
    once = insert.on_conflict_do_nothing(index_elements=[table.c.key])
    return connection.execute(once.returning(table.c.id)).first() is not None


def _row(entry: AuditEntry) -> Mapping[str, Any]:
    actor = entry.actor or User(0, "")
    return {
        "key": storable(entry.key, 200),
        "forge": entry.ref.forge,
        "repo": entry.ref.repo,
        "number": entry.ref.number,
        "at": entry.at,
        "action": entry.action,
        "outcome": storable(entry.outcome, 40),
        "head_sha": entry.head_sha,
        "actor_id": actor.id,
        "actor": storable(actor.login, 100),
        "detail": _json(dict(entry.detail)),
    }


def _of(table: Table, ref: PullRef) -> tuple[ColumnElement[bool], ...]:
    return table.c.forge == ref.forge, table.c.repo == ref.repo, table.c.number == ref.number


def _entry(ref: PullRef, row: RowMapping) -> AuditEntry:
    actor = User(row["actor_id"], row["actor"]) if row["actor_id"] or row["actor"] else None
    return AuditEntry(
        ref,
        row["at"],
        row["action"],
        row["outcome"],
        row["head_sha"],
        actor,
        json.loads(row["detail"]),
        row["key"],
    )


def _json(document: Mapping[str, Any]) -> str:
    """ASCII, and no text longer than `MAX_TEXT`."""
    return json.dumps({key: _short(value) for key, value in document.items()}, ensure_ascii=True)


def _short(value: Any) -> Any:
    return value[:MAX_TEXT] if isinstance(value, str) else value
