"""The address of the database, and what of it is secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

from bot.errors import UserError

DEFAULT_DATABASE = "sqlite:///var/hubbot.sqlite"
#: The names of libpq's parameters that hold a password, and of whatever else sounds like one.
_SECRET = re.compile("pass|secret|token", re.IGNORECASE)


def database(url: str) -> str:
    """The address as SQLAlchemy takes it. Raises `UserError`, which does not repeat it."""
    if url.startswith("postgres://"):
        url = "postgresql" + url.removeprefix("postgres")
    if not url.startswith(("sqlite:///", "postgresql://")):
        raise UserError("DATABASE_URL must begin with sqlite:/// or postgresql://.")
    return url


def password_of(database_url: str) -> tuple[str, ...]:
    """What is secret in the address of a database, as written and as meant, the longest first.

    Read as whoever may have written it meant it: a password ends at the last `@`, to libpq at the first.
    """
    rest = database_url.partition("://")[2]
    found = {
        form
        for value in (*_user_info(rest), *_parameters(rest))
        for form in (value, unquote(value), unquote_plus(value))
    }
    return tuple(sorted(found - {""}, key=lambda secret: (-len(secret), secret)))


def _user_info(rest: str) -> Iterator[str]:
    for info in (rest.partition("@")[0], rest.rpartition("@")[0]):
        if "@" in rest:
            yield info.partition(":")[2]


def _parameters(rest: str) -> Iterator[str]:
    for part in re.split("[?&]", rest):
        name, _, value = part.partition("=")
        if _SECRET.search(unquote(name)):
            yield value
