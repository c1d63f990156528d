"""The issue about a hub on GitHub: ours by its author's id and the marker in its first line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.errors import ForgeError
from bot.forges.github.api import Api
from bot.forges.github.shape import item, number, text, user
from bot.model import Issue, User


class GitHubTracker:
    """Behind the `Tracker` port; writes as the reporting credential."""

    def __init__(self, api: Api, me: Callable[[], User]) -> None:
        self._api, self._me = api, me

    def issues(self, repo: str, marker: str, title: str) -> Sequence[Issue]:  # noqa: ARG002 - the port's
        """See the port; pull requests are issues to this list."""
        me = self._me()
        listed = self._api.pages(
            repo, "/issues", creator=me.login, state="all", sort="created", direction="asc"
        )
        ours = [one for one in listed if "pull_request" not in one and user(one.get("user")).id == me.id]
        return [one for one in map(_issue, ours) if one.body.partition("\n")[0].rstrip("\r") == marker]

    def create_issue(self, repo: str, title: str, body: str) -> Issue:
        return self._write("POST", repo, "", {"title": title, "body": body})

    def edit_issue(self, repo: str, issue: Issue) -> None:
        state = {"state": "open"} if issue.is_open else {"state": "closed", "state_reason": "completed"}
        self._write("PATCH", repo, f"/{issue.id}", {"title": issue.title, "body": issue.body, **state})

    def _write(self, verb: str, repo: str, path: str, sent: Mapping[str, str]) -> Issue:
        with self._api.wire(repo) as wire:
            _, answer = wire.requestJsonAndCheck(verb, f"/repos/{repo}/issues{path}", input=dict(sent))
        return _issue(item(answer, "issue"))


def _issue(answer: Mapping[str, Any]) -> Issue:
    found = number(answer, "number")
    if not found:
        raise ForgeError("GitHub's issue has no number")
    return Issue(
        str(found),
        text(answer, "title", ""),
        text(answer, "body", ""),
        text(answer, "state") == "open",
        text(answer, "html_url", ""),
    )
