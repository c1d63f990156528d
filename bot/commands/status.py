"""`/status`: why the gate is closed, and who can do something about it."""

from __future__ import annotations

from bot.commands.command import Case, Effects, Spec, Who
from bot.model import Reaction, Report
from bot.review.checks import details_url
from bot.review.gate import conditions
from bot.review.moments import moment
from bot.review.render import headline, unmet
from bot.review.report import verdict
from bot.review.text import span

#: Digits of a commit that are shown.
SHORT_SHA = 8


def status(case: Case) -> Effects:
    """Says where the pull request stands; asked again, the same reply is brought up to date."""
    report = case.report
    if report is None or report.head_sha != case.pull.head_sha:
        text = case.say("status_none", sha=span(case.pull.head_sha[:SHORT_SHA]))
    else:
        text = "\n\n".join(part for part in parts(case, report) if part)
    return Effects(
        reaction=Reaction.DONE, reply=text, reply_key="status", acknowledgement=case.say("status_given")
    )


def parts(case: Case, report: Report) -> list[str]:
    """Verdict, what is missing, who can act, the next try, the report."""
    reasons = unmet(conditions(report), case.language)
    url = details_url(case.public_url, report.id)
    at = moment(report.retry_at)
    return [
        f"**{headline(report, case.language)}** ({span(report.head_sha[:SHORT_SHA])})",
        "\n".join(f"- {reason}" for reason in reasons),
        case.say(f"acts_{verdict(report).name.lower()}"),
        case.say("status_retry", at=at) if at and reasons else "",
        f"[{case.say('status_report')}]({url})" if url else "",
    ]


SPEC = Spec(name="status", usage="/status", who=Who.ANYONE, decide=status, aliases=("状态",))
