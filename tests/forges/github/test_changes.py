"""Changes: trees decide, the list and the count must agree, and two heads are never mixed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import CouldNotVerify, ForgeError
from bot.forges.github.changes import LISTED_CAP
from bot.forges.github.client import GitHubForge
from bot.forges.github.trees import MAX_REQUESTS
from bot.model import ChangeKind, PullRequest, TreeEntry

from .conftest import BASE, HEAD, MERGE_BASE, REPO, Call, FakeGitHub, Reply

pytestmark = pytest.mark.network

Files = dict[str, str]
KEPT = {"README.md": "0" * 40}
OLD, NEW, OTHER = "1" * 40, "2" * 40, "3" * 40


def tree_answer(files: Files, *, mode: str = "100644", truncated: bool = False) -> dict[str, Any]:
    entries = [
        {"path": path, "mode": mode, "type": "blob", "sha": oid, "size": 1} for path, oid in files.items()
    ]
    folders = [{"path": "docs", "mode": "040000", "type": "tree", "sha": "f" * 40}]
    return {"sha": "e" * 40, "tree": folders + entries, "truncated": truncated}


def listed(filename: str, status: str, sha: str | None, **more: object) -> dict[str, Any]:
    return {
        "filename": filename,
        "status": status,
        "sha": sha,
        "additions": 1,
        "deletions": 0,
        "changes": 1,
        **more,
    }


@pytest.fixture
def world(
    github: FakeGitHub, pull_answer: dict[str, Any]
) -> Callable[[Files, Files, list[dict[str, Any]]], None]:
    def build(base: Files, head: Files, files: list[dict[str, Any]]) -> None:
        def page(call: Call) -> object:
            start = (int(call.query["page"]) - 1) * int(call.query["per_page"])
            return files[start : start + int(call.query["per_page"])]

        github.on(f"GET compare/{BASE}...{HEAD}", {"merge_base_commit": {"sha": MERGE_BASE}})
        github.on(f"GET compare/master...{HEAD}", {"merge_base_commit": {"sha": MERGE_BASE}})
        github.on(f"GET git/trees/{MERGE_BASE}", tree_answer({**KEPT, **base}))
        github.on(f"GET git/trees/{HEAD}", tree_answer({**KEPT, **head}))
        github.on("GET pulls/7/files", page)
        github.on("GET pulls/7", pull_answer)

    return build


GOOD: list[tuple[Files, Files, list[dict[str, Any]], dict[str, ChangeKind]]] = [
    ({}, {"a.md": NEW}, [listed("a.md", "added", NEW, patch="@@ +1 @@\n+x")], {"a.md": ChangeKind.ADDED}),
    ({"a.md": OLD}, {"a.md": NEW}, [listed("a.md", "modified", NEW)], {"a.md": ChangeKind.MODIFIED}),
    ({"a.md": OLD}, {}, [listed("a.md", "removed", OLD)], {"a.md": ChangeKind.REMOVED}),
    (
        {"a.md": OLD},
        {"b.md": NEW},
        [listed("b.md", "renamed", NEW, previous_filename="a.md")],
        {"a.md": ChangeKind.REMOVED, "b.md": ChangeKind.ADDED},
    ),
    ({"a.md": OLD}, {"a.md": OLD, "b.md": OLD}, [listed("b.md", "copied", OLD, previous_filename="a.md")],
     {"b.md": ChangeKind.ADDED}),
    ({}, {"sub": NEW}, [listed("sub", "added", None)], {"sub": ChangeKind.ADDED}),
    ({}, {}, [], {}),
]  # fmt: skip


@pytest.mark.parametrize(("base", "head", "files", "kinds"), GOOD)
def test_what_adds_up(
    github: FakeGitHub,
    forge: GitHubForge,
    with_count: Callable[[int | None], PullRequest],
    world: Callable[..., None],
    base: Files,
    head: Files,
    files: list[dict[str, Any]],
    kinds: dict[str, ChangeKind],
) -> None:
    world(base, head, files)
    found = forge.changes(with_count(len(files)))
    assert {one.path: one.kind for one in found.files} == kinds
    assert found.merge_base == MERGE_BASE
    assert {path: entry.oid for path, entry in found.base_tree.items()} == {**KEPT, **base}
    for one in found.files:
        assert one.head == (TreeEntry("100644", head[one.path]) if one.path in head else None)
        assert one.base == (TreeEntry("100644", base[one.path]) if one.path in base else None)
        assert one.patch == next((f.get("patch") for f in files if f["filename"] == one.path), None)
    assert len(github.calls) == 4


def test_counts_that_fit_need_no_list(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, world: Callable[..., None]
) -> None:
    world({}, {"a": NEW, "b": NEW}, [])
    github.on(f"GET compare/{BASE}...{HEAD}", {"merge_base_commit": {"sha": MERGE_BASE}, "total_commits": 3})
    found = forge.changes(replace(pull, changed_files=2, commits=3))
    assert [one.path for one in found.files] == ["a", "b"]
    assert found.computes_patches
    assert "GET pulls/7/files" not in github.names()


@pytest.mark.parametrize(("files", "commits"), [(1, 3), (3, 3), (2, 2), (2, None)])
def test_a_count_that_does_not_fit_brings_the_list_in(
    github: FakeGitHub,
    forge: GitHubForge,
    pull: PullRequest,
    world: Callable[..., None],
    files: int,
    commits: int | None,
) -> None:
    """Other commits mean another merge base, though as many files may differ from it."""
    world({}, {"a": NEW, "b": NEW}, [listed("a", "added", NEW), listed("b", "added", OTHER)])
    github.on(f"GET compare/{BASE}...{HEAD}", {"merge_base_commit": {"sha": MERGE_BASE}, "total_commits": 3})
    with pytest.raises(CouldNotVerify):
        forge.changes(replace(pull, changed_files=files, commits=commits))
    assert "GET pulls/7/files" in github.names()


BAD: list[tuple[str, Files, Files, list[dict[str, Any]], int]] = [
    ("one is missing from the list", {}, {"a": NEW, "b": NEW}, [listed("a", "added", NEW)], 1),
    ("one is missing and the count knows", {}, {"a": NEW, "b": NEW}, [listed("a", "added", NEW)], 2),
    ("the count is lower", {}, {"a": NEW}, [listed("a", "added", NEW)], 0),
    ("the count is higher", {}, {"a": NEW}, [listed("a", "added", NEW)], 2),
    ("listed but unchanged", {"a": OLD}, {"a": OLD}, [listed("a", "modified", OLD)], 1),
    ("listed and nowhere", {}, {}, [listed("a", "added", NEW)], 1),
    ("listed twice", {}, {"a": NEW}, [listed("a", "added", NEW)] * 2, 2),
    ("another head's blob", {}, {"a": NEW}, [listed("a", "added", OTHER)], 1),
    ("another base's blob", {"a": OLD}, {}, [listed("a", "removed", OTHER)], 1),
    ("a rename without its source", {"a": OLD}, {"b": NEW}, [listed("b", "renamed", NEW)], 1),
    ("a rename that left its source", {"a": OLD}, {"a": OLD, "b": NEW},
     [listed("b", "renamed", NEW, previous_filename="a")], 1),
]  # fmt: skip


@pytest.mark.parametrize(("why", "base", "head", "files", "count"), BAD)
def test_what_does_not_add_up(
    forge: GitHubForge,
    with_count: Callable[[int | None], PullRequest],
    world: Callable[..., None],
    why: str,
    base: Files,
    head: Files,
    files: list[dict[str, Any]],
    count: int,
) -> None:
    world(base, head, files)
    with pytest.raises(CouldNotVerify, match="does not agree"):
        forge.changes(with_count(count))


def test_a_push_while_reading_is_named(
    github: FakeGitHub,
    forge: GitHubForge,
    pull: PullRequest,
    world: Callable[..., None],
    pull_answer: dict[str, Any],
) -> None:
    world({}, {"a": NEW}, [listed("a", "added", OTHER)])
    github.on("GET pulls/7", {**pull_answer, "head": {"sha": "d" * 40, "repo": None}})
    with pytest.raises(CouldNotVerify, match="a push came"):
        forge.changes(pull)


def test_where_the_base_branch_moved_the_branch_itself_decides(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, world: Callable[..., None]
) -> None:
    world({}, {"a": NEW, "merged": OTHER}, [listed("a", "added", NEW)])
    newer = "9" * 40
    github.on(f"GET compare/feature%2Fx...{HEAD}", {"merge_base_commit": {"sha": newer}})
    github.on(f"GET git/trees/{newer}", tree_answer({**KEPT, "merged": OTHER}))
    found = forge.changes(replace(pull, base_ref="feature/x"))
    assert (found.merge_base, [one.path for one in found.files]) == (newer, ["a"])


def test_all_pages_of_the_list_are_read(
    github: FakeGitHub,
    forge: GitHubForge,
    with_count: Callable[[int | None], PullRequest],
    world: Callable[..., None],
) -> None:
    files = {f"{number:03}.md": NEW for number in range(200)}
    world({}, files, [listed(path, "added", NEW) for path in files])
    assert len(forge.changes(with_count(200)).files) == 200
    assert [call.query["page"] for call in github.calls if call.path.endswith("/files")] == ["1", "2", "3"]


@pytest.mark.parametrize(("extra", "fits"), [(0, True), (1, True), (2, False), (-1, False), (None, False)])
def test_at_the_cap_the_trees_decide(
    forge: GitHubForge,
    with_count: Callable[[int | None], PullRequest],
    world: Callable[..., None],
    extra: int | None,
    fits: bool,
) -> None:
    paths = [f"{number:04}.md" for number in range(LISTED_CAP + 1)]
    world({}, dict.fromkeys(paths, NEW), [listed(path, "added", NEW) for path in paths[:LISTED_CAP]])
    pull = with_count(None if extra is None else LISTED_CAP + extra)
    if fits:
        assert [one.path for one in forge.changes(pull).files] == paths
    else:
        with pytest.raises(CouldNotVerify):
            forge.changes(pull)


# -- trees that are cut ----------------------------------------------------------------------------------


@pytest.fixture
def cut_tree(github: FakeGitHub) -> None:
    """The root and `big` are cut when read whole; their own levels are not."""
    root, big, small = HEAD, "d" * 40, "e" * 40

    def entry(path: str, kind: str, sha: str) -> dict[str, str]:
        return {"path": path, "mode": "040000" if kind == "tree" else "100644", "type": kind, "sha": sha}

    levels = {
        root: [entry("big", "tree", big), entry("small", "tree", small), entry("top.md", "blob", OLD)],
        big: [entry("one.md", "blob", NEW), entry("deep", "tree", small)],
        small: [entry("two.md", "blob", OTHER)],
    }

    def answer(call: Call) -> object:
        sha = call.path.rpartition("/")[2]
        cut = "recursive" in call.query and sha in (root, big)
        return {"sha": sha, "tree": levels[sha][:1] if cut else levels[sha], "truncated": cut}

    for sha in levels:
        github.on(f"GET git/trees/{sha}", answer)


def test_a_cut_tree_is_read_subtree_by_subtree(cut_tree: None, forge: GitHubForge) -> None:
    found = forge.tree(REPO, HEAD)
    assert {path: entry.oid for path, entry in found.items()} == {
        "top.md": OLD,
        "big/one.md": NEW,
        "big/deep/two.md": OTHER,
        "small/two.md": OTHER,
    }


def test_a_tree_is_not_read_for_ever(github: FakeGitHub, forge: GitHubForge) -> None:
    folder = {"path": "again", "mode": "040000", "type": "tree", "sha": HEAD}
    github.on(
        f"GET git/trees/{HEAD}", lambda call: {"tree": [folder], "truncated": "recursive" in call.query}
    )
    with pytest.raises(CouldNotVerify, match="too large"):
        forge.tree(REPO, HEAD)
    assert len(github.calls) == MAX_REQUESTS


def test_a_directory_that_is_cut_cannot_be_verified(github: FakeGitHub, forge: GitHubForge) -> None:
    github.on(f"GET git/trees/{HEAD}", tree_answer({"a": OLD}, truncated=True))
    with pytest.raises(CouldNotVerify, match="one directory"):
        forge.tree(REPO, HEAD)


@pytest.mark.parametrize(
    "answer",
    [
        {"tree": []},
        {"tree": None, "truncated": False},
        {"tree": [], "truncated": "no"},
        {"tree": [{"path": "a", "mode": "100644", "type": "blob", "sha": "short"}], "truncated": False},
        {"tree": [{"path": "a", "mode": "rw", "type": "blob", "sha": OLD}], "truncated": False},
        {"tree": [{"path": "", "mode": "100644", "type": "blob", "sha": OLD}], "truncated": False},
        {"tree": [{"path": "a", "mode": "100644", "type": "blob", "sha": OLD}] * 2, "truncated": False},
        Reply(404, {"message": "Not Found"}),
    ],
)
def test_a_tree_that_is_none(github: FakeGitHub, forge: GitHubForge, answer: object) -> None:
    github.on(f"GET git/trees/{HEAD}", answer)
    with pytest.raises((ForgeError, CouldNotVerify)):
        forge.tree(REPO, HEAD)


def test_links_and_submodules_are_entries_like_others(github: FakeGitHub, forge: GitHubForge) -> None:
    entries = [
        {"path": "link", "mode": "120000", "type": "blob", "sha": OLD},
        {"path": "sub", "mode": "160000", "type": "commit", "sha": NEW},
    ]
    github.on(f"GET git/trees/{HEAD}", {"tree": entries, "truncated": False})
    assert forge.tree(REPO, HEAD) == {"link": TreeEntry("120000", OLD), "sub": TreeEntry("160000", NEW)}


# -- merge queues ----------------------------------------------------------------------------------------


def test_a_queued_commit_is_compared_with_what_it_was_built_onto(
    github: FakeGitHub, forge: GitHubForge
) -> None:
    github.on(f"GET compare/{BASE}...{HEAD}", {"merge_base_commit": {"sha": BASE}})
    github.on(f"GET git/trees/{BASE}", tree_answer(KEPT))
    github.on(f"GET git/trees/{HEAD}", tree_answer({**KEPT, "a.md": NEW}))
    found = forge.between(REPO, BASE, HEAD)
    assert found.merge_base == BASE
    assert [(file.path, file.kind) for file in found.files] == [("a.md", ChangeKind.ADDED)]


def test_a_queued_commit_on_another_one_is_not_verified(github: FakeGitHub, forge: GitHubForge) -> None:
    github.on(f"GET compare/{BASE}...{HEAD}", {"merge_base_commit": {"sha": MERGE_BASE}})
    with pytest.raises(CouldNotVerify):
        forge.between(REPO, BASE, HEAD)


@pytest.mark.parametrize(("merge_base", "within"), [(BASE, True), (MERGE_BASE, False)])
def test_a_branch_has_what_is_not_ahead_of_it(
    github: FakeGitHub, forge: GitHubForge, merge_base: str, within: bool
) -> None:
    github.on(f"GET compare/r1.x...{BASE}", {"merge_base_commit": {"sha": merge_base}})
    assert forge.contains(REPO, "r1.x", BASE) is within


def test_a_branch_that_is_gone_has_no_tip(github: FakeGitHub, forge: GitHubForge) -> None:
    github.on("GET git/ref/heads/gh-readonly-queue/r1.x/pr-7", {"object": {"sha": HEAD}})
    github.on("GET git/ref/heads/gone", Reply(404, {"message": "Not Found"}))
    assert forge.branch(REPO, "gh-readonly-queue/r1.x/pr-7") == HEAD
    assert forge.branch(REPO, "gone") == ""
