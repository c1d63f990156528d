"""The asset entries of every page of a tree, read from the forge only where their blobs are not known yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.flows.run import Run
from bot.model import ASSETS_ROOT, TreeEntry
from rules import engine
from rules.facts import TreeAsset
from rules.page import parse

#: Git's modes of a regular file; a link or a submodule named like a page is not one.
REGULAR = ("100644", "100755")


def is_page(path: str) -> bool:
    """Whether the path is that of an asset page."""
    return path.startswith(ASSETS_ROOT) and path.endswith(".md")


def tree_assets(
    run: Run, repo: str, commit: str, tree: Mapping[str, TreeEntry], *, without: Collection[str] = ()
) -> Mapping[str, tuple[TreeAsset, ...]]:
    """Link to the entries that declare it, over all pages of `tree` but those in `without`."""
    blobs = {
        path: entry.oid
        for path, entry in tree.items()
        if is_page(path) and entry.mode in REGULAR and path not in without
    }
    known = dict(run.world.store.page_assets(set(blobs.values())))
    missing = {oid: path for path, oid in blobs.items() if oid not in known}
    if missing:
        read = run.forge.blobs(repo, set(missing), commit=commit)
        fresh = {oid: _pairs(missing[oid], data) for oid, data in read.items()}
        run.world.store.save_page_assets(fresh)
        known.update(fresh)
    found: dict[str, list[TreeAsset]] = {}
    for path, oid in blobs.items():
        for link, digest in known.get(oid, ()):
            found.setdefault(link, []).append(TreeAsset(path, link, digest))
    return {link: tuple(entries) for link, entries in found.items()}


def _pairs(path: str, data: bytes) -> tuple[tuple[str, str], ...]:
    return tuple((asset.link, asset.sha256) for asset in engine.tree_assets(parse(path, data)))
