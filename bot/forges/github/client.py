"""GitHub behind the `Forge` port, with a token or as a GitHub App."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from threading import Lock
from urllib.parse import quote

from bot.errors import ForgeError
from bot.forges.github import blobs, changes, checks, comments, pulls, reviews, trees
from bot.forges.github.api import Api
from bot.forges.github.credential import Anonymous, App, PlainToken
from bot.forges.github.errors import StatusError
from bot.forges.github.hooks import NAME
from bot.forges.github.shape import item, number, part, sha, text, user
from bot.forges.pace import Pace
from bot.model import (
    ChangeSet,
    Check,
    Comment,
    InlineComment,
    Permission,
    Posted,
    PullRef,
    PullRequest,
    Reaction,
    TreeEntry,
    User,
)

#: Seconds for which what stands on a head is not asked again: contexts are written three at a time, and one
#: pull request is at work in one worker at a time.
STANDING_SECONDS = 10.0
#: Heads whose standing is kept in mind.
STANDING_KEPT = 256


def token_client(
    api_url: str, token: str, *, now: Callable[[], float] = time.time, pace: Pace | None = None
) -> GitHubForge:
    """Writes as the token's account with commit statuses; `api_url` may end in `/api/v3`.

    Without a token it reads what is public, and cannot write.
    """
    credential = PlainToken(token) if token else Anonymous()
    return GitHubForge(Api(api_url, credential, now=now, pace=pace or Pace()))


def app_client(
    api_url: str,
    app_id: int | str,
    private_key: str,
    *,
    now: Callable[[], float] = time.time,
    pace: Pace | None = None,
) -> GitHubForge:
    """Writes as the App, with check runs. `private_key` is PEM text; raises `UserError` where it is not."""
    return GitHubForge(Api(api_url, App(api_url, app_id, private_key, now=now), now=now, pace=pace or Pace()))


class GitHubForge:
    """One object for all threads; `close` it when none is at work."""

    name = NAME
    default_language = "en"
    has_reactions = True

    def __init__(self, api: Api) -> None:
        self._api, self._lock = api, Lock()
        self._me: User | None = None
        self._standing: dict[tuple[str, str, int], tuple[float, dict[str, checks.Standing]]] = {}

    def me(self) -> User:
        if self._me is None:
            self._me = _who(self._api)
        return self._me

    def pull_request(self, ref: PullRef) -> PullRequest:
        return pulls.read_pull(self._api, ref)

    def open_pulls(self, repo: str) -> Iterator[PullRequest]:
        return pulls.open_pulls(self._api, repo)

    def changes(self, pull: PullRequest) -> ChangeSet:
        return changes.changes(self._api, pull)

    def tree(self, repo: str, sha: str) -> Mapping[str, TreeEntry]:
        return trees.tree(self._api, repo, sha)

    def tip(self, repo: str) -> str:
        branch = text(self._api.get(repo, ""), "default_branch")
        ref = self._api.get(repo, f"/git/ref/heads/{quote(branch)}")
        return sha(part(ref, "object"), "sha")

    def blobs(self, repo: str, oids: Collection[str], *, commit: str) -> Mapping[str, bytes]:
        return blobs.blobs(self._api, repo, oids, commit=commit)

    def permission(self, repo: str, user: User) -> Permission:
        """By a live look-up that must name the same account id: a login can be given to another."""
        try:
            answer = self._api.get(repo, f"/collaborators/{quote(user.login, safe='')}/permission")
        except StatusError as error:
            if error.status == 404:
                return Permission.NONE
            raise
        if number(part(answer, "user"), "id") != user.id:
            return Permission.NONE
        word = text(answer, "permission")
        return Permission(word) if word in {known.value for known in Permission} else Permission.NONE

    def comment(self, pull: PullRequest, id: str) -> Comment | None:  # noqa: A002 - the port's name
        return comments.one(self._api, pull.ref, id)

    def posted(self, pull: PullRequest) -> Posted:
        me = self.me()
        said = reviews.said(self._api, pull.ref, me)
        read_at, stands = self._api.now(), checks.standing(self._api, pull, me)
        self._keep(pull, read_at, stands)
        return Posted(
            summaries=comments.summaries(self._api, pull.ref, me),
            fingerprints=frozenset(mark for one in said for mark in one.fingerprints),
            checks={context: (one.state, one.title) for context, one in stands.items()},
            labels=frozenset(pull.labels),
        )

    def set_check(self, pull: PullRequest, check: Check) -> None:
        read_at, stands = self._stands(pull)
        self._forget(pull)  # should the answer be lost, nobody knows what stands
        shown = checks.show(self._api, pull, check, stands.get(check.context))
        self._keep(pull, read_at, {**stands, check.context: shown})

    def post_summary(self, pull: PullRequest, body: str, existing: Comment | None) -> Comment:
        return comments.upsert_summary(self._api, pull.ref, self.me(), body, existing)

    def delete_comment(self, pull: PullRequest, comment: Comment) -> None:
        comments.delete(self._api, pull.ref, comment)

    def post_review(
        self, pull: PullRequest, body: str, comments: Sequence[InlineComment]
    ) -> tuple[InlineComment, ...]:
        return reviews.review(self._api, pull, self.me(), body, comments)

    def set_labels(self, pull: PullRequest, add: Collection[str], remove: Collection[str]) -> None:
        """GitHub makes a label that the repository lacks; one that is not on is as good as removed."""
        path = f"/repos/{pull.ref.repo}/issues/{pull.ref.number}/labels"
        with self._api.repository(pull.ref.repo) as repo:
            if add:
                repo.get_issue(pull.ref.number).add_to_labels(*sorted(add))
        for label in sorted(set(remove) - set(add)):
            try:
                with self._api.wire(pull.ref.repo) as wire:  # PyGithub does not encode the slash of a label
                    wire.requestJsonAndCheck("DELETE", f"{path}/{quote(label, safe='')}")
            except StatusError as error:
                if error.status != 404:
                    raise

    def react(self, pull: PullRequest, comment: Comment, reaction: Reaction) -> None:
        comments.react(self._api, pull.ref, comment, reaction)

    def reply(self, pull: PullRequest, body: str, key: str) -> None:
        comments.upsert_reply(self._api, pull.ref, self.me(), body, key)

    def close(self) -> None:
        self._api.close()

    def _stands(self, pull: PullRequest) -> tuple[float, dict[str, checks.Standing]]:
        with self._lock:
            read_at, stands = self._standing.get(_head(pull), (float("-inf"), {}))
        if 0 <= self._api.now() - read_at < STANDING_SECONDS:
            return read_at, stands
        return self._api.now(), checks.standing(self._api, pull, self.me())

    def _keep(self, pull: PullRequest, read_at: float, stands: dict[str, checks.Standing]) -> None:
        with self._lock:
            self._standing.pop(_head(pull), None)
            self._standing[_head(pull)] = (read_at, stands)
            while len(self._standing) > STANDING_KEPT:
                del self._standing[next(iter(self._standing))]

    def _forget(self, pull: PullRequest) -> None:
        with self._lock:
            self._standing.pop(_head(pull), None)


def _head(pull: PullRequest) -> tuple[str, str, int]:
    return pull.ref.repo, pull.head_sha, pull.ref.number


def _who(api: Api) -> User:
    """An App writes as the account `slug[bot]`, whose id only the account itself tells."""
    login = api.credential.login()
    with api.wire("") as wire:
        _, answer = wire.requestJsonAndCheck("GET", f"/users/{quote(login, safe='')}" if login else "/user")
    found = user(item(answer, "account"))
    if not found.id:
        raise ForgeError("GitHub does not say who the bot is")
    return found
