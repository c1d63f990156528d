"""The bot's comments in the conversation: found by author and marker, edited rather than repeated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from bot.errors import ForgeError
from bot.forges.base import FINDING_MARKER, REPLY_MARKER, SUMMARY_MARKER
from bot.forges.gitee import answers
from bot.forges.gitee.http import Api, RequestError, repo_path
from bot.model import Comment, PullRequest, User

#: Bytes of a comment: Gitee takes 65,536 characters; ours is less and counts bytes, to be safe with Chinese.
MAX_BODY = 60_000

# A marker counts where the bot writes it and no text of a contributor can stand: at the very start, and in a
# comment on several lines at the start of each part, below the part's heading.
_SUMMARY = re.compile(rf"\s*{re.escape(SUMMARY_MARKER)}\b")
_FINDING = re.compile(
    rf"(?:\A|^\*\*L[0-9]+\*\*\r?\n\r?\n){re.escape(FINDING_MARKER)}((?: +[0-9A-Za-z]+)+) *-->", re.MULTILINE
)


def heading(line: int) -> str:
    """What begins each part of a comment on several lines."""
    return f"**L{line}**\n\n"


def path_of(pull: PullRequest) -> str:
    return f"{repo_path(pull.ref.repo)}/pulls/{pull.ref.number}"


def own(api: Api, pull: PullRequest, me: User, kind: str = "") -> list[answers.Object]:
    """The bot's own comments, oldest first; `kind` is `pr_comment`, `diff_comment` or empty for both."""
    listed = api.pages(f"{path_of(pull)}/comments", {"comment_type": kind} if kind else None)
    found = [answers.obj(item, "comment") for item in listed]
    mine = [item for item in found if answers.user(item.get("user")).id == me.id]
    return sorted(mine, key=lambda item: answers.number(item.get("id"), "comment id"))


def one(api: Api, pull: PullRequest, comment_id: str) -> Comment | None:
    """The comment as it stands, unless Gitee says that it is another pull request's."""
    if not (comment_id.isascii() and comment_id.isdigit()):
        return None
    try:
        found = answers.obj(api.get(f"{repo_path(pull.ref.repo)}/pulls/comments/{comment_id}"), "comment")
    except RequestError as error:
        if error.status != 404:
            raise
        return None
    of = answers.prose(found.get("pull_request_url"))
    return answers.comment(found) if not of or of.endswith(f"/pulls/{pull.ref.number}") else None


def summaries(items: Iterable[answers.Object]) -> tuple[Comment, ...]:
    found = (answers.comment(item) for item in items if not answers.is_inline(item))
    return tuple(comment for comment in found if _SUMMARY.match(comment.body))


def fingerprints(items: Iterable[answers.Object]) -> frozenset[str]:
    bodies = (answers.prose(item.get("body")) for item in items if answers.is_inline(item))
    return frozenset(word for body in bodies for marker in _FINDING.findall(body) for word in marker.split())


def post_summary(api: Api, pull: PullRequest, me: User, body: str, existing: Comment | None) -> Comment:
    body = fit(body)
    if existing is not None:
        edited = _edit(api, pull, existing, body)
        if edited is not None:
            return edited

    def find() -> Comment | None:
        items = own(api, pull, me, "pr_comment")
        return next(iter(summaries(items)), None) or _same(items, body)

    return _upsert(api, pull, body, find)


def reply(api: Api, pull: PullRequest, me: User, body: str, key: str) -> Comment:
    """One comment for each `key`; the marker is added where the body does not carry it."""
    marker = f"{REPLY_MARKER} {key} -->"
    body = fit(body if body.startswith(marker) else f"{marker}\n{body}")

    def find() -> Comment | None:
        items = own(api, pull, me, "pr_comment")
        found = (answers.comment(item) for item in items)
        return next((comment for comment in found if marker in comment.body.splitlines()), None) or _same(
            items, body
        )

    return _upsert(api, pull, body, find)


def delete(api: Api, pull: PullRequest, comment_id: str) -> None:
    if not re.fullmatch("[0-9]{1,19}", comment_id):
        raise ForgeError("not a comment of Gitee", permanent=True)
    api.delete(f"{repo_path(pull.ref.repo)}/pulls/comments/{comment_id}")


def create(api: Api, pull: PullRequest, payload: answers.Object, find: Callable[[], Any]) -> Any:
    """Posts a comment once: when the answer does not tell whether it worked, `find` looks for it."""
    try:
        made = api.post(f"{path_of(pull)}/comments", payload)
        answers.comment(made)
    except ForgeError as error:
        if isinstance(error, RequestError) and not error.may_have_worked:
            raise
        found = find()
        if found is None:
            raise
        return found
    return made


def fit(body: str) -> str:
    """The body within `MAX_BODY` bytes, cut at a line's end."""
    data = body.encode("utf-8", "replace")
    if len(data) <= MAX_BODY:
        return data.decode("utf-8")
    return data[:MAX_BODY].decode("utf-8", "ignore").rpartition("\n")[0] + "\n…"


def _upsert(api: Api, pull: PullRequest, body: str, find: Callable[[], Comment | None]) -> Comment:
    found = find()
    if found is not None:
        edited = _edit(api, pull, found, body)
        if edited is not None:
            return edited
    made = create(api, pull, {"body": body}, find)
    return made if isinstance(made, Comment) else answers.comment(made)


def _edit(api: Api, pull: PullRequest, comment: Comment, body: str) -> Comment | None:
    """The comment with its new body, None when it is gone."""
    if comment.body == body:
        return comment
    try:
        api.patch(f"{repo_path(pull.ref.repo)}/pulls/comments/{comment.id}", {"body": body})
    except RequestError as error:
        if error.status == 404:
            return None
        raise
    return Comment(comment.id, comment.author, body, comment.url)


def _same(items: Iterable[answers.Object], body: str) -> Comment | None:
    """A comment that says just this and has lost its hidden marker, where Gitee does not keep those."""
    said = visible(body)
    found = (answers.comment(item) for item in items if "<!--" not in answers.prose(item.get("body")))
    return next((comment for comment in found if said and visible(comment.body) == said), None)


def visible(body: str) -> str:
    """What of a body is seen: without hidden markers, blanks made one."""
    return " ".join(re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL).split())
