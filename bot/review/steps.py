"""What the reader of a summary can do: the steps now, and the commands to run at home."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection

from bot.model import Report
from bot.review.catalogue import known_language
from bot.review.counts import DIGEST_MISMATCH, Counts, counts
from bot.review.inline import may_suggest
from bot.review.moments import moment
from bot.review.report import STOPPED, Verdict, verdict
from bot.review.sections import Voice

#: Paths named in the command to run at home; for more pages the command names the base commit instead.
PATHS_IN_COMMAND = 3
#: Paths of these characters only are put into a command that a reader may paste into any shell.
SHELL_SAFE_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]{0,200}")
COMMIT = re.compile(r"[0-9a-f]{40,64}")

#: What there is to do where nobody has to mend anything.
QUIET = {
    Verdict.RUNNING: "next_running",
    Verdict.FAILED: "next_decision",
    Verdict.PASSED: "next_passed",
    Verdict.UNVERIFIED: "next_unverified",
    Verdict.NOTHING_TO_CHECK: "next_nothing",
    Verdict.SUPERSEDED: "next_superseded",
}


def next_steps(report: Report, voice: Voice, commands: Collection[str]) -> str:
    """What the reader can do now, numbered where it is more than one thing.

    "Nothing" is said as plainly as anything else. `commands` are those that this reader may use.
    """
    said, tally = verdict(report), counts(report)
    if tally.must_fix and said in (Verdict.FAILED, Verdict.RUNNING):
        steps = mending(report, voice, commands, tally, said)
        return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    lines = [voice.say("next_stopped" if report.trouble in STOPPED else QUIET[said])]
    if said is Verdict.PASSED and tally.should_fix:
        lines.append(voice.say("next_passed_should"))
    at = moment(report.retry_at)
    if said is Verdict.UNVERIFIED and at:
        lines.append(voice.say("next_retry", at=at))
    return ("" if voice.language == "zh" else " ").join(lines)


def mending(
    report: Report, voice: Voice, commands: Collection[str], tally: Counts, said: Verdict
) -> list[str]:
    """The way from a red gate to a green one."""
    steps = [voice.say("next_mend", tally.must_fix)]
    if has_repairs(report):
        steps.append(voice.say("next_repairs"))
    steps.append(voice.say("next_push_running" if said is Verdict.RUNNING else "next_push"))
    if "/recheck" in commands and any(finding.rule == DIGEST_MISMATCH for finding in report.findings):
        steps.append(voice.say("next_recheck"))
    return steps


def has_repairs(report: Report) -> bool:
    """Whether `hubbot fix` has something to do."""
    return any(finding.suggestion is not None and may_suggest(finding) for finding in report.findings)


def local_command(report: Report) -> str:
    """The commands that mend what can be mended and reproduce the review at home; only harmless paths are
    written into them.
    """
    paths = shlex.join(report.paths) if paths_are_safe(report) else ""
    check = f"hubbot check --remote --lang {known_language(report.language)}"
    if paths:
        fix = [f"hubbot fix {paths}"] if has_repairs(report) else []
        return "\n".join([*fix, f"{check} {paths}"])
    base = report.merge_base[:12] if COMMIT.fullmatch(report.merge_base) else "origin/HEAD"
    return f"{check} --diff {base}"


def paths_are_safe(report: Report) -> bool:
    """Whether the pages can be named in a command: few, and of harmless characters."""
    few = 0 < len(report.paths) <= PATHS_IN_COMMAND
    return few and all(SHELL_SAFE_PATH.fullmatch(path) for path in report.paths)
