"""`/hold` and `/unhold`: stop the merge for now, and let it go on."""

from __future__ import annotations

from bot.commands.approve import CANCEL
from bot.commands.command import Case, Effects, Spec, Who
from bot.model import Hold


def hold(case: Case) -> Effects:
    """Holds the pull request for its author or a reviewer; said again, it only changes the reason."""
    if [word.lower() for word in case.command.arguments] in [[word] for word in CANCEL]:
        return unhold(case)
    mine = tuple(one.id for one in case.standing.rulings.holds if one.by.id == case.author.id)
    held = Hold(case.author, case.command.text, case.standing.now, firm=is_firm(case))
    return case.done("held", hold=held, withdrawn=mine)


def unhold(case: Case) -> Effects:
    """Lifts the holds that the one who asks may lift."""
    standing = case.standing.rulings.holds
    if not standing:
        return case.refuse("nothing", "no_hold")
    lifted = tuple(one.id for one in standing if may_lift(case, one))
    if not lifted:
        return case.refuse("permission", "hold_of_others")
    return case.done("unheld", withdrawn=lifted)


def is_firm(case: Case) -> bool:
    """Whether a hold is a maintainer's; an author who is one speaks as the author here."""
    return case.is_maintainer and not case.is_authors_own


def may_lift(case: Case, held: Hold) -> bool:
    """One's own always; a maintainer's only by a maintainer who is not the author."""
    return held.by.id == case.author.id or is_firm(case) or (not held.firm and case.is_authors_own)


HOLD = Spec(name="hold", usage="/hold [REASON]", who=Who.AUTHOR, decide=hold, aliases=("暂停",))
UNHOLD = Spec(
    name="unhold", usage="/unhold", who=Who.AUTHOR, decide=unhold, aliases=("取消暂停", "remove-hold")
)
