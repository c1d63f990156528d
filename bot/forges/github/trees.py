"""Reads whole Git trees by API, subtree by subtree where GitHub cuts a recursive answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.errors import CouldNotVerify
from bot.forges.github.api import Api
from bot.forges.github.shape import flag, items, sha, text
from bot.model import TreeEntry

#: GitHub cuts a recursive tree at 100,000 entries or 7 MB; the hub has 3,000. Ours to choose.
MAX_REQUESTS = 200

_MODE = re.compile(r"[0-7]{6}")


def tree(api: Api, repo: str, sha1: str) -> Mapping[str, TreeEntry]:
    """Every file, link and submodule of a commit's tree, by path. Raises `CouldNotVerify` when it is cut."""
    found: dict[str, TreeEntry] = {}
    waiting, requests = [("", sha1)], 0
    while waiting:
        prefix, oid = waiting.pop()
        listed, requests = _listing(api, repo, oid, requests)
        for path, kind, entry in listed:
            if kind == "tree":
                waiting.append((f"{prefix}{path}/", entry.oid))
            elif found.setdefault(prefix + path, entry) is not entry:
                raise CouldNotVerify("GitHub lists a path of the tree twice")
    return found


def _listing(api: Api, repo: str, oid: str, requests: int) -> tuple[list[tuple[str, str, TreeEntry]], int]:
    """All below a tree at once; where that is cut, its own level, whose subtrees are still to be read."""
    for recursive in ({"recursive": 1}, {}):
        if requests >= MAX_REQUESTS:
            raise CouldNotVerify("the tree is too large to be read whole")
        requests += 1
        answer = api.get(repo, f"/git/trees/{oid}", **recursive)
        if not flag(answer, "truncated"):
            entries = list(_entries(answer))
            return [e for e in entries if e[1] != "tree"] if recursive else entries, requests
    raise CouldNotVerify("GitHub cuts the list of one directory")


def _entries(answer: Mapping[str, Any]) -> Iterator[tuple[str, str, TreeEntry]]:
    for one in items(answer.get("tree"), "tree"):
        mode = text(one, "mode")
        path = text(one, "path")
        if not _MODE.fullmatch(mode) or not path:
            raise CouldNotVerify("GitHub lists an entry of the tree without a mode or a path")
        yield path, text(one, "type"), TreeEntry(mode=mode, oid=sha(one, "sha"))
