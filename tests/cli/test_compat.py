"""Stand-ins for the hub's tools: the same flags, the same last lines, and an exit code that tells."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.processes import ROOT, unread

FIXTURES = ROOT / "tests/rules/fixtures"
GOOD = (FIXTURES / "msh206/good.md").read_text("utf-8")
BAD = (FIXTURES / "msh206/bad.md").read_text("utf-8")
BELOW = "mshub_res/assets/mindspore/1.10"
#: Of the kernel's prctl.h and capability.h.
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def tool(name: str, *args: str, cwd: Path, **env: str) -> tuple[int, list[str]]:
    command = [sys.executable, "-W", "error", str(ROOT / f"tools/{name}.py"), *args]
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **env}
    done = subprocess.run(
        command, cwd=cwd, env=known, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout.splitlines() + done.stderr.splitlines()


def git(folder: Path, *args: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", *identity, *args], cwd=folder, check=True, capture_output=True)


def cloned(hub: Path, page: str = GOOD) -> None:
    """The hub as a repository whose branch has changed its page."""
    git(hub, "init", "-q", "-b", "master")
    git(hub, "add", "-A")
    git(hub, "commit", "-q", "-m", "x")
    (hub / BELOW / "lenet_mnist.md").write_text(page, "utf-8")


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    folder = tmp_path / BELOW
    folder.mkdir(parents=True)
    (folder / "lenet_mnist.md").write_text(GOOD, "utf-8")
    (tmp_path / "mshub_res/assets/README.md").write_text("no page\n", "utf-8")
    (tmp_path / "mshub_res/tools").mkdir()
    return tmp_path


def test_a_sound_page_passes(hub: Path) -> None:
    code, lines = tool("md_validator", "--check_path", f"{BELOW}/lenet_mnist.md", cwd=hub)
    assert (code, lines) == (0, [f"Checking {BELOW}/lenet_mnist.md...Passed!", "All Passed!"])


def test_the_default_directory_is_the_tools_neighbour(hub: Path) -> None:
    code, lines = tool("md_validator", cwd=hub / "mshub_res/tools")
    assert (code, lines[0], lines[-1]) == (
        0,
        "Checking Directory ../assets/, totally have 1 markdown files.",
        "All Passed!",
    )


def test_every_problem_of_every_page_is_told(hub: Path) -> None:
    (hub / BELOW / "bad_mnist.md").write_text(BAD.replace("license: Apache2.0", "license: none"), "utf-8")
    (hub / BELOW / "broken_mnist.md").write_bytes(b"\xff---\n: [")
    for path in (f"{BELOW}/bad_mnist.md", BELOW):
        code, lines = tool("md_validator", "--check_path", path, cwd=hub)
        assert (code, lines[-1]) == (1, "Failed!")
    assert any(
        "MSH206" in line for line in tool("md_validator", "--check_path", f"{BELOW}/bad_mnist.md", cwd=hub)[1]
    )


def short(page: str) -> str:
    """With an invalid digest, which only new pages are failed for."""
    return page.replace(page.partition("asset-sha256: ")[2].partition("\n")[0], "0123abcd")


def test_what_a_branch_changes_is_judged_as_new(hub: Path) -> None:
    (hub / BELOW / "lenet_mnist.md").write_text(short(GOOD), "utf-8")
    cloned(hub, short(GOOD))
    assert tool("md_validator", cwd=hub / "mshub_res/tools")[0] == 0
    other = short(GOOD).replace("10/lenet_mnist", "10/lenet_mnist2")
    (hub / BELOW / "lenet_mnist2.md").write_text(other, "utf-8")
    code, lines = tool("md_validator", cwd=hub / "mshub_res/tools")
    assert (code, lines[-1]) == (1, "Failed!")


def test_a_branch_is_asked_about_where_the_pages_are(
    hub: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cloned(hub, short(GOOD))
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for path in (hub / "mshub_res/assets", hub / BELOW, hub):
        code, lines = tool("md_validator", "--check_path", str(path), cwd=elsewhere)
        assert (code, lines[-1]) == (1, "Failed!")
        assert any("0123abcd" in line for line in lines)


def test_the_pages_of_another_repository_are_its_own(
    hub: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / BELOW).mkdir(parents=True)
    (other / BELOW / "lenet_mnist.md").write_text(GOOD, "utf-8")
    cloned(hub, GOOD.replace("summary: ", "used-for: zz\nsummary: "))
    asked = ("--check_path", str(other / "mshub_res/assets"))
    assert tool("md_validator", *asked, cwd=hub)[1][-1] == "All Passed!"
    cloned(other, short(GOOD))
    code, lines = tool("md_validator", *asked, cwd=hub)
    assert (code, lines[-1]) == (1, "Failed!")
    assert not any("zz" in line for line in lines)
    assert any("0123abcd" in line for line in lines)


def test_a_hub_within_a_hub_is_not_the_hub(hub: Path) -> None:
    inner = hub / "copies" / BELOW
    inner.mkdir(parents=True)
    (inner / "lenet_mnist.md").write_text(GOOD, "utf-8")
    cloned(hub, short(GOOD))
    assert tool("md_validator", "--check_path", "copies", cwd=hub)[0] == 0


def test_where_git_refuses_nothing_passes(hub: Path) -> None:
    cloned(hub)
    code, lines = tool("md_validator", "--check_path", ".", cwd=hub, GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert (code, lines[-1]) == (1, "Failed!")
    assert any("safe.directory" in line for line in lines)
    assert f"Checking {BELOW}/lenet_mnist.md...Passed!" in lines


def as_anybody() -> None:
    """Root is refused no file; without these two capabilities of Linux it is, for good."""
    libc = ctypes.CDLL(None)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


@pytest.mark.parametrize("committed", [False, True])
def test_a_page_that_cannot_be_read_fails_and_ends_nothing(hub: Path, committed: bool) -> None:
    (hub / BELOW / "other_mnist.md").write_text(GOOD.replace("lenet_mnist", "other_mnist"), "utf-8")
    if committed:
        cloned(hub)
    (hub / BELOW / "lenet_mnist.md").chmod(0)
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/md_validator.py"), "--check_path", "."],
        cwd=hub, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}, preexec_fn=as_anybody,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[-1], done.stderr) == (1, "Failed!", "")
    assert f"Checking {BELOW}/other_mnist.md...Passed!" in lines
    failed = lines.index(f"Checking {BELOW}/lenet_mnist.md... Failed")
    assert "Permission denied" in lines[failed + 1]


@pytest.mark.parametrize("path", ["nowhere", "x.txt"])
def test_a_path_without_pages_fails(hub: Path, path: str) -> None:
    (hub / "x.txt").write_text("x", "utf-8")
    code, lines = tool("md_validator", "--check_path", path, cwd=hub)
    assert (code, lines[-1]) == (1, "Failed!")
    assert path in lines[0]


def test_a_digest_is_printed_as_the_hub_prints_it(hub: Path) -> None:
    (hub / "m.ckpt").write_bytes(b"model")
    assert tool("get_sha256", "--file", "m.ckpt", cwd=hub) == (0, [f"sha256: {sha256(b'model').hexdigest()}"])
    assert tool("get_sha256", "--file", "none.ckpt", cwd=hub)[0] == 1
    assert tool("get_sha256", cwd=hub)[0] == 2
    assert tool("md_validator", "--nonsense", cwd=hub)[0] == 2


@pytest.mark.parametrize("name", ["md_validator", "get_sha256"])
def test_without_hubbot_a_tool_says_what_to_install(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-S", "-E", str(ROOT / f"tools/{name}.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "pip install hubbot" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("args", [["md_validator", "--check_path", "."], ["get_sha256", "--file", __file__]])
def test_a_tool_ends_as_hubbot_does_where_nobody_reads(args: list[str], hub: Path) -> None:
    code, errors = unread(args[1:], hub, [str(ROOT / f"tools/{args[0]}.py")])
    assert (code, errors) == (141, "")
