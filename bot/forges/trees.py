"""What differs between two Git trees: the one definition of a change for every forge."""

from __future__ import annotations

from collections.abc import Mapping

from bot.model import ChangedFile, ChangeKind, TreeEntry


def difference(
    base: Mapping[str, TreeEntry], head: Mapping[str, TreeEntry], patches: Mapping[str, str | None]
) -> tuple[ChangedFile, ...]:
    """Every path whose object or mode differs, in the order of the paths, with its patch if there is one."""
    return tuple(
        ChangedFile(path, _kind(path, base, head), head.get(path), base.get(path), patches.get(path))
        for path in sorted(base.keys() | head.keys())
        if base.get(path) != head.get(path)
    )


def _kind(path: str, base: Mapping[str, TreeEntry], head: Mapping[str, TreeEntry]) -> ChangeKind:
    if path not in base:
        return ChangeKind.ADDED
    return ChangeKind.MODIFIED if path in head else ChangeKind.REMOVED
