"""What a dry run would have written, against what stands."""

from __future__ import annotations

from bot.model import Check, CheckState, Comment, InlineComment, Posted, User
from bot.review.plan import Plan
from bot.review.shadow import MAX_LINES, shadow

GATE = Check("hubbot/gate", CheckState.FAILURE, "1 to mend")
STANDING = Comment("1", User(1, "bot"), "<!-- hubbot:summary -->")


def test_nothing_to_write_is_nothing_to_say() -> None:
    assert shadow(Plan(), Posted()) == ()


def test_each_write_is_a_line_with_what_stands() -> None:
    posted = Posted(checks={"hubbot/gate": (CheckState.SUCCESS, "fine")})
    inline = (InlineComment("a\u202e.md", 3, "x", ("f",)),)
    plan = Plan("words", STANDING, inline=inline, checks=(GATE,), add_labels=("a",), remove_labels=("b",))
    assert shadow(plan, posted) == (
        "hubbot/gate: failure: 1 to mend (there is success: fine)",
        "edit the summary, 5 characters",
        "comment on a\\u202e.md, line 3",
        "add the label a",
        "remove the label b",
    )


def test_it_is_bounded() -> None:
    many = tuple(InlineComment("a.md", n, "x", ()) for n in range(100))
    assert len(shadow(Plan(inline=many), Posted())) == MAX_LINES
