"""OWNERS files: who approves and reviews what."""

from __future__ import annotations

import pytest

from bot.review.owners import MAX_BYTES, Owners, OwnersFile, parse, relevant, upwards

ROOT = parse(b"approvers:\n- Ann\n- bob\nreviewers:\n- cat\n")


def test_the_hubs_own_form() -> None:
    owners = Owners({"": parse(b"approvers:\n- kingxian\n- oacjiewen")})
    assert owners.approves("KingXian", "mshub_res/assets/a.md")
    assert owners.reviews("kingxian", "a.md"), "whoever approves may review"
    assert not owners.approves("king", "a.md")


def test_directories_add_to_their_parents_unless_they_stand_alone() -> None:
    below = parse(b"approvers: [dan]\nreviewers: [eve]\n")
    alone = parse(b"approvers: [fay]\noptions: {no_parent_owners: true}\n")
    owners = Owners({"": ROOT, "a/b": below, "a/c": alone})
    assert owners.of("a/b/x.md").approvers == {"ann", "bob", "dan"}
    assert owners.of("a/b/x.md").reviewers == {"cat", "eve"}
    assert owners.of("a/c/d/x.md").approvers == {"fay"}
    assert owners.of("a/x.md").approvers == {"ann", "bob"}
    assert owners.of("ab/x.md").approvers == {"ann", "bob"}
    assert not owners.reviews("eve", "a/x.md")


def test_single_files_by_pattern_below_their_directory() -> None:
    owners = Owners(
        {"a": parse(b'files:\n  "^x.*[.]md$":\n    approvers: [ann]\n  "[": {approvers: [bob]}\n')}
    )
    assert owners.approves("ann", "a/x1.md")
    assert not owners.approves("ann", "a/b/x1.md")
    assert not owners.approves("bob", "a/x1.md")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xfe", b"approvers: &a [x]\nreviewers: *a\n", b"- x\n", b"approvers: ann\n", b"a: [b\n",
        b"approvers:\n- ann\n" + b"#" * MAX_BYTES, b"approvers: !!python/name:os.system [ann]\n",
        b"approvers: {ann: 1}\n", b"x: " + b"[" * 5000,
    ],
)  # fmt: skip
def test_what_cannot_be_read_owns_nothing(data: bytes) -> None:
    assert parse(data).people == OwnersFile().people


def test_a_pattern_that_is_too_long_matches_nothing() -> None:
    data = f'files:\n  "{"a" * 201}|x": {{approvers: [ann]}}\n'.encode()
    assert parse(data).files == ()


def test_which_files_speak_of_a_path() -> None:
    assert list(upwards("a/b/c.md")) == ["a/b", "a", ""]
    assert list(upwards("c.md")) == [""]
    tree = {"OWNERS": 1, "a/OWNERS": 1, "b/OWNERS": 1, "a/b/c.md": 1}
    assert relevant(tree, ("a/b/c.md",)) == {"": "OWNERS", "a": "a/OWNERS"}
