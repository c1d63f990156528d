"""`hubbot check --staged` judges what Git would commit, whatever lies in the work tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.processes import ROOT

ASSETS = "mshub_res/assets/mindspore/1.10"
FIXTURES = ROOT / "tests/rules/fixtures/msh302"
GOOD = (FIXTURES / "good.md").read_text(encoding="utf-8")
SHORT = (FIXTURES / "bad.md").read_text(encoding="utf-8")
PAGE = f"{ASSETS}/lenet_mnist.md"
OLD = f"{ASSETS}/old_lenet_mnist.md"
#: Set in a hook's environment by Git itself, which would lead a test to the repository that it runs from.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def git(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "core.autocrlf=false")
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done


def staged(folder: Path, *arguments: str, lang: str = "en") -> tuple[int, list[tuple[str, str, str]], str]:
    """Exit code; name, rule and severity of each finding; and what was said on standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "check", "--staged", "--format", "json", "--lang", lang, *arguments],
        cwd=folder, env={**ENVIRONMENT, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    findings = json.loads(done.stdout)["findings"] if done.stdout else []
    found = [(Path(one["path"]).name, one["rule"], one["severity"]) for one in findings]
    return done.returncode, found, done.stderr


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A repository without any commit."""
    (tmp_path / ASSETS).mkdir(parents=True)
    git(tmp_path, "init", "-q", "-b", "master")
    return tmp_path


@pytest.fixture
def hub(empty: Path) -> Path:
    """A sound page and an old one with a short digest, committed."""
    (empty / PAGE).write_text(GOOD, encoding="utf-8")
    (empty / OLD).write_text(SHORT.replace("10/lenet_mnist", "10/old_lenet_mnist"), encoding="utf-8")
    git(empty, "add", "-A")
    git(empty, "commit", "-q", "-m", "pages")
    return empty


def without_author(text: str) -> str:
    return text.replace("author: MindSpore team", "author:")


def test_nothing_staged_is_clean_whatever_the_work_tree_holds(hub: Path) -> None:
    (hub / PAGE).write_text(SHORT, encoding="utf-8")
    (hub / ASSETS / "new_lenet_mnist.md").write_text(SHORT, encoding="utf-8")
    assert staged(hub) == (0, [], "")


def test_what_is_staged_counts_and_not_what_was_written_after(hub: Path) -> None:
    (hub / PAGE).write_text(without_author(GOOD), encoding="utf-8")
    git(hub, "add", PAGE)
    (hub / PAGE).write_text(GOOD, encoding="utf-8")
    assert staged(hub)[:2] == (1, [("lenet_mnist.md", "MSH201", "error")])
    (hub / PAGE).unlink()
    assert staged(hub)[:2] == (1, [("lenet_mnist.md", "MSH201", "error")])


def test_a_mistake_that_is_not_staged_does_not_hold_the_commit_up(hub: Path) -> None:
    (hub / PAGE).write_text(GOOD.replace("evaluation: -", "evaluation: acc99"), encoding="utf-8")
    git(hub, "add", PAGE)
    (hub / PAGE).write_text(without_author(GOOD), encoding="utf-8")
    assert [rule for _, rule, _ in staged(hub)[1] if rule == "MSH201"] == []


def test_old_mistakes_on_other_lines_are_no_errors(hub: Path) -> None:
    page = hub / OLD
    page.write_text(without_author(page.read_text(encoding="utf-8")), encoding="utf-8")
    git(hub, "add", "-A")
    assert staged(hub)[:2] == (
        1, [("old_lenet_mnist.md", "MSH201", "error"), ("old_lenet_mnist.md", "MSH302", "notice")]
    )  # fmt: skip


def test_the_first_commit_is_judged_as_new(empty: Path) -> None:
    (empty / PAGE).write_text(SHORT, encoding="utf-8")
    assert staged(empty) == (0, [], "")
    git(empty, "add", "-A")
    assert staged(empty)[:2] == (1, [("lenet_mnist.md", "MSH302", "error")])


def test_a_staged_removal_and_a_renaming_are_seen(hub: Path) -> None:
    git(hub, "rm", "-q", "--cached", PAGE)
    found = staged(hub)[1]
    assert ("lenet_mnist.md", "MSH504") in [entry[:2] for entry in found]
    git(hub, "reset", "-q")
    git(hub, "mv", PAGE, f"{ASSETS}/le_net_mnist.md")
    found = staged(hub)[1]
    assert ("lenet_mnist.md", "MSH504") in [entry[:2] for entry in found]
    assert ("le_net_mnist.md", "MSH401") in [entry[:2] for entry in found]


def test_a_page_is_held_against_the_others_in_the_index(hub: Path) -> None:
    other = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
    digest = GOOD.partition("asset-sha256: ")[2].partition("\n")[0]
    copy = GOOD.replace(digest, other).replace('"mindspore/1.10/lenet', '"mindspore/1.10/new_lenet')
    (hub / ASSETS / "new_lenet_mnist.md").write_text(copy, encoding="utf-8")
    git(hub, "add", "-A")
    (hub / PAGE).unlink()
    assert "MSH306" in [rule for _, rule, _ in staged(hub)[1]]


def test_on_a_branch_the_pull_request_counts_and_not_the_last_commit(hub: Path) -> None:
    """What an earlier commit of the branch brought is still new there."""
    git(hub, "checkout", "-q", "-b", "work")
    page = hub / ASSETS / "new_lenet_mnist.md"
    page.write_text(SHORT.replace("10/lenet_mnist", "10/new_lenet_mnist"), encoding="utf-8")
    git(hub, "add", "-A")
    git(hub, "commit", "-q", "-m", "a page")
    assert staged(hub)[:2] == (0, [])
    page.write_text(page.read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8")
    git(hub, "add", "-A")
    assert ("new_lenet_mnist.md", "MSH302", "error") in staged(hub)[1]
    assert ("new_lenet_mnist.md", "MSH302", "error") in staged(hub, "--diff", "master")[1]
    assert ("new_lenet_mnist.md", "MSH302", "notice") in staged(hub, "--diff", "HEAD")[1]


def test_a_merge_is_not_asked_about_what_the_other_side_brought(hub: Path) -> None:
    git(hub, "checkout", "-q", "-b", "work")
    (hub / PAGE).write_text(GOOD.replace("evaluation: -", "evaluation: acc99"), encoding="utf-8")
    git(hub, "commit", "-q", "-a", "-m", "mine")
    git(hub, "checkout", "-q", "master")
    (hub / ASSETS / "theirs_lenet_mnist.md").write_text(SHORT, encoding="utf-8")
    git(hub, "add", "-A")
    git(hub, "commit", "-q", "-m", "theirs")
    git(hub, "checkout", "-q", "work")
    git(hub, "merge", "-q", "--no-commit", "--no-ff", "master")
    assert staged(hub) == (0, [], "")


@pytest.mark.parametrize(("lang", "words"), [("en", "is in conflict"), ("zh", "合并冲突")])
def test_a_conflict_is_named_and_is_no_verdict(hub: Path, lang: str, words: str) -> None:
    for branch, value in (("work", "acc99"), ("master", "acc98")):
        git(hub, "checkout", "-q", *(["-b"] if branch == "work" else []), branch)
        (hub / PAGE).write_text(GOOD.replace("evaluation: -", f"evaluation: {value}"), encoding="utf-8")
        git(hub, "commit", "-q", "-a", "-m", branch)
    git(hub, "merge", "-q", "work", code=1)
    code, found, said = staged(hub, lang=lang)
    assert (code, found) == (3, [])
    assert words in said
    assert PAGE in said


def test_links_and_files_that_are_only_announced_are_left_out(hub: Path) -> None:
    (hub / ASSETS / "link.md").symlink_to("/etc/passwd")
    git(hub, "add", "-A")
    (hub / ASSETS / "later_lenet_mnist.md").write_text(SHORT, encoding="utf-8")
    git(hub, "add", "--intent-to-add", "-A")
    assert staged(hub) == (0, [], "")


def test_names_that_git_would_quote(hub: Path) -> None:
    (hub / ASSETS / "新 lenet_mnist.md").write_text(SHORT, encoding="utf-8")
    git(hub, "add", "-A")
    assert ("新 lenet_mnist.md", "MSH302", "error") in staged(hub)[1]


@pytest.mark.parametrize(
    "arguments", [("--all",), ("mshub_res",), ("--watch",), ("--diff", "no-such-branch")]
)
def test_what_does_not_go_together(hub: Path, arguments: tuple[str, ...]) -> None:
    code, _, said = staged(hub, *arguments)
    assert code == 2
    assert said.startswith("hubbot: ")


def test_outside_a_repository(tmp_path: Path) -> None:
    assert staged(tmp_path)[0] == 2


@pytest.mark.parametrize("commit", [("-a",), ("--only", PAGE), ()])
def test_in_a_hook_of_git_the_commit_itself_is_judged(hub: Path, commit: tuple[str, ...]) -> None:
    """Git gives a hook an index of its own where the commit is not the whole of the usual one."""
    hook = hub / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -m bot check --staged --format concise\n"
    )
    hook.chmod(0o755)
    (hub / PAGE).write_text(without_author(GOOD), encoding="utf-8")
    if not commit:
        git(hub, "add", PAGE)
    refused = git(hub, "commit", "-m", "no author", *commit, code=1)
    assert f"{PAGE}:" in refused.stdout + refused.stderr
    (hub / PAGE).write_text(GOOD.replace("evaluation: -", "evaluation: acc99"), encoding="utf-8")
    git(hub, "add", PAGE)
    git(hub, "commit", "-q", "-m", "an accuracy", *commit)


def test_windows_line_ends_of_the_disk_are_no_matter_of_the_page(hub: Path) -> None:
    """With `core.autocrlf` every line of a work tree ends in CRLF, and no line of a commit does."""
    git(hub, "checkout", "-q", "-b", "work")
    text = GOOD.replace("evaluation: -", "evaluation: acc99").replace("\n", "\r\n")
    (hub / PAGE).write_bytes(text.encode())

    def rules(*arguments: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "check", "--format", "json", *arguments],
            cwd=hub, env={**ENVIRONMENT, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False,
        )  # fmt: skip
        return {one["rule"] for one in json.loads(done.stdout)["findings"]}

    assert "MSH103" in rules() & rules(PAGE)
    git(hub, "config", "core.autocrlf", "true")
    assert "MSH103" not in rules() | rules(PAGE) | rules(ASSETS)
    git(hub, "config", "core.autocrlf", "false")
    (hub / ".gitattributes").write_text("*.md text eol=crlf\n")
    assert "MSH103" not in rules() | rules(PAGE)


def test_the_hook_of_pre_commit_uses_it() -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert hooks["hubbot-check"]["entry"] == "hubbot check --staged"
    # It finds by itself what is staged; a commit that only removes pages has no file to give.
    assert (hooks["hubbot-check"]["pass_filenames"], hooks["hubbot-check"]["always_run"]) == (False, True)
    assert hooks["hubbot-check-files"]["entry"] == "hubbot check"
