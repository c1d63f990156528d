"""What has been said in a repository since the last look, for the days on which no webhook tells of it."""

from __future__ import annotations

import re

from bot.forges.gitee import answers
from bot.forges.gitee.http import Api, RequestError, repo_path
from bot.model import Comment, PullRef

#: Pages of 100 comments in one look; more than that was not said since the last. Ours to choose.
MAX_PAGES = 10
#: Pull requests whose comments are asked for one by one where Gitee does not list a whole repository's.
MAX_PULLS = 30

_CURSOR = re.compile(r"([0-9]{1,19})(?: (\S+))?")
_PULL = re.compile(r"/pulls/([0-9]{1,9})$")


def after(api: Api, repo: str, cursor: str) -> tuple[tuple[tuple[PullRef, Comment], ...], str]:
    """See `Polled.comments_after`. A cursor is the newest comment's id and Gitee's own time of it."""
    # One counter gives all comments their ids, whatever pull request they stand on.
    match = _CURSOR.fullmatch(cursor)
    known, since = (int(match[1]), match[2] or "") if match else (0, "")
    try:
        listed = _newest(api, f"{repo_path(repo)}/pulls/comments", known, since)
    except RequestError as error:
        if error.status != 404:
            raise
        listed = _of_open_pulls(api, repo, known, since)
    newest = max(listed, default=0)
    if newest <= known:
        return (), cursor or "0"
    fresh = [listed[number] for number in sorted(listed) if number > known] if match else []
    said = tuple((ref, answers.comment(item)) for item in fresh if (ref := _ref(repo, item)) is not None)
    return said, f"{newest} {_time(listed[newest])}".rstrip()


def _of_open_pulls(api: Api, repo: str, known: int, since: str) -> dict[int, answers.Object]:
    """The same where Gitee does not list a whole repository's: from the pull requests touched last."""
    query = {"state": "open", "sort": "updated", "direction": "desc"}
    found: dict[int, answers.Object] = {}
    for item in api.page(f"{repo_path(repo)}/pulls", query, 1)[0][:MAX_PULLS]:
        number = answers.number(answers.obj(item, "pull request").get("number"), "pull request number")
        found |= _newest(api, f"{repo_path(repo)}/pulls/{number}/comments", known, since)
    return found


def _newest(api: Api, path: str, known: int, since: str) -> dict[int, answers.Object]:
    """Comments by id, all that are newer than `known` among them: the oldest come first, so from the end."""
    query = {"sort": "created", "direction": "asc", **({"since": since} if since else {})}
    items, last = api.page(path, query, 1)
    found = _by_id(items)
    for number in range(last, max(1, last - MAX_PAGES), -1):
        part = _by_id(api.page(path, query, number)[0])
        found |= part
        if not known or min(part, default=0) <= known:
            break
    return found


def _by_id(items: list[object]) -> dict[int, answers.Object]:
    found = [answers.obj(item, "comment") for item in items]
    return {answers.number(item.get("id"), "comment id"): item for item in found}


def _ref(repo: str, item: answers.Object) -> PullRef | None:
    """The pull request that a comment says it stands on."""
    match = _PULL.search(answers.prose(item.get("pull_request_url")))
    return PullRef("gitee", repo, int(match[1])) if match else None


def _time(item: answers.Object) -> str:
    told = answers.prose(item.get("created_at"))
    return told if re.fullmatch(r"[0-9T:.+Z-]{10,40}", told) else ""
