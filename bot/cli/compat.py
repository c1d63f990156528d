"""The hub's own `md_validator.py` and `get_sha256.py`, with the same flags and the same last lines.

What differs on purpose: every problem of every page is told and not the first of one, a page that cannot be
read fails and ends nothing, nothing is downloaded, colours are for terminals only, and the exit code is
honest (0 passed, 1 failed, 2 usage).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.cli import sha256
from bot.cli.ending import FINDINGS, OK, ended
from bot.cli.gather import from_branch, from_paths, page_files, read_bytes
from bot.cli.index import READMES
from bot.cli.repository import NoRepository, known_base, top
from bot.cli.terminal import has_colour, prepare, spoken
from bot.errors import CouldNotVerify, UserError
from rules import engine, policy, words
from rules.facts import Facts
from rules.finding import Severity
from rules.output.visible import visible
from rules.page import parse
from rules.rule import Subject

#: Green and red as the hub's tools have them.
_GREEN, _RED = "32", "31"


def md_validator(arguments: Sequence[str] | None = None) -> int:
    """`md_validator.py --check_path PATH`: one page, judged as new, or a directory.

    Of a directory in a Git repository the pages that differ from the merge base are judged as new, all others
    as untouched, which is how the bot judges them.
    """
    parser = argparse.ArgumentParser("md_validator.py", description="Check pages of MindSpore Hub")
    parser.add_argument(
        "--check_path",
        default="../assets/",
        help="Resource Directory or path of the Markdown file (default: ../assets/)",
    )
    prepare()
    return ended(lambda: _validated(parser.parse_args(arguments).check_path))


def get_sha256(arguments: Sequence[str] | None = None) -> int:
    """`get_sha256.py --file FILE`: prints `sha256: <hex>`; FILE may be an https address too."""
    parser = argparse.ArgumentParser("get_sha256.py", description="Get Sha256 from specific file")
    parser.add_argument("--file", required=True, help="which file to calculate the sha256")
    prepare()
    return ended(lambda: _digest(parser.parse_args(arguments).file))


def _digest(source: str) -> int:
    return sha256.run(argparse.Namespace(source=source, lang=spoken(), write=None))


def _validated(path: str) -> int:
    try:
        subjects, facts, unread = _subjects(path)
    except (UserError, CouldNotVerify) as error:
        print(error)
        return _last("Failed!", _RED, FINDINGS)
    return _judged(subjects, facts, unread)


def _subjects(text: str) -> tuple[list[Subject], Facts, dict[str, str]]:
    """The pages to judge, without those that describe a directory, and why others cannot be."""
    path, lang = Path(text), spoken()
    if not path.exists():
        raise UserError(f"{text} does not exist!")
    if path.is_file():
        if path.suffix != ".md":
            raise UserError(f"Input Path {text} does not end with .md")
        return from_paths([text], lang), Facts(), {}
    files = {at: file for at, file in page_files([text], lang).items() if file.name not in READMES}
    print(f"Checking Directory {text}, totally have {len(files)} markdown files.")
    found, unread = _read(files, lang)
    try:
        changed, facts = _changed(path, files, lang)
    except (UserError, CouldNotVerify) as error:
        return list(found.values()), Facts(), {**unread, text: str(error)}
    return list((found | changed).values()), facts, unread


def _read(files: Mapping[str, Path], lang: str) -> tuple[dict[str, Subject], dict[str, str]]:
    found: dict[str, Subject] = {}
    unread: dict[str, str] = {}
    for path, file in files.items():
        try:
            found[path] = Subject(parse(path, read_bytes(file, lang)), changed=False)
        except CouldNotVerify as error:
            unread[path] = str(error)
    return found, unread


def _changed(folder: Path, files: Mapping[str, Path], lang: str) -> tuple[dict[str, Subject], Facts]:
    """Those of the files that a branch changes of the repository that they are in; none outside of one."""
    try:
        root = top(lang, folder)
    except NoRepository:
        return {}, Facts()
    if not known_base(root, ""):
        return {}, Facts()
    subjects, facts = from_branch("", lang, root)
    standing = {one.page.path: one for one in subjects if not one.removed and one.page.path in files}
    # A hub within a hub has pages of the same paths.
    own = {at: one for at, one in standing.items() if files[at].resolve() == (root / at).resolve()}
    return own, facts if own else Facts()


def _judged(subjects: Sequence[Subject], facts: Facts, unread: Mapping[str, str]) -> int:
    told: dict[str, list[str]] = {subject.page.path: [] for subject in subjects}
    for finding in engine.check(subjects, facts, policy.default()):
        if finding.severity is Severity.ERROR:
            message = words.message(finding, spoken(), visible)
            place = f"{finding.span.line}:{finding.span.column}"
            told.setdefault(finding.path, []).append(f"{place} {finding.rule} {finding.name}: {message}")
    told |= {path: [reason] for path, reason in unread.items()}
    for path, lines in told.items():
        shown = _painted(" Failed", _RED) if lines else _painted("Passed!", _GREEN)
        print(f"Checking {visible(path)}...{shown}")
        for line in lines:
            print(f"  {line}")
    failed = any(told.values())
    return _last("Failed!", _RED, FINDINGS) if failed else _last("All Passed!", _GREEN, OK)


def _last(text: str, colour: str, code: int) -> int:
    print(_painted(text, colour))
    return code


def _painted(text: str, colour: str) -> str:
    return f"\x1b[1;{colour}m{text}\x1b[0m" if has_colour(sys.stdout) else text
