"""`/cancel`: stops the review that is running or waiting."""

from __future__ import annotations

from bot.commands.command import Case, Effects, Spec, Who


def cancel(case: Case) -> Effects:
    """Stops it; the gate stays closed until somebody asks for another."""
    if not case.standing.busy:
        return case.refuse("nothing", "cancel_nothing")
    return case.done("cancelled", cancel=True)


SPEC = Spec(name="cancel", usage="/cancel", who=Who.AUTHOR, decide=cancel, aliases=("取消",))
