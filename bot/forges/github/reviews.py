"""Inline comments: one review for all, or one by one where GitHub refuses the whole for a single line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.forges.base import FINDING_MARKER
from bot.forges.github.api import Api
from bot.forges.github.comments import marker_line
from bot.forges.github.errors import StatusError
from bot.forges.github.shape import sha, text, user
from bot.model import InlineComment, PullRef, PullRequest, User

#: A refused review is retried comment by comment, each of which notifies people: not for more than this.
MAX_SINGLES = 30

_MARKER = re.compile(re.escape(FINDING_MARKER) + r"((?: [0-9A-Za-z]+)+) -->")


@dataclass(frozen=True, slots=True)
class Said:
    """What one inline comment of ours is about, and the commit that it was written on."""

    commit: str
    path: str
    fingerprints: frozenset[str]


def said(api: Api, ref: PullRef, me: User) -> Iterator[Said]:
    """Our inline comments, on this head and on older ones."""
    for answer in api.pages(ref.repo, f"/pulls/{ref.number}/comments"):
        found = _MARKER.match(marker_line(text(answer, "body", ""), FINDING_MARKER))
        if found and user(answer.get("user")).id == me.id:
            commit = sha(answer, "original_commit_id")
            yield Said(commit, text(answer, "path"), frozenset(found.group(1).split()))


def review(
    api: Api, pull: PullRequest, me: User, body: str, comments: Sequence[InlineComment]
) -> tuple[InlineComment, ...]:
    """Posts what has not been said on this head yet; returns what GitHub would not take.

    Looking first makes it safe to call again after an answer was lost.
    """
    if comments:
        here = [one for one in said(api, pull.ref, me) if one.commit == pull.head_sha]
        comments = [one for one in comments if not _already(one, here)]
        if not comments:
            return ()
    elif not body:
        return ()
    try:
        _review(api, pull, body, comments)
    except StatusError as error:
        if error.status != 422 or not comments:
            raise
        return _singly(api, pull, comments)
    return ()


def _already(one: InlineComment, here: Sequence[Said]) -> bool:
    """One without a fingerprint cannot be known again."""
    known = {mark for said in here if said.path == one.path for mark in said.fingerprints}
    return bool(one.fingerprints) and known.issuperset(one.fingerprints)


def _review(api: Api, pull: PullRequest, body: str, comments: Sequence[InlineComment]) -> None:
    with api.repository(pull.ref.repo) as repo:
        repo.get_pull(pull.ref.number).create_review(
            commit=repo.get_commit(pull.head_sha),
            event="COMMENT",
            **({"body": body} if body else {}),
            comments=[
                {"path": one.path, "line": one.line, "side": "RIGHT", "body": one.body} for one in comments
            ],
        )


def _singly(api: Api, pull: PullRequest, comments: Sequence[InlineComment]) -> tuple[InlineComment, ...]:
    refused = list(comments[MAX_SINGLES:])
    for one in comments[:MAX_SINGLES]:
        try:
            with api.repository(pull.ref.repo) as repo:
                repo.get_pull(pull.ref.number).create_review_comment(
                    body=one.body, commit=pull.head_sha, path=one.path, line=one.line, side="RIGHT"
                )
        except StatusError as error:
            if error.status != 422:
                raise
            refused.append(one)
    return tuple(refused)
