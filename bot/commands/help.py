"""`/help`: the commands that the reader may use."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.command import Case, Effects, Spec, Who, may_use
from bot.model import Reaction


def spec(others: Sequence[Spec]) -> Spec:
    """The help command over all `others` and itself."""

    def decide(case: Case) -> Effects:
        lines = [line(command, case) for command in (*others, itself) if allowed(command, case)]
        return Effects(
            reaction=Reaction.DONE,
            reply=case.say("help_intro") + "\n\n" + "\n".join(lines),
            reply_key=f"help-{case.author.id}",
            acknowledgement=case.say("help_given"),
        )

    itself = Spec(name="help", usage="/help", who=Who.ANYONE, decide=decide, aliases=("帮助",))
    return itself


def line(command: Spec, case: Case) -> str:
    return f"- `{command.usage}` {case.say('help_' + command.name)}"


def allowed(command: Spec, case: Case) -> bool:
    if command.optional and not case.standing.merges:
        return False
    owned = case.standing.owned
    return may_use(command, is_author=case.is_authors_own, permission=case.permission, owned=owned)
