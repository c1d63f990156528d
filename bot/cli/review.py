"""`hubbot review`: one pull request reviewed once, the result printed; `--post` posts it."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import threading
from typing import Any

from bot import settings
from bot.cli.ending import FINDINGS, OK, UNFINISHED
from bot.cli.terminal import spoken
from bot.cli.words import say
from bot.errors import CouldNotVerify, ForgeError, UserError
from bot.model import PullRef

#: The addresses of a pull request in a browser, and of a repository as Git knows it: with a credential, a
#: port, or the host that GitHub has for SSH where only port 443 is open.
PULL_URL = re.compile(
    r"(?i)https?://(?:[^@/]*@)?(?:www\.)?(github|gitee)\.com/([\w.-]+/[\w.-]+)/pulls?/(\d{1,10})(?:[/?#].*)?"
)
REMOTE_URL = re.compile(
    r"(?i)((?:https?|ssh)://)?(?:[^@/]*@)?(?:www\.|ssh\.)?(github|gitee)\.com(?(1)(?::\d+)?/|:)"
    r"([\w.-]+/[\w.-]+?)(?:\.git)?/?"
)
_CREDENTIAL = re.compile(r"//[^@/]*@")


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "review",
        description="Reviews one pull request of GitHub or Gitee once and prints the comment it would post.",
    )
    parser.add_argument(
        "pull", metavar="URL|NUMBER", help="its address, or its number in this folder's repository"
    )
    parser.add_argument("--post", action="store_true", help="post the review (needs a token that may)")
    parser.add_argument("--lang", choices=["zh", "en"], help="language of the result")


def run(args: argparse.Namespace) -> int:
    from bot.flows import once
    from bot.review.report import Verdict, verdict

    ref = _ref(args.pull, args.lang)
    chosen = settings.for_one_pull(os.environ, ref, post=args.post)
    token = chosen.github.token if chosen.github is not None else chosen.gitee and chosen.gitee.token
    try:
        with once.apart(chosen, compares_tree=ref.forge != "gitee" and bool(token)) as world:
            report = once.review(world, ref, threading.Event())
    except (ForgeError, CouldNotVerify) as error:
        print(f"hubbot: {_say(args.lang, 'failed', ref=ref, error=error)}", file=sys.stderr)
        if not token:
            print(_say(args.lang, "no-token", variable=f"{ref.forge.upper()}_TOKEN"), file=sys.stderr)
        return UNFINISHED
    if report is None:
        print(_say(args.lang, "not-open", ref=ref))
        return OK
    print(once.summary(report, args.lang or report.language))
    found = verdict(report)
    if found in (Verdict.PASSED, Verdict.NOTHING_TO_CHECK):
        return OK
    return FINDINGS if found is Verdict.FAILED else UNFINISHED


def _say(lang: str | None, name: str, **values: object) -> str:
    return say(lang or spoken(), name, "review", **values)


def _ref(text: str, lang: str | None) -> PullRef:
    if found := PULL_URL.fullmatch(text):
        return PullRef(found[1].lower(), found[2], int(found[3]))
    if not re.fullmatch(r"[0-9]{1,10}", text):
        raise UserError(_say(lang, "no-such-pull", text=repr(_CREDENTIAL.sub("//", text))))
    forge, repo = cloned(_origin())
    if repo:
        return PullRef(forge, repo, int(text))
    raise UserError(_say(lang, "which-repository", text=text))


def cloned(address: str) -> tuple[str, str]:
    """Forge and repository of the address that a clone came from; empty where it is of no forge."""
    found = REMOTE_URL.fullmatch(address)
    return (found[2].lower(), found[3]) if found else ("", "")


def _origin() -> str:
    """Where this folder's repository comes from, empty where there is none, or no Git."""
    command = ["git", "remote", "get-url", "origin"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a constant
    except OSError:
        return ""
    return done.stdout.strip()
