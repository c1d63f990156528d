"""The local forge on real Git repositories."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import CouldNotVerify, ForgeError
from bot.forges.base import MAX_BLOB
from bot.forges.local import LocalForge
from bot.model import ChangedFile, ChangeKind, ChangeSet, TreeEntry, User
from tests.forges.contract import CONTRACT, Subject

STRANGER = User(77, "somebody")


def git(repository: Path, *args: str, stdin: bytes = b"") -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        who |= {f"GIT_{role}_NAME": "Lin Xia", f"GIT_{role}_EMAIL": "lin@demo.invalid"}
    command = ["git", "-C", str(repository), *args]
    return (
        subprocess.run(command, input=stdin, env=kept | who, check=True, capture_output=True)
        .stdout.decode()
        .strip()
    )


class Hub:
    """A work tree with a base branch `master` and a checked-out branch `work`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        git(path, "init", "--quiet", "--initial-branch=master")
        self.write("kept.md", b"one\ntwo\nthree\n")
        self.write("old.md", b"to be renamed\n" * 20)
        self.write("gone.md", b"to be removed\n")
        self.commit("base")
        git(path, "checkout", "--quiet", "-b", "work")

    def write(self, name: str | bytes, content: bytes) -> None:
        file = os.path.join(os.fsencode(self.path), os.fsencode(name))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as out:
            out.write(content)

    def commit(self, message: str) -> str:
        git(self.path, "add", "--all")
        git(self.path, "commit", "--quiet", "--allow-empty", "-m", message)
        return git(self.path, "rev-parse", "HEAD")

    def changes(self) -> ChangeSet:
        forge = LocalForge(self.path)
        return forge.changes(forge.pull_request(forge.ref))

    def files(self) -> dict[str, ChangedFile]:
        return {file.path: file for file in self.changes().files}


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "hub")


@pytest.mark.parametrize("promise", CONTRACT, ids=lambda promise: promise.__name__)
def test_contract(promise: Callable[[Subject], None], hub: Hub, tmp_path: Path) -> None:
    hub.write("mshub_res/assets/new.md", b"# new\n\n---\n")
    hub.commit("Add new")
    forge = LocalForge(hub.path, state=tmp_path / "state.sqlite")
    promise(
        Subject(
            forge=forge,
            ref=forge.ref,
            added="mshub_res/assets/new.md",
            say=lambda body: forge.conversation.say(forge.ref, STRANGER, body),
            heard=lambda: forge.conversation.comments(forge.ref),
            reactions=lambda comment: forge.conversation.reactions(forge.ref, comment.id),
            head_moves=lambda: hub.commit("More"),
        )
    )


def test_what_is_posted_survives_in_the_file_and_not_in_memory(hub: Hub, tmp_path: Path) -> None:
    hub.commit("work")
    for state, kept in ((tmp_path / "state.sqlite", 1), (None, 0)):
        first = LocalForge(hub.path, state=state)
        first.post_summary(first.pull_request(first.ref), "<!-- hubbot:summary v1 -->", None)
        second = LocalForge(hub.path, state=state)
        assert len(second.posted(second.pull_request(second.ref)).summaries) == kept
        first.close()
        second.close()


def test_a_rename_is_a_removal_and_an_addition(hub: Hub) -> None:
    git(hub.path, "mv", "old.md", "new.md")
    hub.commit("rename")
    files = hub.files()
    assert {path: file.kind for path, file in files.items()} == {
        "old.md": ChangeKind.REMOVED,
        "new.md": ChangeKind.ADDED,
    }
    assert files["old.md"].base == files["new.md"].head
    assert files["old.md"].head is None


def test_removed_and_modified_files_have_patches(hub: Hub) -> None:
    (hub.path / "gone.md").unlink()
    hub.write("kept.md", b"one\n2\nthree\n")
    hub.commit("edit")
    files = hub.files()
    assert files["gone.md"].patch == "@@ -1 +0,0 @@\n-to be removed"
    assert files["kept.md"].patch == "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three"


def test_line_ends_and_lines_that_look_like_a_diff_stay_content(hub: Hub) -> None:
    hub.write("crlf.md", b"a\r\nb\r\n")
    hub.write("diff.md", b"diff --git a/x b/x\n@@ -1 +1 @@\n-- a/x\n++ b/x\n")
    hub.write("last.md", b"no newline at the end")
    hub.commit("odd")
    files = hub.files()
    assert sorted(files) == ["crlf.md", "diff.md", "last.md"]
    assert files["crlf.md"].patch == "@@ -0,0 +1,2 @@\n+a\r\n+b\r"
    assert files["diff.md"].patch == ("@@ -0,0 +1,4 @@\n+diff --git a/x b/x\n+@@ -1 +1 @@\n+-- a/x\n+++ b/x")
    assert files["last.md"].patch == "@@ -0,0 +1 @@\n+no newline at the end\n\\ No newline at end of file"


def test_names_that_need_care(hub: Hub) -> None:
    names = (
        b"tab\there.md",
        b"line\nbreak.md",
        b'quote".md',
        "模型.md".encode(),
        b"-dash.md",
        b"latin-\xe9.md",
    )
    for name in names:
        hub.write(name, b"x\n")
    hub.commit("names")
    assert sorted(hub.files()) == sorted(
        ["tab\there.md", "line\nbreak.md", 'quote".md', "模型.md", "-dash.md", "latin-\\xe9.md"]
    )


def test_two_names_shown_alike_are_not_passed_over(hub: Hub) -> None:
    hub.write(b"a\xff.md", b"one\n")
    hub.write(rb"a\xff.md", b"two\n")
    hub.commit("twins")
    with pytest.raises(CouldNotVerify):
        hub.changes()


def test_symbolic_links_submodules_and_modes_are_told_by_mode(hub: Hub) -> None:
    (hub.path / "link.md").symlink_to("kept.md")
    (hub.path / "old.md").unlink()
    (hub.path / "old.md").symlink_to("/etc/passwd")
    (hub.path / "kept.md").chmod(0o755)
    git(hub.path, "add", "--all")
    git(hub.path, "update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},module")
    git(hub.path, "commit", "--quiet", "-m", "modes")
    files = hub.files()
    modes = {path: file.head.mode for path, file in files.items() if file.head}
    assert modes == {"link.md": "120000", "old.md": "120000", "kept.md": "100755", "module": "160000"}
    assert files["module"].head == TreeEntry("160000", "a" * 40)
    assert files["old.md"].kind is ChangeKind.MODIFIED
    assert files["old.md"].patch is None
    assert files["kept.md"].patch is None


def test_a_submodule_is_no_blob(hub: Hub) -> None:
    git(hub.path, "update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},module")
    git(hub.path, "commit", "--quiet", "-m", "module")
    forge = LocalForge(hub.path)
    with pytest.raises(CouldNotVerify):
        forge.blobs(forge.repo, ["a" * 40], commit="HEAD")


def test_only_what_the_branch_did_since_it_left_counts(hub: Hub) -> None:
    fork = git(hub.path, "rev-parse", "master")
    hub.write("mine.md", b"mine\n")
    hub.commit("mine")
    git(hub.path, "checkout", "--quiet", "master")
    hub.write("theirs.md", b"theirs\n")
    hub.commit("theirs")
    git(hub.path, "checkout", "--quiet", "work")
    found = hub.changes()
    assert found.merge_base == fork
    assert [file.path for file in found.files] == ["mine.md"]
    assert "theirs.md" not in found.base_tree


def test_unrelated_histories_cannot_be_compared(hub: Hub) -> None:
    git(hub.path, "checkout", "--quiet", "--orphan", "other")
    hub.commit("alone")
    with pytest.raises(CouldNotVerify):
        hub.changes()


def test_a_large_blob_is_cut_and_has_no_patch(hub: Hub) -> None:
    hub.write("large.md", b"x" * (MAX_BLOB + 500))
    hub.commit("large")
    forge = LocalForge(hub.path)
    large = hub.files()["large.md"]
    assert large.head is not None
    assert forge.blobs(forge.repo, [large.head.oid], commit="HEAD") == {large.head.oid: b"x" * (MAX_BLOB + 1)}
    assert large.patch is None


def test_a_damaged_object_is_not_taken_for_its_id(hub: Hub) -> None:
    hub.write("page.md", b"first\n")
    hub.commit("page")
    oid = git(hub.path, "rev-parse", "HEAD:page.md")
    other = git(hub.path, "hash-object", "-w", "--stdin", stdin=b"second\n")
    objects = hub.path / ".git" / "objects"
    damaged = objects / oid[:2] / oid[2:]
    damaged.chmod(0o644)
    damaged.write_bytes((objects / other[:2] / other[2:]).read_bytes())
    forge = LocalForge(hub.path)
    with pytest.raises((CouldNotVerify, ForgeError)):
        forge.blobs(forge.repo, [oid], commit="HEAD")


def test_a_replaced_object_is_read_as_it_was(hub: Hub) -> None:
    hub.write("page.md", b"first\n")
    hub.commit("page")
    oid = git(hub.path, "rev-parse", "HEAD:page.md")
    other = git(hub.path, "hash-object", "-w", "--stdin", stdin=b"second\n")
    git(hub.path, "replace", oid, other)
    forge = LocalForge(hub.path)
    assert forge.blobs(forge.repo, [oid], commit="HEAD") == {oid: b"first\n"}


@pytest.mark.parametrize(
    "setting",
    [
        "diff.external",
        "diff.page.command",
        "diff.page.textconv",
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
    ],
)
def test_nothing_that_the_repository_configures_runs(hub: Hub, tmp_path: Path, setting: str) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    hub.write(".gitattributes", b"*.md diff=page\n")
    hub.write("kept.md", b"changed\n")
    hub.commit("attributes")
    git(hub.path, "config", setting, str(program))
    (hub.path / ".git" / "hooks").mkdir(exist_ok=True)
    for hook in ("post-index-change", "reference-transaction"):
        (hub.path / ".git" / "hooks" / hook).symlink_to(program)
    forge = LocalForge(hub.path)
    changed = {file.path: file for file in forge.changes(forge.pull_request(forge.ref)).files}
    assert changed["kept.md"].patch is not None
    assert not ran.exists()


def test_the_environment_of_the_caller_does_not_lead_elsewhere(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Hub(tmp_path / "other")
    other.write("elsewhere.md", b"x\n")
    other.commit("elsewhere")
    hub.write("here.md", b"x\n")
    hub.commit("here")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    assert list(hub.files()) == ["here.md"]


@pytest.mark.parametrize("revision", ["", "nowhere", "--output=x", "-h", "a\nb", "a\0b", "HEAD:kept.md"])
def test_a_revision_that_is_none_is_a_permanent_error(hub: Hub, revision: str) -> None:
    forge = LocalForge(hub.path, base=revision)
    with pytest.raises(ForgeError) as caught:
        forge.pull_request(forge.ref)
    assert caught.value.permanent


def test_a_directory_without_a_repository_is_a_permanent_error(tmp_path: Path) -> None:
    forge = LocalForge(tmp_path)
    with pytest.raises(ForgeError) as caught:
        forge.pull_request(forge.ref)
    assert caught.value.permanent


def test_title_body_and_author_come_from_the_last_commit(hub: Hub) -> None:
    hub.commit("Add a page\n\nIt is new.")
    forge = LocalForge(hub.path)
    pull = forge.pull_request(forge.ref)
    assert (pull.title, pull.body, pull.author.login) == ("Add a page", "It is new.", "Lin Xia")
