"""The values that commands are made of: what was said, by whom, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.model import Permission, PullRequest, Reaction, Report, User
from bot.review.catalogue import load

CATALOGUE = load(Path(__file__).with_name("locale"))


@dataclass(frozen=True, slots=True)
class Command:
    """One command as it was written: its canonical name, its words, and its line in the comment from 1."""

    name: str
    arguments: tuple[str, ...] = ()
    line: int = 1


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
    `refused` is a stable word for the log: `permission`, `permission-unknown`, `argument`.
    """

    rerun: Rerun | None = None
    reaction: Reaction | None = None
    reply: str = ""
    reply_key: str = ""
    acknowledgement: str = ""
    refused: str = ""


class Who(StrEnum):
    """Who may use a command."""

    ANYONE = "anyone"
    AUTHOR = "author"  # the pull request's author, and whoever may write to the repository


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

    @property
    def is_authors_own(self) -> bool:
        """Whether the pull request's author speaks; the numeric id counts, since a login may change hands."""
        return self.author.id == self.pull.author.id

    def say(self, key: str, n: int | None = None, **values: object) -> str:
        return CATALOGUE.say(self.language, key, n, **values)


@dataclass(frozen=True, slots=True)
class Spec:
    """A command of the catalogue: `usage` is how it is written, `help_<name>` in the locale explains it."""

    name: str
    usage: str
    who: Who
    decide: Callable[[Case], Effects]
    aliases: tuple[str, ...] = ()


def may_use(spec: Spec, *, is_author: bool, permission: Permission | None) -> bool:
    """Whether somebody may use a command; a permission that is not known is none."""
    may_write = permission is not None and permission.may_write
    return spec.who is Who.ANYONE or is_author or may_write
