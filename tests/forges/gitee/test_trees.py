"""The difference of two trees, held against Gitee's list."""

import pytest

from bot.errors import CouldNotVerify, ForgeError
from bot.forges.gitee import trees
from bot.forges.trees import difference
from bot.model import ChangeKind, TreeEntry

A, B, C = (letter * 40 for letter in "abc")


def entry(path, sha=A, mode="100644", kind="blob"):
    return {"path": path, "mode": mode, "type": kind, "sha": sha}


def file(name, **patch):
    flags = {"new_file": False, "deleted_file": False, "renamed_file": False, "too_large": False}
    return {"filename": name, "status": None, "patch": {"diff": "", "old_path": name, **flags, **patch}}


def test_a_tree_holds_files_and_submodules_but_no_folders():
    found = trees.tree_of(
        {
            "truncated": False,
            "tree": [entry("a", mode="040000", kind="tree"), entry("a/b"), entry("m", B, "160000", "commit")],
        }
    )
    assert found == {"a/b": TreeEntry("100644", A), "m": TreeEntry("160000", B)}


@pytest.mark.parametrize(
    "value",
    [
        {"truncated": True, "tree": []},
        {"truncated": None, "tree": []},
        {"truncated": False},
        {"truncated": False, "tree": {}},
        {"truncated": False, "tree": [entry("a"), entry("a", B)]},
    ],
)
def test_a_tree_that_is_cut_or_contradicts_itself_could_not_be_verified(value):
    with pytest.raises(CouldNotVerify):
        trees.tree_of(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"tree": ["a"]},
        {"tree": [entry("")]},
        {"tree": [entry("\ud800")]},
        {"tree": [entry("a", sha="A" * 40)]},
        {"tree": [entry("a", sha=None)]},
        {"tree": [entry("a", mode=100644)]},
    ],
)
def test_a_tree_of_wrong_types_is_nonsense(value):
    with pytest.raises(ForgeError):
        trees.tree_of(value)


def test_the_difference_is_of_objects_and_modes():
    plain, other = TreeEntry("100644", A), TreeEntry("100644", B)
    base = {"same": plain, "gone": plain, "edited": plain, "mode": plain}
    head = {"same": plain, "edited": other, "mode": TreeEntry("120000", A), "new": other}
    found = difference(base, head, {"new": "@@ -0,0 +1 @@\n+x\n"})
    assert [(f.path, f.kind, f.patch is not None) for f in found] == [
        ("edited", ChangeKind.MODIFIED, False),
        ("gone", ChangeKind.REMOVED, False),
        ("mode", ChangeKind.MODIFIED, False),
        ("new", ChangeKind.ADDED, True),
    ]


def test_a_rename_is_listed_as_two_paths():
    own = trees.listed([file("new", renamed_file=True, old_path="old"), file("edited", old_path="edited")])
    assert own.paths == {"new", "old", "edited"}


@pytest.mark.parametrize(
    ("patch", "kept"),
    [
        ({"diff": "@@ -1 +1 @@\n"}, True),
        ({"diff": ""}, False),
        ({"diff": None}, False),
        ({"diff": "Binary files differ"}, False),
        ({"diff": "@@ -1 +1 @@\n", "too_large": True}, False),
    ],
)
def test_only_whole_diffs_are_kept(patch, kept):
    assert bool(trees.listed([file("a", **patch)]).patches) is kept


@pytest.mark.parametrize("value", [None, {}, ["a"], [{"filename": "a"}], [{"filename": "", "patch": {}}]])
def test_a_list_of_wrong_types_is_nonsense(value):
    with pytest.raises(ForgeError):
        trees.listed(value)


def changed(*paths):
    return difference({}, {path: TreeEntry("100644", A) for path in paths}, {})


@pytest.mark.parametrize(
    ("names", "paths", "agree"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a"], ["a", "b"], False),
        (["a", "b"], ["a"], False),
        ([], [], True),
        ([], ["a"], False),
    ],
)
def test_below_the_cap_the_list_must_be_the_difference(names, paths, agree):
    assert trees.agrees(trees.listed([file(name) for name in names]), changed(*paths)) is agree


def test_at_the_cap_the_list_must_be_within_the_difference():
    names = [f"{i:03}" for i in range(300)]
    own = trees.listed([file(name) for name in names])
    assert trees.agrees(own, changed(*names, "another"))
    assert trees.agrees(own, changed(*names))
    assert not trees.agrees(own, changed(*names[1:], "another"))
