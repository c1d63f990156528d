"""`/explain`: what a rule asks for, and why."""

from __future__ import annotations

from bot.commands.command import Case, Effects, Spec, Who
from bot.commands.known import rule_of
from bot.model import Reaction
from bot.review.text import span
from rules import words as rule_words


def explain(case: Case) -> Effects:
    """Explains a rule by its code or name."""
    words = [word.strip("`") for word in case.command.arguments]
    rule = rule_of(words[0]) if len(words) == 1 else None
    if rule is None:
        word = span(case.command.text) if words else "`/explain`"
        return case.refuse("argument", "argument", word=word, usage=f"`{SPEC.usage}`")
    parts = [
        f"**{rule.code} {rule.name}**",
        rule_words.summary(rule.code, case.language),
        rule_words.why(rule.code, case.language),
    ]
    if case.public_url:
        parts.append(f"[{case.say('explain_more')}]({case.public_url.rstrip('/')}/rules/{rule.code})")
    return Effects(
        reaction=Reaction.DONE,
        reply="\n\n".join(part for part in parts if part),
        reply_key=f"explain-{rule.code}",
    )


SPEC = Spec(name="explain", usage="/explain RULE", who=Who.ANYONE, decide=explain, aliases=("解释", "说明"))
