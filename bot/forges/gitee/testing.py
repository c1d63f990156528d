"""Gitee's own state "test passed", which a tester gives: where the operator wants it, the bot is one."""

from __future__ import annotations

from bot.forges.gitee import answers
from bot.forges.gitee.comments import path_of
from bot.forges.gitee.http import Api
from bot.model import PullRequest, User


def show(api: Api, pull: PullRequest, me: User, *, passed: bool) -> None:
    """Makes the bot's mark say whether the gate is open; never another tester's, and never by force.

    Raises `RequestError` 403 where the bot is no tester and may not make itself one.
    """
    accepted = _accepted(api.get(path_of(pull)), me)
    if passed and accepted is None:
        api.post(f"{path_of(pull)}/testers", {"testers": me.login})
    if passed and not accepted:
        api.post(f"{path_of(pull)}/test", {"force": False})
    elif accepted and not passed:
        api.patch(f"{path_of(pull)}/testers", {"reset_all": False})


def _accepted(value: object, me: User) -> bool | None:
    """Whether the bot has given its mark; None where it is no tester."""
    testers = answers.obj(value, "pull request").get("testers") or []
    if not isinstance(testers, list):
        raise answers.nonsense("testers")
    mine = [tester for tester in testers if answers.obj(tester, "tester").get("id") == me.id]
    return mine[0].get("accept") is True if mine else None
