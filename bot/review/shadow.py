"""What a dry run would have written, held against what stands on the pull request now."""

from __future__ import annotations

from bot.model import Posted
from bot.review.plan import Plan
from bot.review.text import plain

#: Lines that are kept; a plan has three checks, a summary, a review and a few labels.
MAX_LINES = 20


def shadow(plan: Plan, posted: Posted) -> tuple[str, ...]:
    """One line a write that was not made; empty where everything stands already."""
    lines = []
    for check in plan.checks:
        state, title = posted.checks.get(check.context, (None, ""))
        stands = f"{state}: {title}" if state else "nothing"
        lines.append(f"{check.context}: {check.state}: {check.title} (there is {stands})")
    if plan.summary is not None:
        done = "edit the summary" if plan.existing else "post the summary"
        lines.append(f"{done}, {len(plan.summary)} characters")
    if plan.duplicates:
        lines.append(f"delete {len(plan.duplicates)} summaries that stand twice")
    lines += [f"comment on {comment.path}, line {comment.line}" for comment in plan.inline]
    lines += [f"add the label {label}" for label in plan.add_labels]
    lines += [f"remove the label {label}" for label in plan.remove_labels]
    return tuple(plain(line, 300) for line in lines[:MAX_LINES])
