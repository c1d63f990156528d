"""The issue about a hub on Gitee, which is read below its repository but written below its owner."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.forges.gitee import answers
from bot.forges.gitee.comments import fit
from bot.forges.gitee.http import Api, repo_path
from bot.model import Issue, User

#: Gitee's issues also have `progressing`, which is a kind of open; `rejected` is one of closed.
OPEN = ("open", "progressing")
_NUMBER = re.compile("[A-Za-z0-9]{1,20}")


class GiteeTracker:
    """Behind the `Tracker` port; writes as the reporting credential."""

    def __init__(self, api: Api, me: Callable[[], User]) -> None:
        self._api, self._me = api, me

    def issues(self, repo: str, marker: str, title: str) -> Sequence[Issue]:
        """See the port. That `creator` filters is documented and not relied on."""
        me = self._me()
        query = {"state": "all", "creator": me.login, "sort": "created", "direction": "asc"}
        listed = [answers.obj(one, "issue") for one in self._api.pages(f"{repo_path(repo)}/issues", query)]
        ours = [_issue(one) for one in listed if answers.user(one.get("user")).id == me.id]
        return [one for one in ours if _is_about(one, marker, title)]

    def create_issue(self, repo: str, title: str, body: str) -> Issue:
        owner, _, name = repo_path(repo).rpartition("/")
        return _issue(self._api.post(f"{owner}/issues", {"repo": name, "title": title, "body": fit(body)}))

    def edit_issue(self, repo: str, issue: Issue) -> None:
        owner, _, name = repo_path(repo).rpartition("/")
        sent = {"repo": name, "title": issue.title, "body": fit(issue.body)}
        state = "open" if issue.is_open else "closed"
        self._api.patch(f"{owner}/issues/{issue.id}", {**sent, "state": state})


def _is_about(issue: Issue, marker: str, title: str) -> bool:
    first = issue.body.partition("\n")[0].rstrip("\r")
    return first == marker or ("<!--" not in issue.body and issue.title == title)


def _issue(value: Any) -> Issue:
    found: Mapping[str, Any] = answers.obj(value, "issue")
    number = found.get("number")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise answers.nonsense("issue number")
    return Issue(
        number,
        answers.prose(found.get("title")),
        answers.prose(found.get("body")),
        found.get("state") in OPEN,
        answers.prose(found.get("html_url")),
    )
