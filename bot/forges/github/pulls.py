"""Reads pull requests as the API tells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.errors import ForgeError
from bot.forges.github.api import Api
from bot.forges.github.errors import StatusError
from bot.forges.github.hooks import NAME
from bot.forges.github.shape import flag, item, items, number, part, sha, text, user
from bot.model import PullRef, PullRequest, PullState


def read_pull(api: Api, ref: PullRef) -> PullRequest:
    """Raises a permanent `ForgeError` where the repository is not there, one to try again where only the pull
    request is not: it may not have reached every server of GitHub's yet."""
    try:
        answer = api.get(ref.repo, f"/pulls/{ref.number}")
    except StatusError as error:
        if error.status == 404:
            _look_for(api, ref.repo)
        raise
    if number(answer, "number") != ref.number:
        raise ForgeError("GitHub answered with another pull request")
    commits = number(answer, "commits") if answer.get("commits") is not None else None
    return replace(_pull(ref, answer, number(answer, "changed_files")), commits=commits)


def open_pulls(api: Api, repo: str) -> Iterator[PullRequest]:
    """Oldest first, so that one opened meanwhile comes last; the list carries no count of files."""
    seen: set[int] = set()
    for answer in api.pages(repo, "/pulls", state="open", sort="created", direction="asc"):
        ref = PullRef(NAME, repo, number(answer, "number"))
        if ref.number not in seen:
            seen.add(ref.number)
            yield _pull(ref, answer, None)


def _pull(ref: PullRef, answer: Mapping[str, Any], changed_files: int | None) -> PullRequest:
    head, base = part(answer, "head"), part(answer, "base")
    return PullRequest(
        ref=ref,
        title=text(answer, "title"),
        body=text(answer, "body", ""),
        author=user(answer.get("user")),
        state=_state(answer),
        draft=flag(answer, "draft"),
        head_sha=sha(head, "sha"),
        head_repo=None
        if head.get("repo") is None
        else text(item(head["repo"], "head repository"), "full_name"),
        base_sha=sha(base, "sha"),
        base_ref=text(base, "ref"),
        changed_files=changed_files,
        url=text(answer, "html_url"),
        global_id=number(answer, "id"),
        labels=tuple(text(one, "name") for one in items(answer.get("labels"), "labels")),
    )


def _state(answer: Mapping[str, Any]) -> PullState:
    """`merged` is in the full answer only, `merged_at` in lists too."""
    state = text(answer, "state")
    if state not in ("open", "closed"):
        raise ForgeError("GitHub's `state` is neither open nor closed")
    return PullState.MERGED if text(answer, "merged_at", "") else PullState(state)


def _look_for(api: Api, repo: str) -> None:
    try:
        api.get(repo, "")
    except StatusError as error:
        if error.status == 404:
            raise ForgeError(
                f"GitHub has no repository {repo} that the bot may see", permanent=True
            ) from None
        raise
