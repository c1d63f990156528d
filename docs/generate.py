"""Writes the pages that are made from code: a page for each rule, and the help of every command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bot.cli.main import COMMANDS
from rules import words
from rules.rule import Levels, Rule, catalogue

DOCS = Path(__file__).parent
#: Column at which argparse wraps, so that the pages do not depend on a terminal.
COLUMNS = "100"
SOURCE = "<!-- Made by `make docs`; a change here is lost. -->\n\n"


def pages() -> Mapping[str, str]:
    """Every generated page by its path below `docs/`."""
    rules = sorted(catalogue(), key=lambda rule: rule.code)
    made = {f"rules/{rule.code}.md": SOURCE + _rule(rule) for rule in rules}
    return {**made, "rules/README.md": SOURCE + _index(rules), "commands.md": SOURCE + _commands()}


def _rule(rule: Rule) -> str:
    parts = [f"# {rule.code} {rule.name}"]
    parts += [f"{words.summary(rule.code, lang)}\n{words.why(rule.code, lang)}" for lang in words.LANGUAGES]
    parts += [_severity(rule.levels), rule.page.strip()]
    return "\n\n".join(parts) + "\n"


def _severity(levels: Levels) -> str:
    changed, untouched = (level or "not reported" for level in (levels.changed, levels.untouched))
    return f"On new or changed lines: {changed}.\nOn untouched ones: {untouched}."


def _index(rules: list[Rule]) -> str:
    rows = [f"| [{r.code}]({r.code}.md) | {r.name} | {words.summary(r.code, 'en')} |" for r in rules]
    return "\n".join(["# Rules", "", "| code | name | asks that |", "|---|---|---|", *rows]) + "\n"


def _commands() -> str:
    parts = ["# Commands"]
    for command in COMMANDS:
        shown = subprocess.run(  # noqa: S603 - our own commands
            [sys.executable, "-m", "bot", command, "--help"],
            env={**os.environ, "COLUMNS": COLUMNS},
            cwd=DOCS.parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        parts.append(f"## hubbot {command}\n\n```\n{shown.stdout.rstrip()}\n```")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    made = pages()
    for stale in (DOCS / "rules").glob("*.md"):
        if f"rules/{stale.name}" not in made:
            stale.unlink()
    for name, text in made.items():
        target = DOCS / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
