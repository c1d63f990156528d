"""What the hub's health pages ask: counts, pages by state, one page in full, incidents, the trend."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, select

from bot.review import health
from bot.review.health import Declared, History, State
from bot.review.report import word
from bot.store.auditrows import (
    ALIVE,
    DIGESTS,
    Round,
    assets_of,
    count_states,
    histories_of,
    history_from,
    round_from,
)
from bot.store.database import reading
from bot.store.schema import audit_files as files
from bot.store.schema import audit_incidents as incidents
from bot.store.schema import audit_links as links
from bot.store.schema import audit_pages as pages
from bot.store.schema import audit_rounds as rounds

#: The columns by which the list of pages can be sorted; the path decides between equals.
SORTS = {
    "state": (pages.c.rank, pages.c.path),
    "page": (pages.c.path,),
    "publisher": (pages.c.publisher, pages.c.path),
    "version": (pages.c.version, pages.c.path),
    "checked": (pages.c.checked_at, pages.c.path),
}
#: Finished rounds that the trend shows: a quarter of daily ones.
MAX_TREND = 90


@dataclass(frozen=True, slots=True)
class PageRow:
    """A published page as the list shows it; `checked_at` is 0 before the first look."""

    path: str
    publisher: str
    version: str
    name: str
    state: State
    checked_at: float


@dataclass(frozen=True, slots=True)
class Incident:
    """A file that changed or went away. `history` is what was known when it opened."""

    id: int
    hub: str
    kind: State
    opened_at: float
    closed_at: float | None
    history: History
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageFile:
    """One asset of a page, where it stands, and what is known of the file."""

    declared: Declared
    state: State
    history: History | None


@dataclass(frozen=True, slots=True)
class Overview:
    """A hub in figures. `running` is the round under way, `done` of `files` it has looked at."""

    hub: str
    counts: Mapping[State, int]
    publishers: Mapping[str, int]
    running: Round | None
    last: Round | None
    done: int
    files: int

    @property
    def pages(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Query:
    """Which pages of a hub, in which order: `state` None and `publisher` "" for all."""

    state: State | None = None
    publisher: str = ""
    sort: str = "state"
    descending: bool = False
    offset: int = 0
    limit: int = 50


class HubView:
    """Reads only."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def hubs(self) -> Sequence[str]:
        """The hubs of which anything is known, by name."""
        with reading(self.engine) as connection:
            return list(connection.execute(select(rounds.c.hub).distinct().order_by(rounds.c.hub)).scalars())

    def overview(self, hub: str) -> Overview:
        by_publisher = (
            select(pages.c.publisher, func.count()).where(pages.c.hub == hub).group_by(pages.c.publisher)
        )
        mine = select(rounds).where(rounds.c.hub == hub).order_by(rounds.c.id.desc())
        with reading(self.engine) as connection:
            counts = {
                word(State, state, State.WAITING): count
                for state, count in count_states(connection, hub).items()
            }
            publishers = {row[0]: row[1] for row in connection.execute(by_publisher)}
            going = mine.where(rounds.c.finished_at.is_(None)).limit(1)
            ended = mine.where(rounds.c.finished_at.is_not(None)).limit(1)
            running, last = (connection.execute(query).mappings().first() for query in (going, ended))
            since = running["started_at"] if running else 0.0
            column = files.c.seen_at if running and running["kind"] == ALIVE else files.c.checked_at
            named = (
                select(links.c.url_hash)
                .where(links.c.hub == hub, links.c.url_hash != "")
                .distinct()
                .subquery()
            )
            total = connection.execute(select(func.count()).select_from(named)).scalar_one()
            seen = select(func.count()).select_from(files).join(named, named.c.url_hash == files.c.url_hash)
            done = connection.execute(seen.where(column >= since)).scalar_one() if running else total
        return Overview(
            hub,
            counts,
            publishers,
            round_from(running) if running else None,
            round_from(last) if last else None,
            done,
            total,
        )

    def pages(self, hub: str, asked: Query) -> tuple[Sequence[PageRow], int]:
        """The pages asked for, and how many there are over all."""
        conditions = [pages.c.hub == hub]
        if asked.state is not None:
            conditions.append(pages.c.state == asked.state.value)
        if asked.publisher:
            conditions.append(pages.c.publisher == asked.publisher)
        first, *rest = SORTS[asked.sort]
        order = (first.desc() if asked.descending else first, *rest)
        query = select(pages).where(*conditions).order_by(*order).offset(asked.offset).limit(asked.limit)
        with reading(self.engine) as connection:
            total = connection.execute(select(func.count()).select_from(pages).where(*conditions))
            return [_row(row) for row in connection.execute(query).mappings()], total.scalar_one()

    def page(self, hub: str, path: str) -> tuple[PageRow, Sequence[PageFile]] | None:
        """One page with all its files; None where it is not published."""
        query = select(pages).where(pages.c.hub == hub, pages.c.path == path)
        with reading(self.engine) as connection:
            row = connection.execute(query).mappings().first()
            if row is None:
                return None
            assets = assets_of(connection, hub, [path])[path]
            known = histories_of(connection, [asset.link for asset in assets])
        return _row(row), _files(assets, known)

    def needing(self, hub: str) -> Sequence[tuple[PageRow, Sequence[PageFile]]]:
        """Every page that needs an owner with all its files, by path."""
        last = health.RANKS[health.NEEDS_OWNER[-1]]
        query = select(pages).where(pages.c.hub == hub, pages.c.rank <= last).order_by(pages.c.path)
        with reading(self.engine) as connection:
            rows = [_row(row) for row in connection.execute(query).mappings()]
            assets = assets_of(connection, hub, [row.path for row in rows])
            known = histories_of(connection, {a.link for entries in assets.values() for a in entries})
        return [(row, _files(assets[row.path], known)) for row in rows]

    def incidents(
        self, hub: str, limit: int, *, standing: bool | None = None, url_hashes: Sequence[str] = ()
    ) -> Sequence[Incident]:
        """Incidents, changed files before those that are gone, then the newest first.

        `standing` True for those that are open, False for those that are over.
        """
        query = select(incidents).where(incidents.c.hub == hub)
        if standing is not None:
            over = incidents.c.closed_at.is_not(None)
            query = query.where(~over if standing else over)
        if url_hashes:
            query = query.where(incidents.c.url_hash.in_(url_hashes))
        # `changed` before `dead` is also the order of the alphabet.
        order = (incidents.c.opened_at.desc(), incidents.c.id.desc())
        query = query.order_by(*((incidents.c.kind, *order) if standing else order)).limit(limit)
        with reading(self.engine) as connection:
            return [_incident(row) for row in connection.execute(query).mappings()]

    def count_incidents(self, hub: str) -> Mapping[State, int]:
        """Open incidents by kind."""
        query = (
            select(incidents.c.kind, func.count())
            .where(incidents.c.hub == hub, incidents.c.closed_at.is_(None))
            .group_by(incidents.c.kind)
        )
        with reading(self.engine) as connection:
            return {word(State, kind, State.DEAD): count for kind, count in connection.execute(query)}

    def commit(self, hub: str) -> str:
        """The commit that the newest round looks at: where the pages are as they are listed."""
        query = select(rounds.c.commit).where(rounds.c.hub == hub).order_by(rounds.c.id.desc()).limit(1)
        with reading(self.engine) as connection:
            return str(connection.execute(query).scalar() or "")

    def trend(self, hub: str) -> Sequence[Round]:
        """The finished rounds, oldest first."""
        query = (
            select(rounds)
            .where(rounds.c.hub == hub, rounds.c.finished_at.is_not(None))
            .order_by(rounds.c.id.desc())
            .limit(MAX_TREND)
        )
        with reading(self.engine) as connection:
            found = [round_from(row) for row in connection.execute(query).mappings()]
        return [round_ for round_ in reversed(found) if round_.kind in (DIGESTS, ALIVE)]


def _files(assets: Sequence[Declared], known: Mapping[str, History]) -> Sequence[PageFile]:
    return [PageFile(a, health.judge(a, known.get(a.link)), known.get(a.link)) for a in assets]


def _row(row: Any) -> PageRow:
    return PageRow(
        row["path"],
        row["publisher"],
        row["version"],
        row["name"],
        word(State, row["state"], State.WAITING),
        row["checked_at"],
    )


def _incident(row: Any) -> Incident:
    document = json.loads(row["document"])
    return Incident(
        row["id"],
        row["hub"],
        word(State, row["kind"], State.DEAD),
        row["opened_at"],
        row["closed_at"],
        history_from(row["document"]),
        tuple(str(path) for path in document.get("paths", ())),
    )
