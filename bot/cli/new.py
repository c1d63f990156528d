"""`hubbot new`: writes a new page, asking for what it was not told, and checks it at once."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.cli import scaffold, sha256
from bot.cli.ending import FINDINGS, OK
from bot.cli.questions import QUESTIONS, Asker, Question, complaint, tidied
from bot.cli.terminal import spoken
from bot.cli.words import say
from bot.errors import CouldNotVerify, UserError
from rules import policy
from rules.artifacts.digest import is_digest, is_hex, repaired
from rules.page import ROOT

#: Whoever has no digest by then has none yet, and can add it to the page later.
TRIES = 3


def add_parser(commands: Any) -> None:
    """Adds the command to the dispatcher's."""
    parser = commands.add_parser("new", description=__doc__)
    for question in QUESTIONS:
        parser.add_argument(f"--{question.name}", metavar="TEXT", help=question.help)
    parser.add_argument(
        "--file", metavar="FILE|URL", help="your copy of the model file, to compute its sha256 of"
    )
    parser.add_argument("--root", metavar="DIR", help="the hub's directory (default: found from here)")
    parser.add_argument("--print", action="store_true", help="print the page and write nothing")
    parser.add_argument(
        "--conf", action="store_true", help="print a mindspore_hub_conf.py for the model instead"
    )
    parser.add_argument("--force", action="store_true", help="write over a page that is there")
    parser.add_argument(
        "--lang", choices=("zh", "en"), default=spoken(), help="language of questions and messages"
    )


def run(args: argparse.Namespace) -> int:
    """Returns what `hubbot check` says of the new page; 2 usage, 3 could not finish."""
    given = {q.name: getattr(args, q.name.replace("-", "_")) for q in QUESTIONS}
    _vet(given, args.lang)
    if args.file and not args.conf:
        given["sha256"] = _of_file(args.file, given["sha256"], args.lang)
    asker = Asker(args.lang, sys.stdin.isatty() and sys.stdout.isatty())
    answers = _answers(asker, [q for q in QUESTIONS if q.name == "model" or not args.conf], given)
    if args.conf:
        print(scaffold.conf(answers["model"]), end="")
        return OK
    return _written(args, answers, asker)


def _vet(given: dict[str, str | None], lang: str) -> None:
    """Tidies what was given, and refuses what is wrong before anything is asked. Raises `UserError`."""
    for question in QUESTIONS:
        text = given[question.name]
        if text is None:
            continue
        given[question.name] = tidy = tidied(question, text)
        if wrong := complaint(question, tidy, lang):
            raise UserError(wrong)


def _of_file(source: str, declared: str | None, lang: str) -> str:
    """The digest of the file, which must be the one that was given too, if one was. Raises `UserError`."""
    digest = _digest(source, lang)
    if declared not in (None, digest):
        raise UserError(say(lang, "two-digests", "new", file=source, digest=digest))
    return digest


def _answers(asker: Asker, questions: Sequence[Question], given: Mapping[str, str | None]) -> dict[str, str]:
    """What was given, is asked for or is usual. Raises `UserError` that names what is none of these."""
    answers: dict[str, str] = {}
    missing = []
    for question in questions:
        try:
            answers[question.name] = _answer(asker, question, answers, given[question.name])
        except KeyError:
            continue  # what is usual hangs on something that is missing itself
        except LookupError:
            missing.append(f"--{question.name}")
    if missing:
        raise UserError(say(asker.lang, "missing", "new", flags=" ".join(missing)))
    return answers


def _answer(asker: Asker, question: Question, answers: Mapping[str, str], given: str | None) -> str:
    """One answer. Raises `LookupError` where there is none, `KeyError` where another one must come first."""
    if given is not None:
        return given
    usual = question.default(answers, policy.default(), _git_name)
    if asker.is_asking and (question.is_asked or not usual):
        if question.name == "sha256":
            return _asked_digest(asker, question, answers)
        return asker.ask(question, answers, usual)
    if usual or not question.is_needed:
        return usual
    raise LookupError(question.name)


def _asked_digest(asker: Asker, question: Question, answers: Mapping[str, str]) -> str:
    """A digest, or that of a file or of the address; empty after some tries, so that no answer is lost."""
    for _ in range(TRIES):
        text = asker.ask(question, answers, "")
        if is_digest(text):
            return text
        if is_hex(repaired(text)) and not os.path.lexists(text):
            print(f"  {complaint(question, text, asker.lang)}")
            continue
        with contextlib.suppress(UserError, CouldNotVerify):
            return _digest(text or answers["asset-link"].strip("<>"), asker.lang)
    print(f"  {say(asker.lang, 'left-open', 'new')}")
    return ""


def _digest(source: str, lang: str) -> str:
    code, digest = sha256.measured(source, lang)
    if not digest:
        kind = UserError if code == FINDINGS else CouldNotVerify
        raise kind(say(lang, "no-digest", "new", source=source))
    return digest


def _written(args: argparse.Namespace, answers: Mapping[str, str], asker: Asker) -> int:
    name = scaffold.file_name(answers["model"], answers["dataset"])
    below = f"{answers['publisher']}/{answers['version']}/{name}"
    text = scaffold.page(_fields(answers, below.removesuffix(".md")))
    if args.print:
        sys.stdout.write(text)
        return OK
    path = (Path(args.root) if args.root else _root()) / ROOT / below
    try:
        _save(path, text, args)
    except (UserError, CouldNotVerify):
        sys.stdout.write(text if asker.is_asking else "")  # what somebody has typed is not to be lost
        raise
    print(say(args.lang, "written", "new", path=_shown(path)))
    code = _checked(path, args.lang)
    if not answers["sha256"]:
        print(say(args.lang, "no-sha256", "new", path=_shown(path)))
    elif code == OK:
        print(say(args.lang, "next", "new", path=_shown(path), model=answers["model"]))
    return code


def _save(path: Path, text: str, args: argparse.Namespace) -> None:
    try:
        if path.exists() and not args.force:
            raise UserError(say(args.lang, "exists", "new", path=_shown(path)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise CouldNotVerify(say(args.lang, "cannot-write", path=path, detail=error.strerror)) from None


def _fields(answers: Mapping[str, str], uid: str) -> dict[str, str]:
    """The page's fields from the answers."""
    same = (
        "module-type",
        "fine-tunable",
        "evaluation",
        "author",
        "used-for",
        "license",
        "summary",
        "user-id",
    )
    fields = {name: answers[name] for name in (*same, "paper", "paper-link")}
    return fields | {
        "model-name": answers["model"],
        "backbone-name": answers["backbone"],
        "model-version": answers["version"],
        "mindspore-version": answers["version"],
        "train-dataset": answers["dataset"],
        "update-time": time.strftime("%Y-%m-%d"),
        "repo-link": f"<{answers['repo-link'].strip('<>')}>",
        "file-format": answers["format"],
        "asset-link": f"<{answers['asset-link'].strip('<>')}>",
        "asset-sha256": answers["sha256"],
        "uid": uid,
    }


def _checked(path: Path, lang: str) -> int:
    check = importlib.import_module("bot.cli.check")
    return int(check.run(check.arguments("--lang", lang, str(path))))


def _root() -> Path:
    """The nearest directory that holds a hub, or a repository, or this one."""
    here = Path.cwd()
    for kind in (ROOT, ".git"):
        found = next((folder for folder in (here, *here.parents) if (folder / kind).exists()), None)
        if found:
            return found
    return here


def _shown(path: Path) -> str:
    """A path as it is typed from here."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.as_posix()


def _git_name() -> str:
    command = ["git", "config", "user.name"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=5)  # noqa: S603 - a constant
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").strip()
