"""The last look at a pull request before the verdict: its head and its conversation in one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.errors import ForgeError
from bot.forges.github.api import Api
from bot.forges.github.shape import flag, item, items, number, part, sha, text
from bot.model import Comment, PullRequest, PullState, User

#: GraphQL gives 100 entries of a list; a longer conversation is read by the list of comments.
_QUERY = """
query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    headRefOid baseRefName state isDraft
    labels(first: 100) { nodes { name } }
    reviewThreads(first: 1) { totalCount }
    comments(first: 100) {
      pageInfo { hasNextPage }
      nodes { databaseId body url viewerDidAuthor }
    }
  } }
}
"""


@dataclass(frozen=True, slots=True)
class Look:
    """`own` are the bot's comments, oldest first, None where there are too many to be told at once."""

    pull: PullRequest
    own: tuple[Comment, ...] | None
    has_threads: bool


def look(api: Api, pull: PullRequest, me: User) -> Look:
    """`pull` as it is now; what an open pull request cannot change, such as its author, is kept."""
    owner, _, name = pull.ref.repo.partition("/")
    variables = {"owner": owner, "name": name, "number": pull.ref.number}
    answer = part(part(api.graphql(pull.ref.repo, _QUERY, variables), "repository"), "pullRequest")
    state = text(answer, "state")
    if state not in ("OPEN", "CLOSED", "MERGED"):
        raise ForgeError("GitHub's `state` is none of a pull request's")
    now = replace(
        pull,
        state=PullState(state.lower()),
        draft=flag(answer, "isDraft"),
        head_sha=sha(answer, "headRefOid"),
        base_ref=text(answer, "baseRefName"),
        labels=tuple(text(one, "name") for one in items(part(answer, "labels").get("nodes"), "labels")),
    )
    has_threads = number(part(answer, "reviewThreads"), "totalCount") > 0
    return Look(now, _own(part(answer, "comments"), me), has_threads)


def _own(listed: Mapping[str, Any], me: User) -> tuple[Comment, ...] | None:
    if flag(part(listed, "pageInfo"), "hasNextPage"):
        return None
    nodes = [item(one, "comment") for one in items(listed.get("nodes"), "comments")]
    return tuple(
        Comment(str(number(one, "databaseId")), me, text(one, "body", ""), text(one, "url", ""))
        for one in nodes
        if flag(one, "viewerDidAuthor")
    )
