"""`/waive` and `/unwaive`: findings of one rule that a maintainer lets pass, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.commands import heads
from bot.commands.command import Case, Effects, Spec, Who
from bot.commands.known import path_of, rule_of
from bot.model import Report, Waiver
from bot.review.text import span
from bot.review.waivers import bound, covers, may_be_waived

#: A reason shorter than this says nothing.
MIN_REASON = 4
#: Days that a waiver may last at most; one without an end lasts as long as its pull request.
MAX_DAYS = 366
REASON = re.compile(r"(?:reason|because|原因|理由)\s*[:：=]?\s*", re.IGNORECASE)
UNTIL = re.compile(r"(?:^|\s+)(?:until|till|至|到期)\s*[:：]?\s*(\d{4}-\d{1,2}-\d{1,2})\s*$", re.IGNORECASE)
QUOTES = "\"'“”‘’「」"


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a waiver as they were written; `until` is empty where it has no end."""

    rule: str = ""
    path: str = ""
    sha: str = ""
    reason: str = ""
    until: str = ""


def read(text: str) -> Asked:
    """`RULE [PATH] [SHA] [reason:] WORDS [until YYYY-MM-DD]`."""
    text = " ".join(text.split())
    until = UNTIL.search(text)
    rest = text[: until.start()] if until else text
    rule, _, rest = rest.strip().partition(" ")
    path = sha = ""
    while True:
        word, _, after = rest.strip().partition(" ")
        bare = word.strip("`")
        if bare.endswith(".md") and not path:
            path = bare
        elif heads.is_sha(bare) and not sha:
            sha = bare
        else:
            break
        rest = after
    reason = REASON.sub("", rest.strip(), count=1) if REASON.match(rest.strip()) else rest.strip()
    return Asked(rule.strip("`"), path, sha, reason.strip().strip(QUOTES).strip(), until[1] if until else "")


def waive(case: Case) -> Effects:
    """Waives what a rule finds on this head, where the policy lets it be waived and there is such a thing."""
    asked = read(case.command.text)
    rule = rule_of(asked.rule)
    if rule is None:
        return case.refuse("argument", "waive_argument", word=span(asked.rule), usage=f"`{WAIVE.usage}`")
    if case.is_authors_own:
        return case.refuse("own", "own_pull", command="`/waive`")
    if not may_be_waived(rule.code, case.standing.rulings):
        return case.refuse("never", "never_waived", rule=span(rule.code))
    if len(asked.reason) < MIN_REASON:
        return case.refuse("reason", "waive_reason", usage=f"`{WAIVE.usage}`")
    if (refused := heads.refusal(case, asked.sha)) is not None:
        return refused
    report = case.reviewed
    if report is None:
        return case.refuse("unreviewed", "unreviewed", head=span(case.pull.head_sha[: heads.SHORT_SHA]))
    return scoped(case, asked, rule.code, report)


def scoped(case: Case, asked: Asked, rule: str, report: Report) -> Effects:
    """The waiver, where its path is one of the pull request's, is its giver's to waive, and has an end."""
    paths = pages(report)
    path = path_of(asked.path, paths) if asked.path else ""
    if asked.path and not path:
        return case.refuse("path", "waive_path", path=span(asked.path))
    mine = case.standing.owned.approves
    if not case.may_write and not (({path} if path else paths) <= mine):
        return case.refuse("permission", "waive_not_owner", usage=f"`{WAIVE.usage}`")
    until = end_of(asked.until, case.standing.now) if asked.until else None
    if asked.until and until is None:
        return case.refuse("until", "waive_until", until=span(asked.until), days=MAX_DAYS)
    waiver = Waiver(rule, path, asked.reason, case.author, report.head_sha, case.standing.now, until)
    rulings = case.standing.rulings
    found = [f for f in report.findings if covers(waiver, f, report.head_sha, rulings)]
    if report.finished_at is not None and not found:
        return case.refuse("nothing", "waive_nothing", rule=span(rule))
    return case.done("waived", waiver=bound(waiver, report))


def unwaive(case: Case) -> Effects:
    """Takes waivers of a rule back: all of them, or those of one page."""
    words = [word.strip("`") for word in case.command.arguments]
    rule = rule_of(words[0]) if words else None
    if rule is None or len(words) > 2:
        word = span(case.command.text) if words else "`/unwaive`"
        return case.refuse("argument", "argument", word=word, usage=f"`{UNWAIVE.usage}`")
    standing = case.standing.rulings.waivers
    path = path_of(words[1], [one.path for one in standing]) if len(words) == 2 else ""
    given = [one for one in standing if one.rule == rule.code and (len(words) == 1 or one.path == path != "")]
    if not given:
        return case.refuse("nothing", "no_waiver", rule=span(rule.code))
    return case.done("unwaived", withdrawn=tuple(one.id for one in given))


def pages(report: Report) -> frozenset[str]:
    """Every page that a report speaks of, removed ones too."""
    return frozenset(report.paths) | {finding.path for finding in report.findings if finding.path}


def end_of(day: str, now: float) -> float | None:
    """The end of a day in UTC; None for one that is no day, is over, or lies too far ahead."""
    year, month, date = (int(part) for part in day.split("-"))
    try:
        end = (datetime(year, month, date, tzinfo=UTC) + timedelta(days=1)).timestamp()
    except (OverflowError, ValueError):
        return None
    return end if now < end <= now + MAX_DAYS * 86_400 else None


WAIVE = Spec(
    name="waive",
    usage="/waive RULE [PATH] reason: WHY [until YYYY-MM-DD]",
    who=Who.MAINTAINER,
    decide=waive,
    aliases=("override", "豁免"),
)
UNWAIVE = Spec(
    name="unwaive", usage="/unwaive RULE [PATH]", who=Who.MAINTAINER, decide=unwaive, aliases=("取消豁免",)
)
