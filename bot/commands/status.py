"""`/status`: why the gate is closed, and who can do something about it."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.command import Case, Effects, Spec, Who
from bot.model import Condition, Reaction, Report
from bot.review import ruled
from bot.review.checks import details_url
from bot.review.gate import conditions, is_open
from bot.review.moments import moment
from bot.review.render import condition_sentence, headline
from bot.review.report import STOPPED, verdict
from bot.review.sentences import CATALOGUE
from bot.review.text import span

#: Digits of a commit that are shown.
SHORT_SHA = 8


def status(case: Case) -> Effects:
    """Says where the pull request stands; asked again, the same reply is brought up to date."""
    report = case.reviewed
    if report is None:
        unread = case.say("status_none", sha=span(case.pull.head_sha[:SHORT_SHA]))
        text = "\n\n".join(part for part in (unread, decisions(case, None)) if part)
    else:
        text = "\n\n".join(part for part in parts(case, report) if part)
    return Effects(
        reaction=Reaction.DONE, reply=text, reply_key="status", acknowledgement=case.say("status_given")
    )


def parts(case: Case, report: Report) -> list[str]:
    """Verdict, every condition with who can meet it, the decisions, the next try, the report."""
    url = details_url(case.public_url, report.id)
    at = moment(report.retry_at)
    given = conditions(report)
    return [
        f"**{headline(report, case.language)}** ({span(report.head_sha[:SHORT_SHA])})",
        "\n".join(condition_line(condition, case.language) for condition in given),
        case.say("acts_cancelled" if report.trouble in STOPPED else f"acts_{verdict(report).name.lower()}"),
        decisions(case, report),
        case.say("status_retry", at=at) if at and not is_open(given) else "",
        f"[{case.say('status_report')}]({url})" if url else "",
    ]


def decisions(case: Case, report: Report | None) -> str:
    """What maintainers decided; of a head without a report what will count for it."""
    rulings = case.standing.rulings
    known = report or begun(case)
    said = ruled.listed(replace(known, rulings=rulings) if report is None else report, case.language)
    return f"{case.say('status_decisions')}\n\n{said}" if said else ""


def begun(case: Case) -> Report:
    """The report of a head of which nothing is known yet."""
    pull = case.pull
    return Report(
        id="",
        ref=pull.ref,
        title=pull.title,
        url=pull.url,
        author=pull.author.login,
        language=case.language,
        head_sha=pull.head_sha,
        merge_base="",
        started_at=case.standing.now,
    )


def condition_line(condition: Condition, language: str) -> str:
    """A condition, met or not; of one that is not, also who can meet it."""
    if condition.met is True:
        return f"- ✅ {CATALOGUE.say(language, f'met_{condition.name}')}"
    sentence = condition_sentence(condition, language)
    who = "stopped" if condition.values.get("trouble") in STOPPED else condition.name
    return f"- ❌ {sentence} — {CATALOGUE.say(language, f'who_{who}')}"


SPEC = Spec(name="status", usage="/status", who=Who.ANYONE, decide=status, aliases=("状态",))
