"""Gitee behind the `Forge` port."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import Enum

from bot.errors import CouldNotVerify
from bot.forges.gitee import answers, checks, comments, labels, trees
from bot.forges.gitee.blobs import Blobs
from bot.forges.gitee.commits import Commits
from bot.forges.gitee.http import DEADLINE, TIMEOUT, Api, RequestError, TooLargeError, repo_path, segment
from bot.forges.gitee.inline import InlinePoster
from bot.forges.pace import Pace
from bot.forges.trees import difference
from bot.model import (
    GATE,
    ChangeSet,
    Check,
    CheckState,
    Comment,
    InlineComment,
    Permission,
    Posted,
    PullRef,
    PullRequest,
    Reaction,
    Thread,
    TreeEntry,
    User,
)


class Channel(Enum):
    """How results are shown, by what the token may do in a repository."""

    CHECKS = "check runs"
    LABELS = "labels"
    SUMMARY = "the summary only"


class GiteeForge:
    """Gitee's API v5 for one token; any thread may use it. `close` ends its connections.

    `timeout` is (to connect, between two reads) and `deadline` is for a whole exchange, in seconds.
    """

    name = "gitee"
    default_language = "zh"
    has_reactions = False

    def __init__(
        self,
        api_url: str,
        token: str,
        *,
        timeout: tuple[float, float] = TIMEOUT,
        deadline: float = DEADLINE,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        pace: Pace | None = None,
    ) -> None:
        self._api = Api(api_url, token, timeout=timeout, deadline=deadline, now=now, sleep=sleep, pace=pace)
        self._blobs = Blobs(self._api)
        self._commits = Commits(self._api)
        self._inline = InlinePoster(self._api)
        self._labeller = labels.Labeller(self._api)
        self._me: User | None = None
        self._channels: dict[str, Channel] = {}

    def close(self) -> None:
        self._blobs.close()
        self._api.close()

    def me(self) -> User:
        if self._me is None:
            self._me = answers.user(answers.obj(self._api.get("/user"), "user"))
        return self._me

    def pull_request(self, ref: PullRef) -> PullRequest:
        try:
            found = answers.pull(self._api.get(f"{repo_path(ref.repo)}/pulls/{ref.number}"), ref.repo)
        except RequestError as error:
            if error.status == 404:
                self._require(ref.repo)
            raise
        if found.ref.number != ref.number:
            raise answers.nonsense("pull request number")
        return found

    def open_pulls(self, repo: str) -> Iterator[PullRequest]:
        query = {"state": "open", "sort": "created", "direction": "asc"}
        try:
            for item in self._api.pages(f"{repo_path(repo)}/pulls", query):
                yield answers.pull(item, repo)
        except RequestError as error:
            if error.status == 404:
                self._require(repo)
            raise

    def changes(self, pull: PullRequest) -> ChangeSet:
        """See the port. The base is the commit that Gitee names, or else the tip of the branch."""
        try:
            own = trees.listed(self._api.get(f"{comments.path_of(pull)}/files"))
            head = self._commits.tree(pull.ref.repo, pull.head_sha, pull.head_repo)
            for base in (pull.base_sha, pull.base_ref):
                merge_base = self._commits.merge_base(pull, base)
                base_tree = self._commits.tree(pull.ref.repo, merge_base, pull.head_repo)
                files = difference(base_tree, head, own.patches)
                if trees.agrees(own, files):
                    self._blobs.learn(files)
                    return ChangeSet(merge_base, files, base_tree)
        except TooLargeError as error:
            raise CouldNotVerify(str(error)) from None
        raise CouldNotVerify("Gitee's list of changed files and the difference of the trees disagree")

    def tree(self, repo: str, sha: str) -> Mapping[str, TreeEntry]:
        return self._commits.tree(repo, sha)

    def tip(self, repo: str) -> str:
        newest = answers.obj(next(iter(self._api.pages(f"{repo_path(repo)}/commits")), None), "commit")
        return answers.sha(newest.get("sha"), "commit")

    def blobs(self, repo: str, oids: Collection[str], *, commit: str) -> Mapping[str, bytes]:
        return self._blobs.read(self._commits.home(repo, commit), oids)

    def permission(self, repo: str, user: User) -> Permission:
        if user.id == answers.GHOST.id:
            return Permission.NONE
        path = f"{repo_path(repo)}/collaborators/{segment(user.login)}/permission"
        try:
            return answers.permission(self._api.get(path), user)
        except RequestError as error:
            if error.status != 404:
                raise
            return Permission.NONE

    def comment(self, pull: PullRequest, id: str) -> Comment | None:  # noqa: A002 - the port's name
        return comments.one(self._api, pull, id)

    def posted(self, pull: PullRequest) -> Posted:
        own, shown = comments.own(self._api, pull, self.me()), self.shown(pull)
        return Posted(comments.summaries(own), comments.fingerprints(own), shown, labels.on(self._api, pull))

    def shown(self, pull: PullRequest) -> Mapping[str, tuple[CheckState, str]]:
        is_told = self._channel(pull.ref.repo) is Channel.CHECKS
        return checks.posted(self._api, pull) if is_told else {}

    def look_again(self, pull: PullRequest) -> tuple[PullRequest, Posted]:
        return self.pull_request(pull.ref), self.posted(pull)

    def set_check(self, pull: PullRequest, check: Check) -> None:
        """A check run where the token may write it; else labels show the gate, and the summary the rest."""
        repo = pull.ref.repo
        if self._channel(repo) is Channel.CHECKS:
            try:
                return checks.show(self._api, pull, check)
            except RequestError as error:
                self._step_down(repo, error, Channel.LABELS)
        if check.context == GATE:
            self.set_labels(pull, *labels.projection(check.state))
        return None

    def post_summary(self, pull: PullRequest, body: str, existing: Comment | None) -> Comment:
        return comments.post_summary(self._api, pull, self.me(), body, existing)

    def delete_comment(self, pull: PullRequest, comment: Comment) -> None:
        comments.delete(self._api, pull, comment.id)

    def post_review(
        self,
        pull: PullRequest,
        body: str,  # noqa: ARG002  # the port's, for forges that have reviews
        comments: Sequence[InlineComment],
    ) -> tuple[InlineComment, ...]:
        """Gitee has no reviews, so `body` is left to the summary; each page gets one comment at most."""
        return self._inline.post(pull, self.me(), comments) if comments else ()

    def close_threads(self, pull: PullRequest, fixed: Sequence[Thread], answer: str) -> None:
        """Gitee's API resolves nothing, and what is mended is seen from the summary."""

    def set_labels(self, pull: PullRequest, add: Collection[str], remove: Collection[str]) -> None:
        """Does nothing where the token may not label: the summary says it all."""
        repo = pull.ref.repo
        if self._channel(repo) is Channel.SUMMARY:
            return
        try:
            self._labeller.change(pull, add, remove)
        except RequestError as error:
            self._step_down(repo, error, Channel.SUMMARY)

    def react(self, pull: PullRequest, comment: Comment, reaction: Reaction) -> None:
        """Gitee has no reactions to comments: whoever calls replies in words where they matter."""

    def reply(self, pull: PullRequest, body: str, key: str) -> None:
        comments.reply(self._api, pull, self.me(), body, key)

    def _require(self, repo: str) -> None:
        """Raises a permanent `ForgeError` when there is no such repository (for this token)."""
        try:
            self._api.get(repo_path(repo))
        except RequestError as error:
            if error.status == 404:
                raise RequestError(
                    f"Gitee has no repository {repo} for this token", 404, permanent=True
                ) from None
            raise

    def _channel(self, repo: str) -> Channel:
        """Asked once for each repository; where the role cannot be told, the first refusal tells."""
        known = self._channels.get(repo)
        if known is None:
            known = self._channels.setdefault(repo, self._channel_of_role(repo))
        return known

    def _channel_of_role(self, repo: str) -> Channel:
        try:
            role = self.permission(repo, self.me())
        except RequestError as error:
            if error.status != 403 or error.retry_at is not None:
                raise
            return Channel.CHECKS
        by_role = {Permission.ADMIN: Channel.CHECKS, Permission.WRITE: Channel.LABELS}
        return by_role.get(role, Channel.SUMMARY)

    def _step_down(self, repo: str, error: RequestError, channel: Channel) -> None:
        """Remembers a refusal for want of rights; raises any other error."""
        if error.status != 403 or error.retry_at is not None:
            raise error
        self._channels[repo] = channel
