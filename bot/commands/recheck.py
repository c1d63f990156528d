"""`/recheck`: does the review again, all of it or a part."""

from __future__ import annotations

import re

from bot.commands.command import Case, Effects, Rerun, Scope, Spec, Who
from bot.commands.known import path_of, rule_of
from bot.model import Reaction, Report
from bot.review.text import span

RULE_CODE = re.compile(r"msh\d{3}", re.IGNORECASE | re.ASCII)
#: `--fresh`, and what editors turn two hyphens into.
FRESH = frozenset({"--fresh", "–fresh", "—fresh"})
#: Rechecks of one commit before a maintainer has to look: our own choice, more than any outage has needed.
CEILING = 10


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
    if case.standing.rechecks >= CEILING and not (case.is_maintainer and not case.is_authors_own):
        return Effects(
            reaction=Reaction.CONFUSED,
            reply=case.say("recheck_ceiling", count=CEILING),
            reply_key="escalated",
            refused="ceiling",
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
    if (rule := rule_of(word)) is not None:
        return Rerun(Scope.RULE, rule.code)
    if report is None:
        return Rerun(Scope.PATH, word) if word.endswith(".md") else None
    path = path_of(word, report.paths)
    return Rerun(Scope.PATH, path) if path else None


SPEC = Spec(
    name="recheck",
    usage="/recheck [all|failed|PATH|RULE] [--fresh]",
    who=Who.AUTHOR,
    decide=recheck,
    aliases=("retest", "重新检查"),
)
