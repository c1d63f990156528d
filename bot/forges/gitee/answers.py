"""Gitee's answers as our values; every field that a decision rests on is held against its type."""

from __future__ import annotations

import re
from typing import Any

from bot.errors import ForgeError
from bot.model import Comment, Permission, PullRef, PullRequest, PullState, User

#: Stands in where an account has been removed.
GHOST = User(0, "ghost")
SHA = re.compile(r"[0-9a-f]{40}")

Object = dict[str, Any]


def nonsense(what: str) -> ForgeError:
    return ForgeError(f"Gitee's answer has no usable {what}")


def obj(value: Any, what: str) -> Object:
    if not isinstance(value, dict):
        raise nonsense(what)
    return value


def number(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise nonsense(what)
    return value


def text(value: Any, what: str) -> str:
    """Text that names something: neither empty nor with lone surrogates."""
    if not isinstance(value, str) or not value or not _is_utf8(value):
        raise nonsense(what)
    return value


def prose(value: Any) -> str:
    """Text that is only shown; what is absent is empty."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def sha(value: Any, what: str) -> str:
    if not isinstance(value, str) or not SHA.fullmatch(value):
        raise nonsense(what)
    return value


def user(value: Any) -> User:
    if value is None:
        return GHOST
    found = obj(value, "user")
    return User(number(found.get("id"), "user id"), text(found.get("login"), "login"))


def comment(value: Any) -> Comment:
    found = obj(value, "comment")
    number_ = number(found.get("id"), "comment id")
    return Comment(
        str(number_), user(found.get("user")), prose(found.get("body")), prose(found.get("html_url"))
    )


def is_inline(value: Object) -> bool:
    """Whether a listed comment stands on a line of the diff."""
    return value.get("comment_type") == "diff_comment" or bool(value.get("path"))


def permission(value: Any, asked: User) -> Permission:
    """What `asked` may do; nothing when the login is somebody else's by now, or the word is not known."""
    found = obj(value, "permission")
    word = text(found.get("permission"), "permission")
    if number(found.get("id"), "user id") != asked.id:
        return Permission.NONE
    return next((known for known in Permission if known == word), Permission.NONE)


def label_names(value: Any) -> tuple[str, ...]:
    """Gitee writes null for no labels."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise nonsense("labels")
    return tuple(text(obj(item, "label").get("name"), "label name") for item in value)


def pull(value: Any, repo: str) -> PullRequest:
    found = obj(value, "pull request")
    head, base = obj(found.get("head"), "head"), obj(found.get("base"), "base")
    fork = head.get("repo")
    ref = PullRef("gitee", repo, number(found.get("number"), "pull request number"))
    return PullRequest(
        ref=ref,
        title=prose(found.get("title")),
        body=prose(found.get("body")),
        author=user(found.get("user")),
        state=_state(found.get("state")),
        draft=found.get("draft") is True,
        head_sha=sha(head.get("sha"), "head"),
        head_repo=None
        if fork is None
        else text(obj(fork, "head repository").get("full_name"), "head repository"),
        base_sha=sha(base.get("sha"), "base"),
        base_ref=text(base.get("ref"), "base branch"),
        changed_files=None,
        url=prose(found.get("html_url")),
        global_id=number(found.get("id"), "pull request id"),
        labels=label_names(found.get("labels")),
    )


def _state(value: Any) -> PullState:
    found = next((known for known in PullState if known == value), None)
    if found is None:
        raise nonsense("state")
    return found


def _is_utf8(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
