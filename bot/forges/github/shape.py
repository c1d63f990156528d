"""Typed reading of GitHub's JSON: a field is there and of its type, or the answer is a `ForgeError`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.errors import ForgeError
from bot.model import User

SHA = re.compile(r"[0-9a-f]{40}")
#: `owner/name` as GitHub allows them; neither can climb out of the path that it becomes part of.
REPO = re.compile(r"(?!\.\.?/)[A-Za-z0-9_.-]{1,100}/(?!\.\.?$)[A-Za-z0-9_.-]{1,100}")


def item(value: object, what: str) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ForgeError(f"GitHub's {what} is not an object")
    return value


def items(value: object, what: str) -> list[Mapping[str, Any]]:
    """A list of JSON objects."""
    if not isinstance(value, list):
        raise ForgeError(f"GitHub's {what} is not a list")
    return [item(one, what) for one in value]


def part(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return item(of.get(key), f"`{key}`")


def text(of: Mapping[str, Any], key: str, default: str | None = None) -> str:
    """A string that can be written down anywhere; an absent or null one is `default` where there is one."""
    value = of.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise ForgeError(f"GitHub's `{key}` is not a text")
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def number(of: Mapping[str, Any], key: str) -> int:
    value = of.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ForgeError(f"GitHub's `{key}` is not a number")
    return value


def flag(of: Mapping[str, Any], key: str) -> bool:
    value = of.get(key)
    if not isinstance(value, bool):
        raise ForgeError(f"GitHub's `{key}` is neither true nor false")
    return value


def sha(of: Mapping[str, Any], key: str) -> str:
    value = of.get(key)
    if not isinstance(value, str) or not SHA.fullmatch(value):
        raise ForgeError(f"GitHub's `{key}` is not an object id")
    return value


#: Whom GitHub shows in place of a deleted account.
GHOST = User(id=0, login="ghost")


def user(value: object) -> User:
    """An account; a deleted one is null."""
    if value is None:
        return GHOST
    of = item(value, "user")
    login = text(of, "login")
    is_bot = text(of, "type", "User") == "Bot" or login.endswith("[bot]")
    return User(id=number(of, "id"), login=login, is_bot=is_bot)
