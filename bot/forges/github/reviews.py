"""Inline comments: one review for all, or one by one where GitHub refuses the whole for a single line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.forges.github.api import Api
from bot.forges.github.errors import StatusError
from bot.forges.github.threads import Said, said, told
from bot.model import InlineComment, PullRequest, ThreadState, User

#: A refused review is retried comment by comment, each of which notifies people: not for more than this.
MAX_SINGLES = 30


def review(
    api: Api,
    pull: PullRequest,
    me: User,
    body: str,
    comments: Sequence[InlineComment],
    *,
    unsaid: bool = False,
) -> tuple[InlineComment, ...]:
    """Posts what does not stand on this head yet; returns what GitHub would not take.

    Looking first makes it safe to call again after an answer was lost; `unsaid` says that this was just done.
    """
    if comments and not unsaid:
        here = [one for one in said(api, pull.ref, me) if one.commit == pull.head_sha]
        if any(_already(one, here) for one in comments):
            here = told(api, pull.ref, me, here)
        comments = [one for one in comments if not _already(one, here)]
        if not comments:
            return ()
    elif not comments and not body:
        return ()
    try:
        _review(api, pull, body, comments)
    except StatusError as error:
        if error.status != 422 or not comments:
            raise
        return _singly(api, pull, comments)
    return ()


def _already(one: InlineComment, here: Sequence[Said]) -> bool:
    """One without a fingerprint cannot be known again; one that was mended and is back is said again."""
    standing = [said for said in here if said.state is not ThreadState.DONE]
    known = {mark for said in standing if said.path == one.path for mark in said.fingerprints}
    return bool(one.fingerprints) and known.issuperset(one.fingerprints)


def _placed(one: InlineComment) -> dict[str, Any]:
    """Where it stands, as GitHub wants it; a first line is named only where there are several."""
    place: dict[str, Any] = {"path": one.path, "line": one.line, "side": "RIGHT"}
    if 0 < one.start_line < one.line:
        place |= {"start_line": one.start_line, "start_side": "RIGHT"}
    return place | {"body": one.body}


def _review(api: Api, pull: PullRequest, body: str, comments: Sequence[InlineComment]) -> None:
    placed: list[Any] = [_placed(one) for one in comments]
    with api.repository(pull.ref.repo) as repo:
        repo.get_pull(pull.ref.number).create_review(
            commit=repo.get_commit(pull.head_sha),
            event="COMMENT",
            **({"body": body} if body else {}),
            comments=placed,
        )


def _singly(api: Api, pull: PullRequest, comments: Sequence[InlineComment]) -> tuple[InlineComment, ...]:
    refused = list(comments[MAX_SINGLES:])
    for one in comments[:MAX_SINGLES]:
        try:
            with api.repository(pull.ref.repo) as repo:
                repo.get_pull(pull.ref.number).create_review_comment(commit=pull.head_sha, **_placed(one))
        except StatusError as error:
            if error.status != 422:
                raise
            refused.append(one)
    return tuple(refused)
