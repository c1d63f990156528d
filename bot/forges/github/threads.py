"""What became of our inline comments: read from the list of comments and, for their resolution, by GraphQL.

The list is what counts. GraphQL alone knows whether a thread is resolved, and no review waits for it.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.errors import ForgeError
from bot.forges.base import FINDING_MARKER, FIXED_MARKER
from bot.forges.github.api import Api
from bot.forges.github.comments import marker_line
from bot.forges.github.shape import flag, item, items, number, part, sha, text, user
from bot.model import PullRef, PullRequest, Thread, ThreadState, User

log = logging.getLogger("hubbot.github")

#: GraphQL lists 100 threads at a time; of a pull request with more than 500 the rest stay open. Our choice.
MAX_PAGES = 5
#: Threads that one call resolves; GitHub ends a call after 10 s. Our choice.
MAX_CLOSED = 50
#: Answers of one run, each of which is a request and a notification. Our choice.
MAX_ANSWERS = 10

_MARKER = re.compile(re.escape(FINDING_MARKER) + r"((?: [0-9A-Za-z]+)+) -->")

_THREADS = """
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    reviewThreads(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id isResolved viewerCanResolve resolvedBy { databaseId }
        comments(first: 1) { nodes { id databaseId isMinimized } }
      }
    }
  } }
}
"""


@dataclass(frozen=True, slots=True)
class Said:
    """One inline comment of ours: its number, what it is about, the commit that it was written on.

    `node` and `thread` are GraphQL's names of the comment and, where we may resolve it, of its thread.
    """

    number: int
    commit: str
    path: str
    fingerprints: frozenset[str]
    has_replies: bool = False
    state: ThreadState = ThreadState.OPEN
    node: str = ""
    thread: str = ""


def said(api: Api, ref: PullRef, me: User) -> list[Said]:
    """Our inline comments, on this head and on older ones; resolved or not is not known here."""
    listed = list(api.pages(ref.repo, f"/pulls/{ref.number}/comments"))
    below: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for answer in listed:
        if answer.get("in_reply_to_id") is not None:
            below[number(answer, "in_reply_to_id")].append(answer)
    return [one for answer in listed if (one := _said(answer, below, me)) is not None]


def told(api: Api, ref: PullRef, me: User, comments: Sequence[Said]) -> list[Said]:
    """The same comments with what GraphQL knows of them; without it where GraphQL does not answer."""
    if not comments:
        return []
    try:
        known = _resolutions(api, ref)
        return [_merged(one, known.get(one.number), me) for one in comments]
    except ForgeError as error:
        log.warning("%s: the state of inline comments is not known: %s", ref, error)
        return list(comments)


def threads(comments: Sequence[Said]) -> tuple[Thread, ...]:
    """The comments as the port tells them."""
    return tuple(
        Thread(
            one.path, one.fingerprints, one.state, one.has_replies, (str(one.number), one.node, one.thread)
        )
        for one in comments
    )


def close(api: Api, pull: PullRequest, fixed: Sequence[Thread], answer: str) -> None:
    """Answers where somebody replied, resolves the rest in one call, and folds away what it may not resolve.

    An App resolves threads only where it may write contents, which this one never asks for; its own comments
    it may always fold away as resolved.
    """
    quiet = [thread.keys for thread in fixed if not thread.has_replies][:MAX_CLOSED]
    resolvable = [(node, thread) for _, node, thread in quiet if thread]
    resolve = "resolveReviewThread(input: {threadId: $%s}) { clientMutationId }"
    done = _mutate(api, pull.ref.repo, resolve, [thread for _, thread in resolvable])
    left = [node for node, thread in resolvable if thread not in done]
    left += [node for _, node, thread in quiet if node and not thread]
    fold = "minimizeComment(input: {subjectId: $%s, classifier: RESOLVED}) { clientMutationId }"
    refused = set(left) - _mutate(api, pull.ref.repo, fold, left)
    if refused:
        log.warning("%s: %d mended inline comments could not be closed", pull.ref, len(refused))
    for thread in [thread for thread in fixed if thread.has_replies][:MAX_ANSWERS]:
        with api.repository(pull.ref.repo) as repo:
            repo.get_pull(pull.ref.number).create_review_comment_reply(int(thread.keys[0]), answer)


def _said(answer: Mapping[str, Any], below: Mapping[int, list[Mapping[str, Any]]], me: User) -> Said | None:
    found = _MARKER.match(marker_line(text(answer, "body", ""), FINDING_MARKER))
    if not found or user(answer.get("user")).id != me.id:
        return None
    mine = number(answer, "id")
    replies = below.get(mine, [])
    answered = any(
        user(reply.get("user")).id == me.id and marker_line(text(reply, "body", ""), FIXED_MARKER)
        for reply in replies
    )
    return Said(
        mine,
        sha(answer, "original_commit_id"),
        text(answer, "path"),
        frozenset(found.group(1).split()),
        any(user(reply.get("user")).id != me.id for reply in replies),
        ThreadState.DONE if answered else ThreadState.OPEN,
    )


def _resolutions(api: Api, ref: PullRef) -> dict[int, Mapping[str, Any]]:
    """Threads by the number of their first comment."""
    owner, _, name = ref.repo.partition("/")
    found: dict[int, Mapping[str, Any]] = {}
    after: str | None = None
    for _ in range(MAX_PAGES):
        variables = {"owner": owner, "name": name, "number": ref.number, "after": after}
        data = api.graphql(ref.repo, _THREADS, variables)
        listed = part(part(part(data, "repository"), "pullRequest"), "reviewThreads")
        for thread in items(listed.get("nodes"), "threads"):
            for first in items(part(thread, "comments").get("nodes"), "comments"):
                found[number(first, "databaseId")] = {**thread, "first": first}
        info = part(listed, "pageInfo")
        if not flag(info, "hasNextPage"):
            break
        after = text(info, "endCursor")
    return found


def _merged(one: Said, thread: Mapping[str, Any] | None, me: User) -> Said:
    """What is resolved by nobody named is ours: GitHub names users there, and an App is none."""
    if thread is None:
        return one
    first = part(thread, "first")
    state = one.state
    if state is ThreadState.OPEN and flag(thread, "isResolved"):
        by = thread.get("resolvedBy")
        ours = by is None or number(item(by, "user"), "databaseId") == me.id
        state = ThreadState.DONE if ours else ThreadState.DISMISSED
    elif flag(first, "isMinimized"):
        state = ThreadState.DONE
    handle = text(thread, "id") if flag(thread, "viewerCanResolve") else ""
    return replace(one, state=state, node=text(first, "id"), thread=handle)


def _mutate(api: Api, repo: str, call: str, ids: Sequence[str]) -> set[str]:
    """Does one thing to many in one request; returns those to which it was done."""
    if not ids:
        return set()
    names = [f"n{index}" for index in range(len(ids))]
    given = ", ".join(f"${name}: ID!" for name in names)
    calls = "\n".join(f"{name}: {call % name}" for name in names)
    data = api.graphql(repo, f"mutation({given}) {{\n{calls}\n}}", dict(zip(names, ids, strict=True)))
    return {each for name, each in zip(names, ids, strict=True) if data.get(name) is not None}
