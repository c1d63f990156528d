"""`hubbot rules`: lists every rule with the severities that hold."""

from __future__ import annotations

import argparse
from typing import Any

from bot.cli.terminal import spoken
from bot.cli.words import say
from rules import policy, words
from rules.finding import Severity
from rules.rule import catalogue


def add_parser(commands: Any) -> None:
    """Adds the command to the dispatcher's."""
    parser = commands.add_parser("rules", help="list all rules", description=__doc__)
    parser.add_argument("--lang", choices=("zh", "en"), default=spoken(), help="language of the list")


def run(args: argparse.Namespace) -> int:
    """Prints a table: code, name, severity for changed and for untouched pages, summary."""
    heads = tuple(say(args.lang, name) for name in ("code", "name", "changed", "untouched", "what"))
    rows = [heads]
    chosen = policy.default()
    for rule in catalogue():
        weights = [_word(chosen.severity(rule, "", changed)) for changed in (True, False)]
        rows.append((rule.code, rule.name, weights[0], weights[1], words.summary(rule.code, args.lang)))
    for code, name, changed, untouched, what in rows:
        print(f"{code:<7} {name:<18} {changed:<8} {untouched:<9} {what}")
    return 0


def _word(severity: Severity | None) -> str:
    return "off" if severity is None else severity.value
