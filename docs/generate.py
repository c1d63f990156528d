"""Writes the pages that are made from code: rules and failures in each language, the help of all commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bot.cli.main import COMMANDS
from bot.web.failures import UNREACHABLE, Failure, failures, groups
from bot.web.language import translator
from bot.web.words import installed
from rules import words
from rules.rule import Levels, Rule, catalogue

DOCS = Path(__file__).parent
#: Column at which argparse wraps, so that the pages do not depend on a terminal.
COLUMNS = "100"
#: A bar within a cell of a table.
BAR = "\\|"
SOURCE = "<!-- Made by `make docs`; a change here is lost. -->\n\n"


#: What the pages say around a rule's own words.
PHRASES = {
    "en": {
        "rules": "Rules",
        "head": "| code | name | asks that |",
        "changed": "On new or changed lines: {}.",
        "untouched": "On untouched ones: {}.",
        "off": "not reported",
        "other": "[中文]({})",
        "failures": "[Each of these failures with its cause and what to do]({})",
    },
    "zh": {
        "rules": "规则",
        "head": "| 编号 | 名称 | 要求 |",
        "changed": "新增或改动的内容：{}。",
        "untouched": "未改动的内容：{}。",
        "off": "不报告",
        "other": "[English]({})",
        "failures": "[每种情况的原因和处理方法]({})",
    },
}
FOLDERS = {"en": "rules", "zh": "rules/zh"}
FAILURES = {"en": "failures", "zh": "failures/zh"}
TO_FAILURES = {"en": "../failures/README.md", "zh": "../../failures/zh/README.md"}
ACROSS = {"en": "zh/{}", "zh": "../{}"}


def pages() -> Mapping[str, str]:
    """Every generated page by its path below `docs/`."""
    rules = sorted(catalogue(), key=lambda rule: rule.code)
    made = {"commands.md": SOURCE + _commands() + _comments()}
    for lang, folder in FOLDERS.items():
        made[f"{folder}/README.md"] = SOURCE + _index(rules, lang)
        made |= {f"{folder}/{rule.code}.md": SOURCE + _rule(rule, lang) for rule in rules}
    for lang, folder in FAILURES.items():
        made[f"{folder}/README.md"] = SOURCE + _failures(lang)
        made |= {f"{folder}/{one.name}.md": SOURCE + _failure(one, lang) for one in failures(lang)}
    return made


def _failures(lang: str) -> str:
    """The list of failures, by their groups."""
    say, other = translator(lang), PHRASES[lang]["other"].format(ACROSS[lang].format("README.md"))
    parts = [f"# {say('failures.title').unescape()}", other, say("failures.lead").unescape()]
    for group, some in groups(lang):
        lines = [f"- [{one.title}]({one.name}.md)" for one in some]
        parts += [f"## {say(f'failures.group.{group}').unescape()}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _failure(failure: Failure, lang: str) -> str:
    """What is seen, why, whose turn it is, what to do, and with which commands."""
    say, other = translator(lang), PHRASES[lang]["other"].format(ACROSS[lang].format(f"{failure.name}.md"))
    told = {
        "seen": "\n".join(f"- {words}" for words in failure.seen),
        "cause": failure.cause,
        "turn": say(f"failures.turn.{failure.turn}").unescape(),
        "fix": failure.fix,
        "run": "\n".join(f"- `{command}`" for command in failure.run),
    }
    parts = [f"# {failure.title}", other]
    for name, text in told.items():
        parts += [f"## {say(f'failures.{name}').unescape()}", text] if text else []
    return "\n\n".join(parts) + "\n"


def _comments() -> str:
    """The commands of comments as a table in each language."""
    parts = ["\n## In comments\n"]
    for lang, head in (
        ("en", "| comment | what it does | who may |"),
        ("zh", "| 评论 | 作用 | 谁可以使用 |"),
    ):
        rows = [
            f"| {'<br>'.join(f'`{name}`' for name in (line.usage.replace('|', BAR), *line.aliases))} "
            f"| {line.what} | {line.who} |"
            for line in installed().commands(lang)
        ]
        parts.append("\n".join([head, "|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def _rule(rule: Rule, lang: str) -> str:
    other = PHRASES[lang]["other"].format(ACROSS[lang].format(f"{rule.code}.md"))
    parts = [f"# {rule.code} {rule.name}", other]
    own = words.own_page(rule, lang)
    if not own:
        parts.append(f"{words.summary(rule.code, lang)}\n{words.why(rule.code, lang)}")
    parts += [_severity(rule.levels, lang), words.page(rule, lang)]
    if rule.code == UNREACHABLE:
        parts.append(PHRASES[lang]["failures"].format(TO_FAILURES[lang]))
    return "\n\n".join(parts) + "\n"


def _severity(levels: Levels, lang: str) -> str:
    phrases, output = PHRASES[lang], words.words("output", lang)
    shown = [output[level] if level else phrases["off"] for level in (levels.changed, levels.untouched)]
    return f"{phrases['changed'].format(shown[0])}\n{phrases['untouched'].format(shown[1])}"


def _index(rules: list[Rule], lang: str) -> str:
    phrases = PHRASES[lang]
    rows = [f"| [{r.code}]({r.code}.md) | {r.name} | {words.summary(r.code, lang)} |" for r in rules]
    other = phrases["other"].format(ACROSS[lang].format("README.md"))
    return "\n".join([f"# {phrases['rules']}", "", other, "", phrases["head"], "|---|---|---|", *rows]) + "\n"


def _commands() -> str:
    parts = ["# Commands"]
    for command in COMMANDS:
        shown = subprocess.run(  # noqa: S603 - our own commands
            [sys.executable, "-m", "bot", command, "--help"],
            env={**os.environ, "COLUMNS": COLUMNS, "LC_ALL": "C.UTF-8"},
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
    for stale in [path for folder in ("rules", "failures") for path in (DOCS / folder).rglob("*.md")]:
        if stale.relative_to(DOCS).as_posix() not in made:
            stale.unlink()
    for name, text in made.items():
        target = DOCS / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
