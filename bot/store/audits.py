"""What the hub audit writes down: the published pages, what each look at a file showed, rounds, incidents."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, or_, select, update

from bot.review import health
from bot.review.health import History, State
from bot.store import work
from bot.store.auditrows import (
    DIGESTS,
    MAX_PATH,
    Due,
    Published,
    Round,
    assets_of,
    count_states,
    due_of,
    hash_of,
    histories_of,
    link_rows,
    page_row,
    round_from,
    standing_of,
)
from bot.store.database import insert_into, reading, storable, writing
from bot.store.schema import audit_files as files
from bot.store.schema import audit_incidents as incidents
from bot.store.schema import audit_links as links
from bot.store.schema import audit_pages as pages
from bot.store.schema import audit_rounds as rounds
from bot.store.schema import is_open, jobs
from bot.store.served import Served, is_ours


class AuditStore:
    """Every write is one durable transaction, so that a round goes on after a kill where it was."""

    def __init__(self, engine: Engine, served: Served = None) -> None:
        """`served` are the repositories whose reviews go first, by default all."""
        self.engine = engine
        self.served = served

    def begin(self, hub: str, kind: str, commit: str, published: Sequence[Published], now: float) -> Round:
        """Opens a round over the pages given; those published no longer are forgotten."""
        listed = [replace(page, path=storable(page.path, 2 * MAX_PATH)) for page in published]
        kept = {page.path: page for page in listed if len(page.path) <= MAX_PATH}
        # Judged before the write lock is taken, for which deliveries may wait.
        with reading(self.engine) as connection:
            known = histories_of(connection, {a.link for page in kept.values() for a in page.assets})
        listing = [page_row(hub, page, known) for page in kept.values()]
        entries = [row for page in kept.values() for row in link_rows(hub, page)]
        with writing(self.engine) as connection:
            connection.execute(delete(links).where(links.c.hub == hub))
            connection.execute(delete(pages).where(pages.c.hub == hub))
            if listing:
                connection.execute(pages.insert(), listing)
            if entries:
                connection.execute(links.insert(), entries)
            _close_orphans(connection, hub, now)
            row = connection.execute(
                rounds.insert()
                .values(hub=hub, kind=kind, commit=commit, started_at=now, counts="{}")
                .returning(rounds.c.id)
            ).scalar_one()
        return Round(row, hub, kind, commit, now, None, {})

    def open_round(self, hub: str) -> Round | None:
        """The round that is under way."""
        return self._newest(rounds.c.hub == hub, rounds.c.finished_at.is_(None))

    def last_round(self, hub: str, *kinds: str) -> Round | None:
        """The round of these kinds that began last, finished or not."""
        return self._newest(rounds.c.hub == hub, rounds.c.kind.in_(kinds))

    def remaining(self, round_: Round, limit: int, *, fresh_for: float = 0.0) -> list[Due]:
        """Files that this round has not looked at, those seen longest ago first.

        What another hub's round has seen within `fresh_for` seconds before this one began is not looked at
        again: mirrors name the same files.
        """
        column = files.c.checked_at if round_.kind == DIGESTS else files.c.seen_at
        query = (
            select(links.c.url_hash, func.coalesce(func.max(column), 0.0).label("at"))
            .outerjoin(files, files.c.url_hash == links.c.url_hash)
            .where(
                links.c.hub == round_.hub,
                links.c.url_hash != "",
                or_(column.is_(None), column < round_.started_at - fresh_for),
            )
            .group_by(links.c.url_hash)
            .order_by("at", links.c.url_hash)
            .limit(limit)
        )
        with reading(self.engine) as connection:
            hashes = [row.url_hash for row in connection.execute(query)]
            return due_of(connection, round_.hub, hashes)

    def record(self, history: History, now: float) -> None:
        """Keeps what a look has shown, and what follows for every page that names the file."""
        row = {
            "url_hash": hash_of(history.url),
            "checked_at": history.checked_at,
            "seen_at": history.seen_at,
            "document": json.dumps(asdict(history)),
        }
        with writing(self.engine) as connection:
            insert = insert_into(connection, files).values(row)
            connection.execute(insert.on_conflict_do_update(index_elements=[files.c.url_hash], set_=row))
            using = select(links.c.hub, links.c.path).where(links.c.url_hash == row["url_hash"]).distinct()
            by_hub: dict[str, list[str]] = {}
            for hub, path in connection.execute(using):
                by_hub.setdefault(hub, []).append(path)
            for hub, paths in by_hub.items():
                states = _judge(connection, hub, paths)
                _mark(connection, hub, history, states.get(history.url, set()), paths, now)

    def finish(self, round_: Round, now: float) -> None:
        """Ends a round and keeps what its pages were like, for the trend."""
        with writing(self.engine) as connection:
            counted = json.dumps(count_states(connection, round_.hub))
            connection.execute(
                update(rounds).where(rounds.c.id == round_.id).values(finished_at=now, counts=counted)
            )

    def reviews_wait(self, now: float) -> bool:
        """Whether a review is running or due: the audit lets it go first."""
        wanted = (
            jobs.c.kind.in_((work.REVIEW, work.COMMENT)),
            is_open(),
            jobs.c.due_at <= now,
            is_ours(self.served),
        )
        with reading(self.engine) as connection:
            return connection.execute(select(jobs.c.id).where(*wanted).limit(1)).first() is not None

    def _newest(self, *conditions: Any) -> Round | None:
        query = select(rounds).where(*conditions).order_by(rounds.c.started_at.desc(), rounds.c.id.desc())
        with reading(self.engine) as connection:
            row = connection.execute(query.limit(1)).mappings().first()
        return round_from(row) if row else None


def _judge(connection: Connection, hub: str, paths: Collection[str]) -> dict[str, set[State]]:
    """Writes the states of pages; returns the states of every address that they name."""
    entries = assets_of(connection, hub, paths)
    known = histories_of(connection, {a.link for assets in entries.values() for a in assets})
    by_url: dict[str, set[State]] = {}
    for path, assets in entries.items():
        for asset in assets:
            by_url.setdefault(asset.link, set()).add(health.judge(asset, known.get(asset.link)))
        values = standing_of(assets, known)
        connection.execute(update(pages).where(pages.c.hub == hub, pages.c.path == path).values(values))
    return by_url


def _mark(
    connection: Connection, hub: str, history: History, states: set[State], paths: Sequence[str], now: float
) -> None:
    """Opens an incident where there is none yet, and closes what is mended."""
    key = (incidents.c.hub == hub, incidents.c.url_hash == hash_of(history.url))
    standing = select(incidents.c.kind).where(*key, incidents.c.closed_at.is_(None))
    open_now = set(connection.execute(standing).scalars())
    for kind in health.INCIDENTS:
        document = json.dumps({**asdict(history), "paths": sorted(paths)})
        if kind in states and kind.value not in open_now:
            connection.execute(
                incidents.insert().values(
                    hub=hub, url_hash=hash_of(history.url), kind=kind.value, opened_at=now, document=document
                )
            )
        elif kind not in states and kind.value in open_now:
            ended = update(incidents).where(
                *key, incidents.c.kind == kind.value, incidents.c.closed_at.is_(None)
            )
            connection.execute(ended.values(closed_at=now))


def _close_orphans(connection: Connection, hub: str, now: float) -> None:
    """Ends the incidents that the pages as they are now no longer have."""
    standing = select(incidents).where(incidents.c.hub == hub, incidents.c.closed_at.is_(None))
    for row in connection.execute(standing).all():
        named = due_of(connection, hub, [row.url_hash])
        kinds = {health.judge(d, due.history).value for due in named for d in due.declared}
        if row.kind not in kinds:
            connection.execute(update(incidents).where(incidents.c.id == row.id).values(closed_at=now))
