"""`hubbot schema`: prints the JSON Schema of a page's header, for editors."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from bot.cli.terminal import is_utf_8
from rules import policy
from rules.schema import schema


def add_parser(commands: Any) -> None:
    """Adds the command to the dispatcher's."""
    commands.add_parser("schema", description=__doc__)


def run(_args: argparse.Namespace) -> int:
    """Prints the schema with its Chinese in plain sight where the screen can show it."""
    text = json.dumps(schema(policy.default()), indent=2, ensure_ascii=not is_utf_8(sys.stdout))
    print(text)
    return 0
