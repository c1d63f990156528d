"""The values that commands are made of: what was said, by whom, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.model import (
    Approval,
    Hold,
    Permission,
    PullRequest,
    Reaction,
    Report,
    Rulings,
    User,
    Waiver,
)
from bot.review.catalogue import load

CATALOGUE = load(Path(__file__).with_name("locale"))


@dataclass(frozen=True, slots=True)
class Command:
    """One command as it was written: its canonical name, its words, and its line in the comment from 1.

    `text` is all that follows the name, for reasons of more words than are kept one by one.
    """

    name: str
    arguments: tuple[str, ...] = ()
    line: int = 1
    text: str = field(default="", compare=False)


class Scope(StrEnum):
    """Which part of a review is done again."""

    ALL = "all"
    FAILED = "failed"
    PATH = "path"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Rerun:
    """A review to do again: `target` is a path or rule code, `fresh` reads remote files without any cache."""

    scope: Scope = Scope.ALL
    target: str = ""
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Effects:
    """What follows from a command; an empty one is silence.

    `reply` is Markdown said once for each `reply_key`. `acknowledgement` is for forges without reactions.
    `refused` is a stable word for the log and the record. `withdrawn` are the ids of decisions taken back,
    `language` the one to speak from now on, `merge` the head to merge once its gate is open.
    """

    rerun: Rerun | None = None
    reaction: Reaction | None = None
    reply: str = ""
    reply_key: str = ""
    acknowledgement: str = ""
    refused: str = ""
    waiver: Waiver | None = None
    approval: Approval | None = None
    hold: Hold | None = None
    withdrawn: tuple[int, ...] = ()
    language: str = ""
    cancel: bool = False
    merge: str = ""

    @property
    def decides(self) -> bool:
        """Whether the gate has to be judged again, or what is said of it to be said anew."""
        rulings = (self.waiver, self.approval, self.hold)
        return any(one is not None for one in rulings) or bool(self.withdrawn or self.language or self.merge)


class Who(StrEnum):
    """Who may use a command."""

    ANYONE = "anyone"
    AUTHOR = "author"  # the pull request's author, whoever may write to the repository, OWNERS' people
    MAINTAINER = "maintainer"  # whoever may write to the repository, OWNERS' approvers


@dataclass(frozen=True, slots=True)
class Owned:
    """The changed paths that somebody approves, and those that somebody reviews, by the base's OWNERS."""

    approves: frozenset[str] = frozenset()
    reviews: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """What is decided already, and what else a decision rests on.

    `now` is in seconds since the epoch; `rechecks` is how often this head was rechecked on request;
    `merges` says that the operator lets the bot merge, `busy` that a review is running or waiting.
    """

    rulings: Rulings = field(default_factory=Rulings)
    owned: Owned = field(default_factory=Owned)
    now: float = 0.0
    rechecks: int = 0
    merges: bool = False
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a decision rests on. `permission` is None where the forge could not tell it."""

    command: Command
    author: User
    pull: PullRequest
    permission: Permission | None
    report: Report | None
    language: str
    public_url: str = ""
    standing: Standing = field(default_factory=Standing)

    @property
    def is_authors_own(self) -> bool:
        """Whether the pull request's author speaks; the numeric id counts, since a login may change hands."""
        return self.author.id == self.pull.author.id

    @property
    def may_write(self) -> bool:
        return self.permission is not None and self.permission.may_write

    @property
    def is_maintainer(self) -> bool:
        return self.may_write or bool(self.standing.owned.approves)

    @property
    def reviewed(self) -> Report | None:
        """The report of the present head; None while there is none."""
        report = self.report
        return report if report is not None and report.head_sha == self.pull.head_sha else None

    def say(self, key: str, n: int | None = None, **values: object) -> str:
        return CATALOGUE.say(self.language, key, n, **values)

    def refuse(self, refused: str, key: str, /, **values: object) -> Effects:
        """A kind no with its reason; said again, it is edited in place."""
        return Effects(
            reaction=Reaction.CONFUSED,
            reply=self.say(key, None, **values),
            reply_key=f"{self.command.name}-{self.author.id}",
            refused=refused,
        )

    def done(self, key: str, **effects: Any) -> Effects:
        """What was asked for is done; the words are for forges without reactions."""
        return Effects(reaction=Reaction.DONE, acknowledgement=self.say(key), **effects)


@dataclass(frozen=True, slots=True)
class Spec:
    """A command of the catalogue: `usage` is how it is written, `help_<name>` in the locale explains it.

    `optional` ones exist only where the operator has switched them on.
    """

    name: str
    usage: str
    who: Who
    decide: Callable[[Case], Effects]
    aliases: tuple[str, ...] = ()
    optional: bool = False


def may_use(
    spec: Spec, *, is_author: bool, permission: Permission | None, owned: Owned | None = None
) -> bool:
    """Whether somebody may use a command; a permission that is not known is none."""
    may_write = permission is not None and permission.may_write
    approves, reviews = (owned.approves, owned.reviews) if owned is not None else (frozenset(), frozenset())
    match spec.who:
        case Who.ANYONE:
            return True
        case Who.AUTHOR:
            return is_author or may_write or bool(approves or reviews)
        case Who.MAINTAINER:
            return may_write or bool(approves)
