"""`/recheck`: does the review again, all of it or a part."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.commands.command import Case, Effects, Rerun, Scope, Spec, Who
from bot.model import Reaction, Report
from bot.review.text import span

RULE_CODE = re.compile(r"msh\d{3}", re.IGNORECASE | re.ASCII)
#: `--fresh`, and what editors turn two hyphens into.
FRESH = frozenset({"--fresh", "–fresh", "—fresh"})


def recheck(case: Case) -> Effects:
    """Runs the review again; a word that is neither a part of it nor a flag is asked about, not guessed."""
    words = [word.strip("`") for word in case.command.arguments]
    fresh = any(word.lower() in FRESH for word in words)
    targets = [word for word in words if word.lower() not in FRESH]
    rerun = read(targets[0], case.report) if targets else Rerun()
    if rerun is None or len(targets) > 1:
        unknown = targets[0] if rerun is None else targets[1]
        return Effects(
            reaction=Reaction.CONFUSED,
            reply=case.say("recheck_argument", word=span(unknown), usage=f"`{SPEC.usage}`"),
            reply_key=f"argument-{case.author.id}",
            refused="argument",
        )
    return Effects(
        rerun=Rerun(rerun.scope, rerun.target, fresh),
        reaction=Reaction.SEEN,
        acknowledgement=case.say("recheck_started"),
    )


def read(word: str, report: Report | None) -> Rerun | None:
    """The part of a review that a word names, None for a word that names none."""
    if word.lower() in ("all", "failed"):
        return Rerun(Scope(word.lower()))
    if RULE_CODE.fullmatch(word):
        return Rerun(Scope.RULE, word.upper())
    if report is None:
        return Rerun(Scope.PATH, word) if word.endswith(".md") else None
    if code := next((finding.rule for finding in report.findings if finding.name == word.lower()), ""):
        return Rerun(Scope.RULE, code)
    path = the_path(word, report.paths)
    return Rerun(Scope.PATH, path) if path else None


def the_path(word: str, paths: Iterable[str]) -> str:
    """The one reviewed path that is `word` or ends in it after a slash; empty for none or several."""
    found = [path for path in paths if path == word or path.endswith("/" + word)]
    return found[0] if len(found) == 1 else ""


SPEC = Spec(
    name="recheck",
    usage="/recheck [all|failed|PATH|RULE] [--fresh]",
    who=Who.AUTHOR,
    decide=recheck,
    aliases=("retest", "重新检查"),
)
