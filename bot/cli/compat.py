"""The hub's own `md_validator.py` and `get_sha256.py`, with the same flags and the same last lines.

What differs on purpose: every problem of every page is told and not the first of one, a page that cannot be
read never ends the run, nothing is downloaded, colours are for terminals only, and the exit code is honest
(0 passed, 1 failed, 2 usage).
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.cli import sha256
from bot.cli.gather import from_branch, from_hub, from_paths
from bot.cli.index import READMES
from bot.cli.terminal import has_colour, prepare, spoken
from bot.errors import CouldNotVerify, UserError
from rules import engine, policy, words
from rules.facts import Facts
from rules.finding import Finding, Severity
from rules.output.visible import visible
from rules.rule import Subject

PASSED, FAILED, USAGE = 0, 1, 2
#: Green and red as the hub's tools have them.
_GREEN, _RED = "32", "31"


def md_validator(arguments: Sequence[str] | None = None) -> int:
    """`md_validator.py --check_path PATH`: one page, judged as new, or a directory.

    Of a directory in a Git repository the pages that differ from the merge base are judged as new, all others
    as untouched, which is how the bot judges them.
    """
    prepare()
    parser = argparse.ArgumentParser("md_validator.py", description="Check pages of MindSpore Hub")
    parser.add_argument(
        "--check_path",
        default="../assets/",
        help="Resource Directory or path of the Markdown file (default: ../assets/)",
    )
    args = parser.parse_args(arguments)
    return _interruptible(lambda: _validated(args.check_path))


def _validated(path: str) -> int:
    try:
        subjects, facts = _subjects(path)
    except (UserError, CouldNotVerify) as error:
        print(error)
        return _last("Failed!", _RED, FAILED)
    return _judged(subjects, facts)


def _interruptible(work: Callable[[], int]) -> int:
    """Ctrl-C ends the tools as it ends `hubbot`, without a traceback."""
    try:
        return work()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def get_sha256(arguments: Sequence[str] | None = None) -> int:
    """`get_sha256.py --file FILE`: prints `sha256: <hex>`; FILE may be an https address too."""
    prepare()
    parser = argparse.ArgumentParser("get_sha256.py", description="Get Sha256 from specific file")
    parser.add_argument("--file", required=True, help="which file to calculate the sha256")
    args = parser.parse_args(arguments)
    asked = argparse.Namespace(source=args.file, lang=spoken(), write=None)
    return _interruptible(lambda: sha256.run(asked))


def _subjects(text: str) -> tuple[list[Subject], Facts]:
    """The pages to judge, without those that describe a directory."""
    path, lang = Path(text), spoken()
    if not path.exists():
        raise UserError(f"{text} does not exist!")
    if path.is_file():
        if path.suffix != ".md":
            raise UserError(f"Input Path {text} does not end with .md")
        return from_paths([text], lang), Facts()
    changed, facts = _changed(lang)
    found = {s.page.path: s for s in from_hub(text, lang) if s.page.path.rpartition("/")[2] not in READMES}
    found |= {s.page.path: s for s in changed if s.page.path in found}
    print(f"Checking Directory {text}, totally have {len(found)} markdown files.")
    return list(found.values()), facts


def _changed(lang: str) -> tuple[list[Subject], Facts]:
    try:
        subjects, facts = from_branch("", lang)
    except (UserError, CouldNotVerify):
        return [], Facts()
    return [subject for subject in subjects if not subject.removed], facts


def _judged(subjects: Sequence[Subject], facts: Facts) -> int:
    found: dict[str, list[Finding]] = {subject.page.path: [] for subject in subjects}
    for finding in engine.check(subjects, facts, policy.default()):
        if finding.severity is Severity.ERROR:
            found.setdefault(finding.path, []).append(finding)
    failed = 0
    for path, findings in found.items():
        shown = _painted(" Failed", _RED) if findings else _painted("Passed!", _GREEN)
        print(f"Checking {visible(path)}...{shown}")
        failed += bool(findings)
        for finding in findings:
            message = words.message(finding, spoken(), visible)
            print(f"  {finding.span.line}:{finding.span.column} {finding.rule} {finding.name}: {message}")
    return _last("Failed!", _RED, FAILED) if failed else _last("All Passed!", _GREEN, PASSED)


def _last(text: str, colour: str, code: int) -> int:
    print(_painted(text, colour))
    return code


def _painted(text: str, colour: str) -> str:
    return f"\x1b[1;{colour}m{text}\x1b[0m" if has_colour(sys.stdout) else text
