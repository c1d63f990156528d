"""`/approve`: a maintainer's word that this commit may be merged."""

from __future__ import annotations

from bot.commands import heads
from bot.commands.command import Case, Effects, Spec, Who
from bot.model import Approval
from bot.review.text import span

CANCEL = frozenset({"cancel", "取消"})


def approve(case: Case) -> Effects:
    """Approves the head, or takes one's own approvals back; nobody approves what is their own."""
    words = [word.strip("`") for word in case.command.arguments]
    if words and words[0].lower() in CANCEL:
        return cancel(case)
    if case.is_authors_own:
        return case.refuse("own", "own_pull", command="`/approve`")
    named = words[0] if words else ""
    if len(words) > 1 or (named and not heads.is_sha(named)):
        return case.refuse("argument", "argument", word=span(words[-1]), usage=f"`{SPEC.usage}`")
    if (refused := heads.refusal(case, named)) is not None:
        return refused
    paths = () if case.may_write else tuple(sorted(case.standing.owned.approves))
    content = case.reviewed.content if case.reviewed is not None else ""
    approval = Approval(case.author, case.pull.head_sha, case.standing.now, content, paths)
    mine = tuple(one.id for one in case.standing.rulings.approvals if one.by.id == case.author.id)
    return case.done("approved", approval=approval, withdrawn=mine)


def cancel(case: Case) -> Effects:
    """Takes back all approvals of the one who asks."""
    mine = tuple(one.id for one in case.standing.rulings.approvals if one.by.id == case.author.id)
    if not mine:
        return case.refuse("nothing", "no_approval")
    return case.done("approval_withdrawn", withdrawn=mine)


SPEC = Spec(
    name="approve",
    usage="/approve [SHA|cancel]",
    who=Who.MAINTAINER,
    decide=approve,
    aliases=("批准",),
)
