"""Comments in the conversation of a pull request; one counts as ours by its author's id and its marker."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from github.IssueComment import IssueComment

from bot.errors import ForgeError
from bot.forges.base import REPLY_MARKER, SUMMARY_MARKER
from bot.forges.github.api import Api
from bot.forges.github.errors import StatusError
from bot.forges.github.hooks import REVIEW
from bot.forges.github.shape import number, text, user
from bot.model import Comment, PullRef, Reaction, User

_KEY = re.compile(r"[A-Za-z0-9._:/@#+-]{1,200}")


def comments(api: Api, ref: PullRef) -> Iterator[Comment]:
    """All comments, oldest first."""
    for answer in api.pages(ref.repo, f"/issues/{ref.number}/comments"):
        yield _comment(answer)


def one(api: Api, ref: PullRef, comment_id: str) -> Comment | None:
    """The comment or the words of a review as they stand, unless gone or another conversation's."""
    if comment_id.startswith(REVIEW):
        return _of_review(api, ref, comment_id)
    if not (comment_id.isascii() and comment_id.isdigit()):
        return None
    try:
        answer = api.get(ref.repo, f"/issues/comments/{comment_id}")
    except StatusError as error:
        if error.status != 404:
            raise
        return None
    return _comment(answer) if text(answer, "issue_url").endswith(f"/issues/{ref.number}") else None


def _of_review(api: Api, ref: PullRef, comment_id: str) -> Comment | None:
    number_of = comment_id.removeprefix(REVIEW)
    if not (number_of.isascii() and number_of.isdigit()):
        return None
    try:
        answer = api.get(ref.repo, f"/pulls/{ref.number}/reviews/{number_of}")
    except StatusError as error:
        if error.status != 404:
            raise
        return None
    return replace(_comment(answer), id=comment_id)


def summaries(
    api: Api, ref: PullRef, me: User, known: Iterable[Comment] | None = None
) -> tuple[Comment, ...]:
    """Our sticky comments, oldest first; among those `known` where somebody has read them already."""
    return tuple(
        one
        for one in (comments(api, ref) if known is None else known)
        if one.author.id == me.id and marker_line(one.body, SUMMARY_MARKER)
    )


def upsert_summary(
    api: Api, ref: PullRef, me: User, body: str, existing: Comment | None, *, unsaid: bool = False
) -> Comment:
    """Edits the one there is, or writes it. Before writing it looks again, since an answer that was lost may
    have been to a comment that was written; `unsaid` says that this was just done."""
    if existing is not None and _edit(api, ref, existing, body):
        return Comment(existing.id, existing.author, body, existing.url)
    for one in () if unsaid and existing is None else summaries(api, ref, me):
        if _edit(api, ref, one, body):
            return Comment(one.id, one.author, body, one.url)
    return _create(api, ref, body)


def upsert_reply(api: Api, ref: PullRef, me: User, body: str, key: str) -> None:
    """Says it under a marker that names the occasion; a second time edits the first."""
    if not _KEY.fullmatch(key):
        raise ValueError("the key of a reply goes into a hidden marker: letters, digits and ._:/@#+- only")
    marker = f"{REPLY_MARKER} {key} -->"
    whole = f"{marker}\n{body}"
    for one in comments(api, ref):
        ours = one.author.id == me.id and marker_line(one.body, marker)
        if ours and (one.body == whole or _edit(api, ref, one, whole)):
            return
    _create(api, ref, whole)


def delete(api: Api, ref: PullRef, comment: Comment) -> None:
    """One that is gone already is as good as deleted."""
    with _unless_gone(), _on(api, ref, comment) as there:
        there.delete()


def react(api: Api, ref: PullRef, comment: Comment, reaction: Reaction) -> None:
    """GitHub keeps one reaction of a kind for each account; a deleted one needs none, a review has none."""
    if comment.id.startswith(REVIEW):
        return
    with _unless_gone(), _on(api, ref, comment) as there:
        there.create_reaction(reaction.value)


def marker_line(body: str, marker: str) -> str:
    """The first or the last line if it begins with the marker; between them a contributor may be quoted."""
    lines = body.splitlines() or [""]
    return next((line for line in (lines[0], lines[-1]) if line.startswith(marker)), "")


@contextmanager
def _on(api: Api, ref: PullRef, comment: Comment) -> Iterator[IssueComment]:
    with api.repository(ref.repo) as repo:
        yield repo.get_issue(ref.number).get_comment(int(comment.id))


@contextmanager
def _unless_gone() -> Iterator[list[StatusError]]:
    """Holds the 404 that ended the block, if one did."""
    gone: list[StatusError] = []
    try:
        yield gone
    except StatusError as error:
        if error.status != 404:
            raise
        gone.append(error)


def _edit(api: Api, ref: PullRef, comment: Comment, body: str) -> bool:
    """False where somebody deleted it meanwhile."""
    with _unless_gone() as gone, _on(api, ref, comment) as there:
        there.edit(body)
    return not gone


def _create(api: Api, ref: PullRef, body: str) -> Comment:
    with api.repository(ref.repo) as repo:
        return _comment(repo.get_issue(ref.number).create_comment(body).raw_data)


def _comment(answer: Mapping[str, Any]) -> Comment:
    identity = number(answer, "id")
    if not identity:
        raise ForgeError("GitHub's comment has no id")
    return Comment(
        id=str(identity),
        author=user(answer.get("user")),
        body=text(answer, "body", ""),
        url=text(answer, "html_url", ""),
    )
