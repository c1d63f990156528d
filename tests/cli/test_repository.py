"""Where Git itself refuses, its own words are said, in the language of the terminal where Git has it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.processes import ROOT, hubbot

BELOW = "mshub_res/assets/mindspore/1.10"
GOOD = (ROOT / "tests/rules/fixtures/msh206/good.md").read_text("utf-8")


def git(folder: Path, *args: str) -> str:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    done = subprocess.run(["git", *identity, *args], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A repository whose branch changes the one page of its master."""
    page = tmp_path / BELOW / "lenet_mnist.md"
    page.parent.mkdir(parents=True)
    page.write_text(GOOD, "utf-8")
    git(tmp_path, "init", "-q", "-b", "master")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "x")
    git(tmp_path, "switch", "-q", "-c", "mine")
    page.write_text(GOOD.replace("summary: ", "summary: My "), "utf-8")
    git(tmp_path, "commit", "-q", "-a", "-m", "y")
    return tmp_path


LANGUAGES = [("en_US.UTF-8", "git failed:"), ("zh_CN.UTF-8", "git 运行失败：")]


@pytest.mark.parametrize(("locale", "words"), LANGUAGES)
@pytest.mark.parametrize("args", [["check"], ["check", "--staged"], ["fix"]], ids=" ".join)
def test_a_repository_of_another_user_is_named_with_the_remedy(
    args: list[str], locale: str, words: str, hub: Path
) -> None:
    done = hubbot(*args, cwd=hub, LANG=locale, GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert done.returncode == 2, done.stdout
    assert words in done.stderr
    assert "dubious ownership" in done.stderr
    assert f"git config --global --add safe.directory {hub}" in done.stderr


@pytest.mark.parametrize(("locale", "words"), LANGUAGES)
@pytest.mark.parametrize("args", [["check"], ["check", "--staged"], ["fix"]], ids=" ".join)
def test_what_git_says_is_wrong_is_said(args: list[str], locale: str, words: str, hub: Path) -> None:
    (hub / ".git/index").write_bytes(b"no index")
    done = hubbot(*args, cwd=hub, LANG=locale)
    assert done.returncode == 3
    assert words in done.stderr
    said = done.stderr.partition(words)[2].strip()
    assert said not in ("", "diff", "ls-files"), "Git's command alone tells nothing"


def test_an_object_that_is_gone_is_named(hub: Path) -> None:
    oid = git(hub, "rev-parse", f"master:{BELOW}/lenet_mnist.md")
    (hub / f".git/objects/{oid[:2]}/{oid[2:]}").unlink()
    done = hubbot("check", cwd=hub)
    assert (done.returncode, oid in done.stderr) == (3, True)


def test_names_in_gits_words_steer_no_terminal(hub: Path) -> None:
    odd = hub.parent / "o\x1b[31md"
    hub.rename(odd)
    done = hubbot("check", cwd=odd, GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert done.returncode == 2
    assert "safe.directory" in done.stderr
    assert "\x1b" not in done.stderr


def test_outside_of_a_repository_in_any_language_one_is_asked_for(tmp_path: Path) -> None:
    known = {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent), "LC_ALL": "zh_CN.UTF-8"}
    done = hubbot("check", cwd=tmp_path, **known)
    assert (done.returncode, "请指定要检查的页面" in done.stderr) == (2, True)


def test_without_git_that_is_what_is_said(hub: Path) -> None:
    done = hubbot("check", cwd=hub, PATH=os.fspath(hub))
    assert (done.returncode, "git is not installed" in done.stderr) == (2, True)
