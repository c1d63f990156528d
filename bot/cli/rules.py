"""`hubbot rules`: lists every rule with the severities that hold."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from bot.cli.terminal import columns, spoken
from bot.cli.words import say
from rules import policy, words
from rules.finding import Severity
from rules.output.visible import width
from rules.rule import catalogue


def add_parser(commands: Any) -> None:
    """Adds the command to the dispatcher's."""
    parser = commands.add_parser("rules", description=__doc__)
    parser.add_argument("--lang", choices=("zh", "en"), default=spoken(), help="language of the list")


def run(args: argparse.Namespace) -> int:
    """Prints a table: code, name, severity for changed and for untouched pages, summary.

    On a terminal too narrow for it each rule takes two lines.
    """
    heads = tuple(say(args.lang, name) for name in ("code", "name", "changed", "untouched", "what"))
    rows = [heads]
    chosen = policy.default()
    for rule in catalogue():
        weights = [_word(chosen.severity(rule, "", changed), args.lang) for changed in (True, False)]
        rows.append((rule.code, rule.name, weights[0], weights[1], words.summary(rule.code, args.lang)))
    room = [max(width(row[column]) for row in rows) for column in range(len(heads))]
    for row in rows:
        print(_row(row, room, folded=0 < columns(sys.stdout) < sum(room) + len(room)))
    return 0


def _row(row: Sequence[str], room: Sequence[int], *, folded: bool) -> str:
    if folded:
        return f"{row[0]} {row[1]} ({row[2]}, {row[3]})\n  {row[4]}"
    cells = [text + " " * (room[column] - width(text)) for column, text in enumerate(row[:-1])]
    return " ".join([*cells, row[-1]])


def _word(severity: Severity | None, lang: str) -> str:
    if severity is None:
        return say(lang, "silent")
    return str(words.words("output", lang)[severity.value])
