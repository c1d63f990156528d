"""Exit codes that hold whatever becomes of the three standard streams."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.processes import ROOT, unread

FULL = Path("/dev/full")
BELOW = "mshub_res/assets/mindspore/1.10"
PAGE = f"{BELOW}/lenet_mnist.md"
BAD = f"{BELOW}/bad_mnist.md"
#: Commands of publishers that print something and end with 0 where they can.
CLEAN = (
    ["check", PAGE],
    ["check", "--format", "sarif", PAGE],
    ["rules"],
    ["schema"],
    ["explain", "MSH303"],
    ["sha256", PAGE],
    ["index", PAGE],
    ["completion", "bash"],
    ["--help"],
    ["--version"],
    ["check", "--help"],
)
needs_full = pytest.mark.skipif(not FULL.exists(), reason="a device that is always full is Linux's")


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    fixtures = ROOT / "tests/rules/fixtures/msh206"
    for name, source in ((PAGE, "good.md"), (BAD, "bad.md")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((fixtures / source).read_bytes())
    return tmp_path


def shell(redirection: str, args: Sequence[str], hub: Path, lang: str = "C") -> tuple[int, str, str]:
    """Runs a command behind a redirection of its streams; its code and what arrived of its output."""
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": lang}
    hubbot = [sys.executable, "-W", "error", "-m", "bot", *args]
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", *hubbot],
        cwd=hub, env=known, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@needs_full
@pytest.mark.parametrize("args", CLEAN, ids=" ".join)
def test_what_a_full_disk_did_not_take_is_not_finished(args: list[str], hub: Path) -> None:
    code, _, errors = shell(f">{FULL}", args, hub)
    assert (code, errors) == (3, "hubbot: the output cannot be written: No space left on device\n")


@needs_full
def test_a_full_disk_is_named_in_the_language_of_the_terminal(hub: Path) -> None:
    assert "无法写入输出" in shell(f">{FULL}", ["rules"], hub, "zh_CN.UTF-8")[2]


@needs_full
def test_a_message_that_could_not_be_written_is_not_finished_either(hub: Path) -> None:
    assert shell(f"2>{FULL}", ["check", "nowhere"], hub)[0] == 3


@needs_full
def test_a_file_that_could_not_be_written_is_named(hub: Path) -> None:
    code, _, errors = shell("", ["index", "--output", str(FULL), PAGE], hub)
    assert (code, errors) == (3, f"hubbot: cannot write {FULL}: No space left on device\n")


@pytest.mark.parametrize(
    ("args", "code"),
    [(["check", PAGE], 0), (["check", BAD], 1), (["rules"], 0), (["index", PAGE], 0), (["fix", PAGE], 0)],
)
@pytest.mark.parametrize("redirection", ["<&-", ">&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_missed_by_nobody(
    args: list[str], code: int, redirection: str, hub: Path
) -> None:
    assert shell(redirection, args, hub)[0] == code


def test_without_an_input_nothing_is_asked(hub: Path) -> None:
    code, _, errors = shell("<&-", ["new", "--print"], hub)
    assert code == 2
    assert "--model" in errors


@pytest.mark.parametrize("args", [*CLEAN, ["check", BAD], ["fix", "--diff", BAD]], ids=" ".join)
def test_who_has_seen_enough_ends_a_command_as_any_other_tool(args: list[str], hub: Path) -> None:
    assert unread(args, hub) == (141, "")


def test_a_pipe_that_closed_hides_no_error(hub: Path) -> None:
    code, errors = unread(["check", "nowhere"], hub)
    assert (code, errors) == (2, "hubbot: no such file or directory: nowhere\n")
