"""The help of each command in Chinese: the same arguments, with the words of `locale/zh/help.yaml`."""

from __future__ import annotations

import argparse
import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rules.output.visible import width
from rules.words import phrases

SOURCE = Path(__file__).with_name("locale") / "zh" / "help.yaml"
_HEADINGS = {"positional arguments": "参数", "options": "选项"}
#: As wide as argparse's own, by which it sets further lines of the usage in.
_ENGLISH, _CHINESE = "usage: ", "用法:  "
#: What no line is broken within: a word of Latin letters or a Chinese character, with the signs around it.
_PART = re.compile(r"（*(?:[!-~]+|[^!-~\s])[，。；：、）？]*|\s+")


def help_of(parser: argparse.ArgumentParser) -> str:
    """What `--help` prints; what has no Chinese words keeps its English ones."""
    known = words(parser)
    formatter = _Formatter(parser.prog)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups)
    formatter.add_text(known.get("about", parser.description))
    for group in parser._action_groups:
        formatter.start_section(_HEADINGS.get(group.title or "", group.title))
        formatter.add_arguments(_told(action, known) for action in group._group_actions)
        formatter.end_section()
    return formatter.format_help()


def words(parser: argparse.ArgumentParser) -> Mapping[str, str]:
    """The Chinese words of one command, and those that all have."""
    catalogue: Mapping[str, Mapping[str, Any]] = phrases(SOURCE)
    return {**catalogue["common"], **catalogue.get(parser.prog.partition(" ")[2], {})}


def name_of(action: argparse.Action) -> str:
    """By what an argument is found in the catalogue."""
    return action.option_strings[0] if action.option_strings else action.dest


def _told(action: argparse.Action, known: Mapping[str, str]) -> argparse.Action:
    """The argument with its Chinese words; those below it are the commands of a command."""
    told = copy.copy(action)
    told.help = known.get(name_of(action), action.help)
    if isinstance(told, argparse._SubParsersAction):
        told._choices_actions = [_told(one, known) for one in told._choices_actions]
    return told


class _Formatter(argparse.HelpFormatter):
    """Folds lines by the columns of a terminal, of which a Chinese character takes two."""

    def _format_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None) -> str:
        return super()._format_usage(usage, actions, groups, prefix).replace(_ENGLISH, _CHINESE, 1)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(f"{indent}{line}" for line in folded(text, width - len(indent)))

    def _split_lines(self, text: str, width: int) -> list[str]:
        return list(folded(text, width))


def folded(text: str, columns: int) -> Iterator[str]:
    """The lines of a text that is to be no wider than `columns`."""
    line = ""
    for part in _PART.findall(text):
        if line and width(line + part.rstrip()) > columns:
            yield line.rstrip()
            line = ""
        line += part if line else part.lstrip()
    yield line.rstrip()
