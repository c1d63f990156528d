"""`hubbot new`: writes a new page, asking for what it was not told, and checks it at once."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.cli import scaffold
from bot.cli.ending import FINDINGS, OK
from bot.cli.questions import DIGEST, QUESTIONS, TRIES, Asker, Question, complaint, no_default
from bot.cli.terminal import spoken
from bot.cli.words import say
from bot.errors import CouldNotVerify, UserError
from rules import policy
from rules.page import ROOT


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
    asker = Asker(args.lang, sys.stdin.isatty() and sys.stdout.isatty())
    if args.conf:
        (first,) = (q for q in QUESTIONS if q.name == "model")
        print(scaffold.conf(_answer(asker, first, {}, given["model"])), end="")
        return OK
    answers: dict[str, str] = {}
    missing = []
    for question in QUESTIONS:
        if question.name == "sha256" and args.file and not given["sha256"]:
            given["sha256"] = _digest(args.file, args.lang)
        try:
            answers[question.name] = _answer(asker, question, answers, given[question.name])
        except LookupError:
            missing += [f"--{question.name}"] if question.default is no_default else []
    if missing:
        raise UserError(say(args.lang, "missing", "new", flags=" ".join(missing)))
    return _written(args, answers)


def _answer(asker: Asker, question: Question, answers: Mapping[str, str], given: str | None) -> str:
    """The answer that was given, asked for or is usual. Raises `LookupError` where there is none of these."""
    usual = question.default(answers, policy.default(), _git_name)
    if given is not None:
        if wrong := complaint(question, given.strip(), asker.lang):
            raise UserError(wrong)
        return given.strip()
    if asker.is_asking and question.is_asked:
        if question.name == "sha256":
            return _asked_digest(asker, question, answers)
        return asker.ask(question, answers, usual)
    if usual or not question.is_needed:
        return usual
    raise LookupError


def _asked_digest(asker: Asker, question: Question, answers: Mapping[str, str]) -> str:
    """A digest, or that of a file or of the address; who misspells a file's name loses no other answer."""
    for left in reversed(range(TRIES)):
        text = asker.ask(question, answers, "")
        if DIGEST.fullmatch(text):
            return text
        try:
            return _digest(text or answers["asset-link"], asker.lang)
        except (UserError, CouldNotVerify):
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def _digest(source: str, lang: str) -> str:
    from bot.cli.digests import digest_of

    code, digest = digest_of(source, lang)
    if not digest:
        kind = UserError if code == FINDINGS else CouldNotVerify
        raise kind(say(lang, "no-digest", "new", source=source))
    return digest


def _written(args: argparse.Namespace, answers: Mapping[str, str]) -> int:
    name = scaffold.file_name(answers["model"], answers["dataset"])
    below = f"{answers['publisher']}/{answers['version']}/{name}"
    text = scaffold.page(_fields(answers, below.removesuffix(".md")))
    if args.print:
        sys.stdout.write(text)
        return OK
    path = (Path(args.root) if args.root else _root()) / ROOT / below
    if path.exists() and not args.force:
        raise UserError(say(args.lang, "exists", "new", path=_shown(path)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise CouldNotVerify(say(args.lang, "cannot-write", path=path, detail=error.strerror)) from None
    print(say(args.lang, "written", "new", path=_shown(path)))
    code = _checked(path, args.lang)
    if code == OK:
        print(say(args.lang, "next", "new", path=_shown(path), model=answers["model"]))
    return code


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
