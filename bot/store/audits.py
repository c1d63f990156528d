"""What the hub audit writes down: the published pages, what each look at a file showed, rounds, incidents."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, or_, select, update

from bot.model import PullRef
from bot.review import health
from bot.review.health import Declared, History, State
from bot.review.report import known_keys
from bot.store import queue
from bot.store.database import reading, storable, writing
from bot.store.queue import insert_into
from bot.store.schema import audit_files as files
from bot.store.schema import audit_incidents as incidents
from bot.store.schema import audit_links as links
from bot.store.schema import audit_pages as pages
from bot.store.schema import audit_rounds as rounds
from bot.store.schema import jobs
from rules.links import is_fetchable

#: A round that reads every file whole, and one that only asks whether they are still there.
DIGESTS, ALIVE = "digests", "alive"
#: The longest path of a page that is audited; the column's length. The real hub's longest has 120.
MAX_PATH = 500
#: Characters of an address that are kept; the linter calls longer ones than half of this malformed.
MAX_URL = 4_000
#: Bound variables that one statement may carry on SQLite; lists are asked for in pieces of this length.
PIECE = 500


@dataclass(frozen=True, slots=True)
class Published:
    """A page at the tip of the default branch, with its asset entries."""

    path: str
    publisher: str
    version: str
    name: str
    assets: tuple[Declared, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """One walk over all files of a hub. Times are in seconds since the epoch."""

    id: int
    hub: str
    kind: str
    commit: str
    started_at: float
    finished_at: float | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Due:
    """A file that a round has not looked at yet, with everything that is declared of it."""

    url: str
    declared: tuple[Declared, ...]
    history: History | None


def hub_name(ref: PullRef) -> str:
    """How a hub is called in the audit: `forge/owner/name`."""
    return f"{ref.forge}/{ref.repo}"


class AuditStore:
    """Every write is one durable transaction, so that a round goes on after a kill where it was."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def begin(self, hub: str, kind: str, commit: str, published: Sequence[Published], now: float) -> Round:
        """Opens a round over the pages given; those published no longer are forgotten."""
        listed = [replace(page, path=storable(page.path, 2 * MAX_PATH)) for page in published]
        kept = {page.path: page for page in listed if len(page.path) <= MAX_PATH}
        with writing(self.engine) as connection:
            connection.execute(delete(links).where(links.c.hub == hub))
            connection.execute(delete(pages).where(pages.c.hub == hub))
            for rows in _pieces([_page_row(hub, page) for page in kept.values()], PIECE // 10):
                connection.execute(pages.insert(), rows)
            entries = [row for page in kept.values() for row in _link_rows(hub, page)]
            for rows in _pieces(entries, PIECE // 10):
                connection.execute(links.insert(), rows)
            _judge(connection, hub, kept)
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
            return _due(connection, round_.hub, hashes)

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
            jobs.c.kind.in_((queue.REVIEW, queue.COMMENT)),
            jobs.c.wanted > jobs.c.done,
            jobs.c.parked.is_(False),
            jobs.c.due_at <= now,
        )
        with reading(self.engine) as connection:
            return connection.execute(select(jobs.c.id).where(*wanted).limit(1)).first() is not None

    def _newest(self, *conditions: Any) -> Round | None:
        query = select(rounds).where(*conditions).order_by(rounds.c.started_at.desc(), rounds.c.id.desc())
        with reading(self.engine) as connection:
            row = connection.execute(query.limit(1)).mappings().first()
        return round_from(row) if row else None


def round_from(row: Mapping[str, Any] | Any) -> Round:
    """A round from its row."""
    return Round(**{**row, "counts": json.loads(row["counts"])})


def history_from(document: str) -> History:
    """A file's history as it was stored, by this version or another."""
    return History(**known_keys(History, json.loads(document)))


def count_states(connection: Connection, hub: str) -> dict[str, int]:
    """Pages of a hub by state."""
    query = select(pages.c.state, func.count()).where(pages.c.hub == hub).group_by(pages.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def hash_of(url: str) -> str:
    """The key of an address, which may be longer than a key can be."""
    return sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def assets_of(connection: Connection, hub: str, paths: Collection[str]) -> dict[str, list[Declared]]:
    """The asset entries of pages, in their order."""
    found: dict[str, list[Declared]] = {path: [] for path in paths}
    for piece in _pieces(list(paths), PIECE):
        query = select(links).where(links.c.hub == hub, links.c.path.in_(piece)).order_by(links.c.position)
        for row in connection.execute(query):
            found[row.path].append(Declared(row.url, row.sha256, row.file_format))
    return found


def histories_of(connection: Connection, urls: Collection[str]) -> dict[str, History]:
    """What is known of addresses."""
    found: dict[str, History] = {}
    for piece in _pieces([hash_of(url) for url in urls], PIECE):
        for document in connection.execute(
            select(files.c.document).where(files.c.url_hash.in_(piece))
        ).scalars():
            history = history_from(document)
            found[history.url] = history
    return found


def _due(connection: Connection, hub: str, hashes: Sequence[str]) -> list[Due]:
    declared: dict[str, list[Declared]] = {}
    for piece in _pieces(list(hashes), PIECE):
        for row in connection.execute(
            select(links).where(links.c.hub == hub, links.c.url_hash.in_(piece)).order_by(links.c.path)
        ):
            declared.setdefault(row.url, []).append(Declared(row.url, row.sha256, row.file_format))
    known = histories_of(connection, declared)
    order = {url_hash: number for number, url_hash in enumerate(hashes)}
    urls = sorted(declared, key=lambda url: order[hash_of(url)])
    return [Due(url, tuple(declared[url]), known.get(url)) for url in urls]


def _judge(connection: Connection, hub: str, paths: Collection[str]) -> dict[str, set[State]]:
    """Writes the states of pages; returns the states of every address that they name."""
    entries = assets_of(connection, hub, paths)
    known = histories_of(connection, {a.link for assets in entries.values() for a in assets})
    by_url: dict[str, set[State]] = {}
    for path, assets in entries.items():
        states = [health.judge(asset, known.get(asset.link)) for asset in assets]
        for asset, state in zip(assets, states, strict=True):
            by_url.setdefault(asset.link, set()).add(state)
        page = health.worst(states)
        looks = [known[asset.link].seen_at for asset in assets if asset.link in known]
        values = {"state": page.value, "rank": health.RANKS[page], "checked_at": min(looks, default=0.0)}
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
        named = _due(connection, hub, [row.url_hash])
        kinds = {health.judge(d, due.history).value for due in named for d in due.declared}
        if row.kind not in kinds:
            connection.execute(update(incidents).where(incidents.c.id == row.id).values(closed_at=now))


def _page_row(hub: str, page: Published) -> dict[str, Any]:
    waiting = State.WAITING
    return {
        "hub": hub,
        "path": page.path,
        "publisher": storable(page.publisher, 200),
        "version": storable(page.version, 200),
        "name": storable(page.name, 500),
        "state": waiting.value,
        "rank": health.RANKS[waiting],
        "checked_at": 0.0,
    }


def _link_rows(hub: str, page: Published) -> Iterable[dict[str, Any]]:
    for position, asset in enumerate(page.assets):
        url = storable(asset.link, MAX_URL)
        yield {
            "hub": hub,
            "path": page.path,
            "position": position,
            # What cannot be opened is judged by its text, and no round looks at it.
            "url_hash": hash_of(url) if is_fetchable(url) else "",
            "url": url,
            "sha256": storable(asset.sha256, 1_000),
            "file_format": storable(asset.file_format, 100),
        }


def _pieces(items: Sequence[Any], length: int) -> Iterable[Sequence[Any]]:
    for start in range(0, len(items), length):
        yield items[start : start + length]
