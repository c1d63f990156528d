"""Completion scripts: made from the commands, and working in a shell where one is at hand."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.cli.completion import SHELLS, commands
from bot.cli.main import COMMANDS
from tests.cli.processes import hubbot
from tests.cli.terminals import typed_at_bash


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_is_there(shell: str) -> None:
    done = hubbot("completion", shell)
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in COMMANDS)
    for command in commands().values():
        for option in command.options:
            assert any(name.lstrip("-") in done.stdout for name in option.names)
    assert "digest-mismatch" in done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_sound(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    script = tmp_path / "completion"
    script.write_text(hubbot("completion", shell).stdout, "utf-8")
    done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        (["hubbot", "expl"], ["explain"]),
        (["hubbot", "check", "--for"], ["--format"]),
        (["hubbot", "check", "--lang", ""], ["zh", "en"]),
        (["hubbot", "check", "--lang", "="], ["zh", "en"]),
        (["hubbot", "check", "--lang", "=", "z"], ["zh"]),
        (["hubbot", "check", "--format", "s"], ["sarif"]),
        (["hubbot", "audit", "--format", ""], ["text", "json"]),
        (["hubbot", "rul"], ["rules"]),
        (["hubbot", "check", "a"], ["a b.md", "a.md", "apart"]),
        (["hubbot", "check", r"a\ "], ["a b.md"]),
        (["hubbot", "check", '"a '], ["a b.md"]),
        (["hubbot", "check", "'a "], ["a b.md"]),
        (["hubbot", "rules", ""], []),
        (["hubbot", "explain", "digest-m"], ["digest-mismatch"]),
        (["hubbot", "completion", "f"], ["fish"]),
    ],
)
def test_bash_completes(words: list[str], answers: list[str], tmp_path: Path) -> None:
    script = tmp_path / "completion"
    script.write_text(hubbot("completion", "bash").stdout, "utf-8")
    quoted = " ".join(map(shlex.quote, words))
    asked = f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}"
    program = f'source {script}; {asked}; _hubbot; for name in "${{COMPREPLY[@]}}"; do echo "$name"; done'
    folder = tmp_path / "here"
    for name in ("apart", "rules"):
        (folder / name).mkdir(parents=True)
    for name in ("a b.md", "a.md"):
        (folder / name).touch()
    done = subprocess.run(["bash", "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    assert sorted(done.stdout.splitlines()) == sorted(answers)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("hubbot rul\t", "hubbot rules "),
        ("hubbot check a\\ \t", "a\\ b.md "),
        ("hubbot check ap\t", "apart/"),
    ],
)
def test_what_bash_puts_on_the_line(typed: str, shown: str, tmp_path: Path) -> None:
    """A name's blank is quoted and a directory gets its slash; no command does."""
    script = tmp_path / "completion"
    script.write_text(hubbot("completion", "bash").stdout, "utf-8")
    for name in ("apart", "rules"):
        (tmp_path / name).mkdir()
    (tmp_path / "a b.md").touch()
    assert shown in typed_at_bash(f"source {script}\n", typed, shown, tmp_path)


def test_of_an_unknown_shell_the_known_ones_are_named() -> None:
    done = hubbot("completion", "tcsh")
    assert done.returncode == 2
    assert all(shell in done.stderr for shell in SHELLS)
