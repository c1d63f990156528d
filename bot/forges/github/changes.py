"""What a pull request changes: the difference of two Git trees, held against GitHub's own list and count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from bot.errors import CouldNotVerify
from bot.forges.github.api import Api
from bot.forges.github.pulls import read_pull
from bot.forges.github.shape import number, part, sha, text
from bot.forges.trees import difference
from bot.model import ChangeSet, PullRequest, TreeEntry

#: GitHub lists at most 3,000 files of a pull request ("List pull requests files").
LISTED_CAP = 3000

Tree = Mapping[str, TreeEntry]


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of GitHub's list; `oid` is the blob at the head, of a removed file the one at the base."""

    path: str
    status: str
    oid: str | None
    previous: str
    patch: str | None


def changes(api: Api, pull: PullRequest, tree: Callable[[str, str], Tree]) -> ChangeSet:
    """Raises `CouldNotVerify` when trees, list and count do not agree; `tree` reads a commit's.

    GitHub counts files and commits from its own merge base. Where both counts fit ours, that is the same one
    and no file was renamed, so that the list, a request for each hundred files, could say nothing new.
    """
    repo = pull.ref.repo
    head = tree(repo, pull.head_sha)
    listed: Sequence[Listed] | None = None
    tried: list[str] = []
    # A base branch that moved since the last push can move the merge base: then the branch itself decides.
    for base in (pull.base_sha, pull.base_ref):
        merge_base, commits = _merge_base(api, repo, base, pull.head_sha)
        if merge_base in tried:
            break
        tried.append(merge_base)
        base_tree = tree(repo, merge_base)
        files = difference(base_tree, head, {})
        if (
            listed is None
            and commits is not None
            and (pull.changed_files, pull.commits)
            == (
                len(files),
                commits,
            )
        ):
            return ChangeSet(merge_base, files, base_tree, computes_patches=True)
        if listed is None:
            listed = _listed(api, pull)
        if _agree(pull, listed, base_tree, head):
            patches = {one.path: one.patch for one in listed}
            return ChangeSet(merge_base, difference(base_tree, head, patches), base_tree)
    if read_pull(api, pull.ref).head_sha != pull.head_sha:
        raise CouldNotVerify("a push came while the changes were being read")
    raise CouldNotVerify("GitHub's list of changed files does not agree with its trees")


def between(api: Api, repo: str, base: str, head: str, tree: Callable[[str, str], Tree]) -> ChangeSet:
    """What a commit changes of one that it was built onto, by their trees alone."""
    merge_base, _ = _merge_base(api, repo, base, head)
    if merge_base != base:
        raise CouldNotVerify("the merge queue's commit was not built onto the one that it names")
    base_tree = tree(repo, base)
    return ChangeSet(base, difference(base_tree, tree(repo, head), {}), base_tree)


def contains(api: Api, repo: str, branch: str, commit: str) -> bool:
    """Whether a branch has a commit in its history: then the commit is not ahead of it."""
    return _merge_base(api, repo, branch, commit)[0] == commit


def _merge_base(api: Api, repo: str, base: str, head: str) -> tuple[str, int | None]:
    """The merge base, and how many commits the head has beyond `base`."""
    answer = api.get(repo, f"/compare/{quote(base, safe='')}...{head}", per_page=1)
    commits = number(answer, "total_commits") if answer.get("total_commits") is not None else None
    return sha(part(answer, "merge_base_commit"), "sha"), commits


def _listed(api: Api, pull: PullRequest) -> Sequence[Listed]:
    return [
        Listed(
            path=text(one, "filename"),
            status=text(one, "status"),
            oid=None if one.get("sha") is None else sha(one, "sha"),
            previous=text(one, "previous_filename", ""),
            patch=text(one, "patch", "") or None,
        )
        for one in api.pages(pull.ref.repo, f"/pulls/{pull.ref.number}/files")
    ]


def _agree(pull: PullRequest, listed: Sequence[Listed], base: Tree, head: Tree) -> bool:
    """Every path of the list differs between the trees and carries their object ids, and none is missing."""
    changed = {path for path in base.keys() | head.keys() if base.get(path) != head.get(path)}
    named = {path for one in listed for path in _paths(one)}
    if len({one.path for one in listed}) < len(listed) or not changed >= named:
        return False
    if any(one.oid is not None and one.oid != _oid(one, base, head) for one in listed):
        return False
    count = pull.changed_files
    if len(listed) < LISTED_CAP:
        return named == changed and count in (None, len(listed))
    return count is not None and LISTED_CAP <= count <= len(changed)


def _paths(one: Listed) -> tuple[str, ...]:
    """A rename changes two paths, a copy one."""
    return (one.path, one.previous) if one.status == "renamed" else (one.path,)


def _oid(one: Listed, base: Tree, head: Tree) -> str | None:
    entry = (base if one.status == "removed" else head).get(one.path)
    return entry.oid if entry else None
