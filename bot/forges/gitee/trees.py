"""What a pull request changes: two whole trees compared, held against Gitee's own list of files. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import CouldNotVerify
from bot.forges.gitee import answers
from bot.model import ChangedFile, TreeEntry

#: Gitee lists this many files of a pull request at most, and has no further pages.
FILES_CAP = 300


@dataclass(frozen=True, slots=True)
class Listed:
    """Gitee's own list: every path (a rename names two), patches by path, and whether it may be cut."""

    paths: frozenset[str]
    patches: Mapping[str, str]
    capped: bool


def tree_of(value: Any) -> dict[str, TreeEntry]:
    """The files of a recursive tree. Raises `CouldNotVerify` when it is cut or cannot be read."""
    found = answers.obj(value, "tree")
    if found.get("truncated", False) is not False:
        raise CouldNotVerify("Gitee cut the tree")
    entries = found.get("tree")
    if not isinstance(entries, list):
        raise CouldNotVerify("Gitee's tree has no entries")
    files: dict[str, TreeEntry] = {}
    for entry in entries:
        item = answers.obj(entry, "tree entry")
        if item.get("type") == "tree":
            continue
        path = answers.text(item.get("path"), "path in the tree")
        if path in files:
            raise CouldNotVerify("Gitee's tree names a path twice")
        mode = answers.text(item.get("mode"), "mode in the tree")
        files[path] = TreeEntry(mode, answers.sha(item.get("sha"), "object id in the tree"))
    return files


def listed(value: Any) -> Listed:
    """Gitee's list of a pull request's files; the flags in `patch` are right where `status` is not."""
    if not isinstance(value, list):
        raise answers.nonsense("list of files")
    paths: set[str] = set()
    patches: dict[str, str] = {}
    for entry in value:
        item = answers.obj(entry, "file")
        path = answers.text(item.get("filename"), "file name")
        patch = answers.obj(item.get("patch"), "patch")
        paths.add(path)
        if patch.get("renamed_file") is True:
            paths.add(answers.text(patch.get("old_path"), "old path"))
        text = patch.get("diff")
        if isinstance(text, str) and text.startswith("@@") and patch.get("too_large") is not True:
            patches[path] = answers.prose(text)
    return Listed(frozenset(paths), patches, len(value) >= FILES_CAP)


def agrees(own: Listed, files: tuple[ChangedFile, ...]) -> bool:
    """Whether the list names just the files that differ, or at its cap nothing but such files."""
    paths = {file.path for file in files}
    return own.paths <= paths if own.capped else own.paths == paths
