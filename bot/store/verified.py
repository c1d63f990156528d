"""Files found to be as declared, remembered for other pull requests that declare the same of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from hashlib import sha256

from sqlalchemy import Connection, Engine, delete, select

from bot.model import PullRef
from bot.review.report import remote_file
from bot.store.database import PIECE, insert_into, reading
from bot.store.schema import verified
from rules.facts import RemoteFile, Wanted


def remember(connection: Connection, ref: PullRef, file: RemoteFile) -> None:
    """Writes down, within the caller's transaction, that `ref` found a file to be as declared."""
    row = {
        "url_hash": url_hash(file.url),
        "sha256": file.sha256,
        "measured_at": file.measured_at,
        "pull": str(ref),
        "document": json.dumps(asdict(file)),
    }
    insert = insert_into(connection, verified).values(row)
    keys = [verified.c.url_hash, verified.c.sha256]
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=row))


def recall(engine: Engine, wanted: Iterable[Wanted], since: float) -> Mapping[str, tuple[str, RemoteFile]]:
    """Files read after `since` as they are declared now: address to (pull request, file).

    To be used only once their host has confirmed them.
    """
    by_hash = {url_hash(want.url): want for want in wanted if want.sha256}
    hashes, found = list(by_hash), dict[str, tuple[str, RemoteFile]]()
    with reading(engine) as connection:
        for start in range(0, len(hashes), PIECE):
            query = select(verified).where(
                verified.c.url_hash.in_(hashes[start : start + PIECE]), verified.c.measured_at > since
            )
            for row in connection.execute(query):
                want = by_hash[row.url_hash]
                if row.sha256 == want.sha256.strip().lower():
                    found[want.url] = (row.pull, remote_file(json.loads(row.document)))
    return found


def forget(connection: Connection, before: float) -> None:
    """Deletes what was read before a moment."""
    connection.execute(delete(verified).where(verified.c.measured_at < before))


def url_hash(url: str) -> str:
    """An address as a key of fixed length."""
    return sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
