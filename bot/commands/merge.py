"""`/merge`: merges the pull request once its gate is open; there only where the operator wants it."""

from __future__ import annotations

from bot.commands import heads
from bot.commands.command import Case, Effects, Spec, Who
from bot.model import Reaction
from bot.review.text import span


def merge(case: Case) -> Effects:
    """Wishes the head merged; what is too old is verified anew before."""
    words = [word.strip("`") for word in case.command.arguments]
    named = words[0] if words else ""
    if len(words) > 1 or (named and not heads.is_sha(named)):
        return case.refuse("argument", "argument", word=span(words[-1]), usage=f"`{SPEC.usage}`")
    if (refused := heads.refusal(case, named)) is not None:
        return refused
    return Effects(reaction=Reaction.SEEN, acknowledgement=case.say("merge_wished"), merge=case.pull.head_sha)


SPEC = Spec(
    name="merge", usage="/merge [SHA]", who=Who.MAINTAINER, decide=merge, aliases=("合并",), optional=True
)
