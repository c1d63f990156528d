"""What maintainers decided, as the summary, `/status` and the labels show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from bot.model import Report, Waiver
from bot.review import approvals
from bot.review.catalogue import known_language
from bot.review.gate import conditions, is_open
from bot.review.moments import day
from bot.review.sections import Section, Voice, bullets
from bot.review.sentences import CATALOGUE
from bot.review.text import span
from bot.review.waivers import is_expired, waived

Show = Callable[[str], str]

WAIVED, HELD, ESCALATED = "hubbot:waived", "hubbot:hold", "hubbot:escalated"
#: The labels that show decisions; like the others they are written, never read.
LABELS = frozenset({WAIVED, HELD, ESCALATED})
#: Decisions shown of each kind: nobody reads more, and the pull request's page has them all.
SHOWN = 20
SHORT_SHA = 8


def labels(report: Report) -> frozenset[str]:
    """Those of `LABELS` that a report asks for."""
    rulings = report.rulings
    stuck = rulings.escalated and not is_open(conditions(report))
    wanted = {WAIVED: bool(waived(report)), HELD: bool(rulings.holds), ESCALATED: stuck}
    return frozenset(label for label, is_wanted in wanted.items() if is_wanted)


def section(report: Report, voice: Voice) -> Section:
    """The decisions for the summary; empty where nobody has decided anything."""
    return Section(voice.say("section_rulings"), tuple(f"- {line}" for line in lines(report, voice.language)))


def listed(report: Report, language: str) -> str:
    """The decisions as a Markdown list, for a reply."""
    return bullets(lines(report, known_language(language)))


def lines(report: Report, language: str, show: Show = span) -> list[str]:
    """One sentence a decision: holds, approvals, waivers, and what else a maintainer should know.

    `show` formats what people wrote: as a code span of Markdown, where nothing else is said.
    """
    rulings, found = report.rulings, []
    for hold in rulings.holds[:SHOWN]:
        reason = show(hold.reason) if hold.reason else say(language, "ruling_no_reason")
        found.append(say(language, "ruling_hold", who=show(hold.by.login), date=day(hold.at), reason=reason))
    for approval in rulings.approvals[-SHOWN:]:
        key = "ruling_approval" if approvals.holds(approval, report) else "ruling_void"
        sha = show(approval.head_sha[:SHORT_SHA])
        found.append(say(language, key, sha=sha, who=show(approval.by.login), date=day(approval.at)))
    covered = Counter(one.waiver for one in waived(report))
    found += [
        f"{waiver_line(waiver, language, show)} — {use(waiver, covered[waiver], report, language)}"
        for waiver in rulings.waivers[-SHOWN:]
    ]
    if rulings.escalated and not is_open(conditions(report)):
        found.append(say(language, "ruling_escalated"))
    return found


def waiver_line(waiver: Waiver, language: str, show: Show) -> str:
    where = show(waiver.path) if waiver.path else say(language, "ruling_everywhere")
    until = "" if waiver.until is None else say(language, "ruling_until", until=day(waiver.until))
    return say(
        language,
        "ruling_waiver",
        rule=show(waiver.rule),
        where=where,
        who=show(waiver.by.login),
        date=day(waiver.at),
        until=until,
        reason=show(waiver.reason),
    )


def use(waiver: Waiver, covered: int, report: Report, language: str) -> str:
    """What a waiver does for this head."""
    if is_expired(waiver, report.rulings.judged_at):
        return say(language, "ruling_expired")
    if covered or report.finished_at is None:
        return say(language, "ruling_covers", covered)
    return say(language, "ruling_unused", rule=waiver.rule)


def say(language: str, key: str, n: int | None = None, **values: object) -> str:
    return CATALOGUE.say(language, key, n, **values)
