"""Stand-ins for the hub's tools: the same flags, the same last lines, and an exit code that tells."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from bot.cli import compat
from tests.cli.processes import ROOT

FIXTURES = ROOT / "tests/rules/fixtures"
GOOD = (FIXTURES / "msh206/good.md").read_text("utf-8")
BAD = (FIXTURES / "msh206/bad.md").read_text("utf-8")
BELOW = "mshub_res/assets/mindspore/1.10"


def tool(name: str, *args: str, cwd: Path) -> tuple[int, list[str]]:
    command = [sys.executable, "-W", "error", str(ROOT / f"tools/{name}.py"), *args]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout.splitlines() + done.stderr.splitlines()


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


def test_what_a_branch_changes_is_judged_as_new(hub: Path) -> None:
    def git(*args: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *identity, *args], cwd=hub, check=True, capture_output=True)

    short = GOOD.replace(GOOD.partition("asset-sha256: ")[2].partition("\n")[0], "0123abcd")
    (hub / BELOW / "lenet_mnist.md").write_text(short, "utf-8")
    git("init", "-q", "-b", "master")
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    assert tool("md_validator", cwd=hub / "mshub_res/tools")[0] == 0
    other = short.replace("10/lenet_mnist", "10/lenet_mnist2")
    (hub / BELOW / "lenet_mnist2.md").write_text(other, "utf-8")
    code, lines = tool("md_validator", cwd=hub / "mshub_res/tools")
    assert (code, lines[-1]) == (1, "Failed!")


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


def test_ctrl_c_ends_a_tool_as_it_ends_hubbot() -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    assert compat._interruptible(interrupted) == 130
