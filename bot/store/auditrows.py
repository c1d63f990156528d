"""The rows of the audit's tables, and the values that are made from them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, select

from bot.model import PullRef
from bot.review import health
from bot.review.health import Declared, History
from bot.review.report import known_keys
from bot.store.database import storable
from bot.store.schema import audit_files as files
from bot.store.schema import audit_links as links
from bot.store.schema import audit_pages as pages
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


def due_of(connection: Connection, hub: str, hashes: Sequence[str]) -> list[Due]:
    """The files behind keys, in their order, with what is declared and known of them."""
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


def standing_of(assets: Sequence[Declared], known: Mapping[str, History]) -> dict[str, Any]:
    """Where a page stands, as columns of its row."""
    state = health.worst(health.judge(asset, known.get(asset.link)) for asset in assets)
    looks = [known[asset.link].seen_at for asset in assets if asset.link in known]
    return {"state": state.value, "rank": health.RANKS[state], "checked_at": min(looks, default=0.0)}


def page_row(hub: str, page: Published, known: Mapping[str, History]) -> dict[str, Any]:
    """A page's row, within the columns' bounds."""
    return {
        "hub": hub,
        "path": page.path,
        "publisher": storable(page.publisher, 200),
        "version": storable(page.version, 200),
        "name": storable(page.name, 500),
        **standing_of(page.assets, known),
    }


def link_rows(hub: str, page: Published) -> Iterable[dict[str, Any]]:
    """The rows of a page's asset entries."""
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
