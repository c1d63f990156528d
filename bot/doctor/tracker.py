"""Whether the issue about published files can be kept: its repository is there and has issues."""

from __future__ import annotations

from bot.doctor.ask import Answer
from bot.doctor.check import Check, failing, ok

WHY = "what the audit finds is on the hub's pages only, and nobody is told of it"


def judge_tracker(variable: str, repo: str, answer: Answer) -> Check:
    """By what the forge says of the repository that `variable` names."""
    name = f"audit issue {repo}"
    if answer.status != 200:
        fix = f"correct {variable}, or give the bot access to {repo} (an App must be installed there)"
        return failing(name, f"{repo} is not visible ({answer.status})", WHY, fix)
    if answer.get("has_issues") is not True:
        fix = f"switch issues on in {repo}'s settings, or name another repository in {variable}"
        return failing(name, f"{repo} has its issues switched off", WHY, fix)
    return ok(name, "there, with issues")
