"""Reads Git blobs in few requests: GraphQL by the hundred, one archive for many, singly what is left.

Whatever the way, a blob counts only when its bytes hash to its Git id.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha1
from typing import Any

from bot.errors import ForgeError
from bot.forges.base import MAX_BLOB
from bot.forges.github.api import Api
from bot.forges.github.archive import from_archive
from bot.forges.github.credential import Anonymous
from bot.forges.github.errors import TooLongError
from bot.forges.github.shape import SHA, flag, part, text
from bot.forges.github.wire import read_bounded

#: Blobs a query: 100 pages of the hub are about 1 MB and one point of the rate limit.
BATCH = 100
#: From so many blobs on, one archive (two requests) is cheaper than queries.
ARCHIVE_FROM = 201
#: More than this many that GraphQL cannot give (binary, no UTF-8) are read from the archive too.
SINGLES = 20


def blobs(api: Api, repo: str, oids: Collection[str], *, commit: str) -> Mapping[str, bytes]:
    """Every blob by its id; one over `MAX_BLOB` as its first `MAX_BLOB` + 1 bytes, which fit no id."""
    wanted = set(oids)
    if not all(SHA.fullmatch(oid) for oid in wanted):
        raise ForgeError("that is not a Git object id", permanent=True)
    found: dict[str, bytes] = {}
    archived = len(wanted) >= ARCHIVE_FROM
    if archived:
        found.update(from_archive(api, repo, commit, wanted))
    left = sorted(wanted - found.keys())
    if isinstance(api.credential, Anonymous):  # GraphQL answers nobody without a credential
        left = []
    for start in range(0, len(left), BATCH):
        found.update(_query(api, repo, left[start : start + BATCH]))
    if not archived and len(wanted - found.keys()) > SINGLES:
        found.update(from_archive(api, repo, commit, wanted - found.keys()))
    for oid in sorted(wanted - found.keys()):
        found[oid] = _single(api, repo, oid)
    return found


def _query(api: Api, repo: str, oids: Sequence[str]) -> dict[str, bytes]:
    """The blobs that GraphQL gives whole and unchanged: it cuts long texts and gives no binary ones."""
    owner, _, name = repo.partition("/")
    fields = "... on Blob { isBinary isTruncated text }"
    aliases = " ".join(f'b{index}: object(oid: "{oid}") {{ {fields} }}' for index, oid in enumerate(oids))
    query = (
        f"query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ {aliases} }} }}"
    )
    try:
        answer = part(api.graphql(repo, query, {"owner": owner, "name": name}), "repository")
    except TooLongError:
        if len(oids) == 1:
            return {}
        half = len(oids) // 2
        return _query(api, repo, oids[:half]) | _query(api, repo, oids[half:])
    read = ((oid, _text(answer.get(f"b{index}"))) for index, oid in enumerate(oids))
    return {oid: data[: MAX_BLOB + 1] for oid, data in read if data is not None and _oid(data) == oid}


def _text(blob: Any) -> bytes | None:
    """Null for what is not there, an empty object for what is no blob."""
    if not blob:
        return None
    if not isinstance(blob, dict):
        raise ForgeError("GitHub's blob is not an object")
    if blob.get("isBinary") is not False or flag(blob, "isTruncated") or blob.get("text") is None:
        return None
    return text(blob, "text").encode("utf-8")


def _single(api: Api, repo: str, oid: str) -> bytes:
    with api.stream(repo, f"/git/blobs/{oid}", "application/vnd.github.raw+json") as (response, deadline):
        data, _ = read_bounded(response, MAX_BLOB + 1, deadline)
    if len(data) <= MAX_BLOB and _oid(data) != oid:
        raise ForgeError("GitHub gave a blob whose bytes do not hash to its id")
    return data


def _oid(data: bytes) -> str:
    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
