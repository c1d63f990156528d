"""The help of commands in Chinese: whole, within the terminal, and English where that is asked for."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bot.cli.check import FORMATS
from bot.cli.chinese import SOURCE, folded, help_of, name_of, words
from bot.cli.main import COMMANDS, main
from bot.cli.usage import Parser
from rules.output.visible import width
from rules.words import phrases
from tests.cli.processes import ROOT

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of every command, and of every command of a command."""
    holder = Parser(prog="hubbot").add_subparsers(prog="hubbot")
    for module, _, _ in COMMANDS.values():
        importlib.import_module(module).add_parser(holder)
    return dict(_below(holder))


def _below(holder: argparse._SubParsersAction[Parser]) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for parser in holder.choices.values():
        yield parser.prog.removeprefix("hubbot "), parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                yield from _below(action)


PARSERS = parsers()


def arguments(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action._choices_actions
        elif action.help != argparse.SUPPRESS:
            yield action


@pytest.mark.parametrize("command", PARSERS)
def test_no_argument_lacks_its_words_and_no_words_their_argument(command: str) -> None:
    own = phrases(SOURCE)[command]
    named = {"about", *(name_of(action) for action in arguments(PARSERS[command]))} - {"-h"}
    assert set(own) == named, f"{command}: see {SOURCE.name}"
    assert PARSERS[command].description or " " in command
    assert all(CHINESE.search(str(text)) for text in own.values())


def test_no_words_are_of_a_command_that_is_gone() -> None:
    assert set(phrases(SOURCE)) - {"common"} == set(PARSERS)


def test_what_the_english_help_lists_the_chinese_one_lists() -> None:
    assert all(name in words(PARSERS["check"])["--format"] for name in FORMATS)
    for command, parser in PARSERS.items():
        for action in arguments(parser):
            if "(default: " in (action.help or ""):
                assert "默认" in words(parser)[name_of(action)], f"{command} {name_of(action)}"


@pytest.mark.parametrize("command", PARSERS)
@pytest.mark.parametrize("columns", [80, 60])
def test_the_help_fits_the_terminal(command: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = help_of(PARSERS[command])
    assert shown.startswith(f"用法:  hubbot {command}")
    assert not {"usage:", "positional arguments", "options:", "show this help"} & set(shown.splitlines())
    assert max(width(line) for line in shown.splitlines()) <= columns
    lines = [line.lstrip() for line in shown.splitlines() if line]
    assert not [line for line in lines if line[0] in "，。；：、）"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_chinese_terminal_gets_chinese_help(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main([command, "--help"]) == 0
    assert not CHINESE.search(capsys.readouterr().out)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert main([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("用法:")
    assert "选项:" in shown
    assert str(words(PARSERS[command])["about"])[:8] in shown


@pytest.mark.parametrize(
    ("args", "begin"),
    [
        (["check", "--lang", "zh", "--help"], "用法:"),
        (["--lang=zh", "check", "--help"], "用法:"),
        (["check", "--lang", "en", "--help"], "usage:"),
        (["deliveries", "list", "--help"], "usage:"),
    ],
)
def test_the_language_of_the_help_can_be_asked_for(
    args: list[str], begin: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "LANG", "en_US.UTF-8" if begin == "用法:" or args[0] == "deliveries" else "zh_CN.UTF-8"
    )
    assert main(args) == 0
    assert capsys.readouterr().out.startswith(begin)


def test_no_sign_begins_a_line_and_no_word_is_broken() -> None:
    assert list(folded("模型（https://x.org/y）。好", 12)) == ["模型", "（https://x.org/y）。", "好"]
    assert list(folded("一二三四五六", 6)) == ["一二三", "四五六"]
    assert list(folded("", 6)) == [""]


def test_only_the_help_needs_its_words() -> None:
    program = (
        "import sys; from bot.cli.main import main; code = main(sys.argv[1:]);"
        "print({'yaml', 'bot.cli.chinese'} & set(sys.modules)); sys.exit(code)"
    )
    for args, loaded in (
        (["sha256", __file__], "set()"),
        (["sha256", "--nonsense"], "set()"),
        (["--help"], "set()"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", program, *args],
            cwd=ROOT, env={"PATH": os.environ["PATH"], "LANG": "zh_CN.UTF-8"},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.stdout.splitlines()[-1] == loaded, done.stderr
