"""What is decided about a command: pure, so that who may do what can be read and tested in one place."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.catalogue import COMMANDS
from bot.commands.command import CATALOGUE, Case, Command, Effects, Spec, Standing, Who, may_use
from bot.model import Permission, PullRequest, PullState, Reaction, Report, User
from bot.review.catalogue import known_language
from bot.review.text import span


def decide(
    command: Command,
    author: User,
    pull: PullRequest,
    permission: Permission | None,
    report: Report | None,
    *,
    language: str = "",
    public_url: str = "",
    standing: Standing | None = None,
) -> Effects:
    """What follows from `command` said by `author`; `permission` None means that the forge could not tell it.

    Robots, closed pull requests and unknown commands get silence. Who may not use a command is told so once.
    `language` is that of the replies where there is no report yet.
    """
    known = standing or Standing()
    spec = next((spec for spec in COMMANDS if spec.name == command.name), None)
    if spec is None or author.is_bot or pull.state is not PullState.OPEN:
        return Effects()
    if spec.optional and not known.merges:
        return Effects()
    spoken = known_language(report.language if report is not None else language)
    case = Case(command, author, pull, permission, report, spoken, public_url, known)
    if not may_use(spec, is_author=case.is_authors_own, permission=permission, owned=known.owned):
        return refusal(spec, case)
    return spec.decide(case)


def refusal(spec: Spec, case: Case) -> Effects:
    """A kind no, edited in place when it is said again."""
    word = "permission-unknown" if case.permission is None else "permission"
    known = "refused_maintainer" if spec.who is Who.MAINTAINER else "refused"
    return Effects(
        reaction=Reaction.CONFUSED,
        reply=case.say("refused_unknown" if case.permission is None else known, command=f"`/{spec.name}`"),
        reply_key=f"refused-{case.author.id}",
        refused=word,
    )


def offered(language: str, who: Who = Who.AUTHOR) -> tuple[tuple[str, str], ...]:
    """Usage and explanation of the commands that `who` may use, for the summary."""
    return tuple(
        (spec.usage, CATALOGUE.say(language, f"help_{spec.name}"))
        for spec in COMMANDS
        if may_use(spec, is_author=who is Who.AUTHOR, permission=Permission.NONE) and not spec.optional
    )


def near_miss(
    written: str,
    meant: str,
    author: User,
    pull: PullRequest,
    report: Report | None,
    *,
    language: str = "",
) -> Effects:
    """Asks whether somebody meant a command of ours; said again, the question is edited in place."""
    if author.is_bot or pull.state is not PullState.OPEN:
        return Effects()
    spoken = known_language(report.language if report is not None else language)
    return Effects(
        reaction=Reaction.CONFUSED,
        reply=CATALOGUE.say(spoken, "near_miss", written=span(written), meant=f"`/{meant}`"),
        reply_key=f"near-{author.id}",
        refused="near-miss",
    )


def broken(names: Sequence[str], author: User, pull: PullRequest, *, language: str = "") -> Effects:
    """Owns up to a defect of ours that kept the commands `names` from being carried out."""
    if author.is_bot or pull.state is not PullState.OPEN:
        return Effects()
    commands = ", ".join(dict.fromkeys(f"`/{name}`" for name in names))
    return Effects(
        reaction=Reaction.CONFUSED,
        reply=CATALOGUE.say(known_language(language), "broken", commands=commands),
        reply_key=f"broken-{author.id}",
        refused="broken",
    )
