"""`hubbot check --watch`: it ends where it was asked wrongly, and watches where it can."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.watch import watch
from tests.cli.processes import ROOT, hubbot

PAGE = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    page = tmp_path / PAGE
    page.parent.mkdir(parents=True)
    page.write_bytes((ROOT / "tests/rules/fixtures/msh303/good.md").read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--diff", "no-such"), 2),
        (("--format", "xml"), 2),
        (("--all", "--diff", "master"), 2),
        (("no-such.md",), 2),
        (("x" * 300,), 3),
    ],
)
def test_who_asks_wrongly_does_not_wait(hub: Path, arguments: tuple[str, ...], code: int) -> None:
    subprocess.run(["git", "init", "-q", "-b", "master", "."], cwd=hub, check=True)
    done = hubbot("check", "--watch", *arguments, cwd=hub)
    assert done.returncode == code
    assert done.stderr.startswith("hubbot: ")
    assert "watching" not in done.stderr
    assert done.stdout == "hubbot: checking\nhubbot: checked\n"


def test_all_pages_are_watched_without_git(hub: Path) -> None:
    command = [sys.executable, "-u", "-m", "bot", "check", "--watch", "--all", "--format", "concise"]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "GIT_CEILING_DIRECTORIES": str(hub.parent)}
    with subprocess.Popen(command, cwd=hub, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert "watching 1 page" in first
    assert (process.returncode, "Traceback" in errors) == (130, False)


class Enough(Exception):
    """Ends a watch from within its pause."""


def test_a_mistake_that_comes_later_does_not_end_it(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page that an editor is just replacing is gone for a moment."""
    page, codes = hub / PAGE, [0, 2, 0]
    changes: list[Callable[[], object]] = [
        page.unlink,
        lambda: page.write_text("# again\n"),
        lambda: page.write_text("# once more\n"),
    ]
    steps = iter(changes)

    def pause(_seconds: float) -> None:
        step = next(steps, None)
        if step is None:
            raise Enough
        step()

    with pytest.raises(Enough):
        watch(lambda: codes.pop(0), [str(hub)], "en", pause)
    assert codes == []
    assert capsys.readouterr().err.count("watching 1 page") == 3
