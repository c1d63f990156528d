"""Judges the gate again by what people have decided, without reading anything anew; and merges on request."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.commands.command import CATALOGUE
from bot.flows.post import Poster
from bot.flows.rulings import conclude, occasion, record, ruled
from bot.flows.run import Run
from bot.forges.base import Merged
from bot.model import PullRequest, Report
from bot.review import gate
from bot.review.render import unmet
from bot.review.text import span
from bot.store.rulings import Kind
from bot.store.work import Request, retry_request, review_request

log = logging.getLogger("hubbot.judge")

#: How reports end that may be judged again; all others ask for a review.
SETTLED = ("", "cancelled")
#: Digits of a commit that are shown.
SHORT_SHA = 8
#: The occasion of what is said about a merge: one comment, edited in place.
MERGE = "merge"


def settled(run: Run, pull: PullRequest) -> Report | None:
    """The report of the present head by what is decided now; None where a review is needed first."""
    report = next(iter(run.world.store.reports(run.ref, 1)), None)
    if report is None or report.head_sha != pull.head_sha or report.finished_at is None:
        return None
    if report.trouble not in SETTLED:
        return None
    judged = ruled(run.world, report)
    return judged if all(gate.is_fresh(file, judged) for file in judged.files) else None


def judge(run: Run, pull: PullRequest, report: Report) -> Request | None:
    """Shows a settled report as it stands by the decisions of now."""
    report = replace(report, conditions=gate.conditions(report))
    Poster(run, pull).everything(report)
    conclude(run, report)
    again = merge(run, pull, report)
    if again is None and report.retry_at is not None and report.retry_at > run.world.now():
        return retry_request(run.ref, report.retry_at)
    return again


def merge(run: Run, pull: PullRequest, report: Report) -> Request | None:
    """Merges if somebody wished this head merged and its gate is open; else says why not."""
    book, merger = run.world.store.rulebook, run.world.mergers.get(run.ref.forge)
    wishes = book.standing(run.ref, Kind.MERGE)
    if not wishes or merger is None or run.world.dry_run:
        return None
    ended = tuple(number for number, _ in wishes)
    wished = str(wishes[-1][1].get("head_sha", ""))
    run.guard()
    outcome, reason = "closed", ""
    if wished != report.head_sha:
        outcome = Merged.CHANGED.value
    elif gate.is_open(gate.conditions(report)):
        result, reason = merger.merge(pull, wished)
        outcome = result.value
    log.info("merging %s at %s: %s", run.ref, wished[:12], outcome)
    key = occasion(f"merge {run.ref} {ended[-1]}")
    record(run, report, "merged", outcome, {"wished": wished, "reason": reason}, key)
    book.end(ended, run.world.now())
    if outcome != Merged.DONE.value:
        run.forge.reply(pull, words(report, outcome, wished, reason), MERGE)
    return review_request(run.ref, supersede=False) if outcome == Merged.CHANGED.value else None


def words(report: Report, outcome: str, wished: str, reason: str) -> str:
    """Why a pull request was not merged."""
    sha = span(wished[:SHORT_SHA])
    said = CATALOGUE.say(report.language, f"merge_{outcome}", None, sha=sha, reason=reason)
    if outcome != "closed":
        return said
    reasons = unmet(gate.conditions(report), report.language)
    return "\n".join([said, "", *(f"- {sentence}" for sentence in reasons)])
