"""`hubbot explain`: says what a rule asks for, why, and what wrong and right pages look like."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from bot.cli.ending import OK, USAGE
from bot.cli.terminal import spoken
from bot.cli.words import say
from rules import words
from rules.nearest import nearest
from rules.output.visible import visible
from rules.rule import catalogue, find

#: A shorter part of a name is in too many of them.
SHORTEST = 3


def add_parser(commands: Any) -> None:
    """Adds the command to the dispatcher's."""
    parser = commands.add_parser("explain", description=__doc__)
    parser.add_argument("code", metavar="CODE", help="code or name of a rule: MSH303, 303, digest-mismatch")
    parser.add_argument("--lang", choices=("zh", "en"), default=spoken(), help="language of the explanation")


def run(args: argparse.Namespace) -> int:
    """Prints a rule's page; an unknown rule is a usage error."""
    rule = find(args.code)
    if rule is None:
        print(f"hubbot: {say(args.lang, 'no-rule', code=visible(args.code))}", file=sys.stderr)
        if near := ", ".join(_meant(args.code)):
            print(f"  {say(args.lang, 'rule-meant', near=near)}", file=sys.stderr)
        return USAGE
    print(f"{rule.code} {rule.name}\n")
    page = words.own_page(rule, args.lang)
    if not page:
        print(f"{words.summary(rule.code, args.lang)}\n\n{words.why(rule.code, args.lang)}\n")
    print(page or words.page(rule, args.lang))
    return OK


def _meant(word: str) -> list[str]:
    """The names that hold what was asked for, else the one that is nearest."""
    names = [rule.name for rule in catalogue()]
    asked = word.strip().lower()
    holding = [name for name in names if len(asked) >= SHORTEST and asked in name]
    near = nearest(asked, names)
    return holding or ([near] if near else [])
