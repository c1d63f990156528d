"""Collects what the next commit would hold: the pages in Git's index, not those in the work tree."""

from __future__ import annotations

import os
from pathlib import Path

from bot.cli.gather import uses_elsewhere
from bot.cli.repository import at_commit, commit_of, contents, known_base, merge_base, must, pages_named, top
from bot.cli.words import say
from bot.errors import CouldNotVerify
from rules.facts import Facts
from rules.page import ROOT, parse
from rules.rule import Subject

#: How the index marks a file, as opposed to a link or another repository.
_FILES = (b"100644", b"100755")


def from_index(base: str, lang: str) -> tuple[list[Subject], Facts]:
    """The pages that a commit made now would change or remove, and what the rest of the index says.

    They are held against the merge base with `base` ("" for the default branch), as on the pull request, and
    where no such branch is known against the newest commit. What a merge brings from its other parent is not
    the merge's own. Raises `UserError` outside a repository or for an unknown base, and `CouldNotVerify`
    while a page is in conflict.
    """
    root = top(lang)
    index = _index(root, lang)
    changed = _changed(root, lang)
    start = merge_base(root, base, lang) if base else known_base(root, "") or commit_of(root, "HEAD")
    old = at_commit(root, start, lang) if start else {}
    olds = contents(root, {path: old[path] for path in changed if path in old}, lang)
    before = {path: parse(path, data) for path, data in olds.items()}
    standing = contents(root, {path: index[path] for path in changed if path in index}, lang)
    subjects = [Subject(parse(path, data), before.get(path)) for path, data in standing.items()]
    removed = [Subject(page, removed=True) for path, page in before.items() if path not in index]
    rest = {path: oid for path, oid in index.items() if path not in standing}
    tree = uses_elsewhere([one.page for one in subjects], lambda: contents(root, rest, lang).items())
    return [*subjects, *removed], Facts(tree=tree, paths=tuple(sorted(index)))


def _index(root: Path, lang: str) -> dict[str, str]:
    """The object of every page in the index, by its path."""
    found: dict[str, str] = {}
    for entry in must(root, lang, "ls-files", "--stage", "-z", "--", ROOT).split(b"\0"):
        info, _, name = entry.partition(b"\t")
        path = os.fsdecode(name)
        if not path.endswith(".md"):
            continue
        mode, oid, stage = info.split()
        if stage != b"0":
            raise CouldNotVerify(say(lang, "unmerged", path=path))
        if mode in _FILES:
            found[path] = oid.decode()
    return found


def _changed(root: Path, lang: str) -> list[str]:
    """Pages in which the index differs from the newest commit, and in a merge from the other parent too."""
    parents = [commit for name in ("HEAD", "MERGE_HEAD") if (commit := commit_of(root, name))]
    if not parents:
        return sorted(pages_named(must(root, lang, "ls-files", "-z", "--", ROOT)))
    options = ("diff", "--cached", "--no-ext-diff", "--name-only", "--no-renames", "-z")
    found = [pages_named(must(root, lang, *options, one, "--", ROOT)) for one in parents]
    return sorted(set.intersection(*found))
