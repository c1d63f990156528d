"""Gitee behind the `Forge` port."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from bot.errors import CouldNotVerify, NotThere
from bot.forges.gitee import answers, checks, comments, labels, news, testing, trees
from bot.forges.gitee.blobs import Blobs
from bot.forges.gitee.channel import Channel, Channels
from bot.forges.gitee.commits import Commits
from bot.forges.gitee.http import DEADLINE, TIMEOUT, Api, RequestError, TooLargeError, repo_path, segment
from bot.forges.gitee.inline import InlinePoster
from bot.forges.gitee.issues import GiteeTracker
from bot.forges.pace import Pace, Told, untold
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

log = logging.getLogger("hubbot.gitee")


class GiteeForge:
    """Gitee's API v5 for one token; any thread may use it. `close` ends its connections.

    `negative_label` stands while the gate is closed, for communities whose robot refuses to merge by label;
    `test_state` has the bot give Gitee's own "test passed" while it is open. `timeout` is (to connect,
    between two reads) and `deadline` is for a whole exchange, in seconds.
    """

    name = "gitee"
    default_language = "zh"
    has_reactions = False
    shares_checks = False

    def __init__(
        self,
        api_url: str,
        token: str,
        *,
        negative_label: str = "",
        test_state: bool = False,
        timeout: tuple[float, float] = TIMEOUT,
        deadline: float = DEADLINE,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        pace: Pace | None = None,
        told: Told = untold,
    ) -> None:
        self._api = Api(
            api_url, token, timeout=timeout, deadline=deadline, now=now, sleep=sleep, pace=pace, told=told
        )
        self._blobs = Blobs(self._api)
        self._commits = Commits(self._api)
        self._inline = InlinePoster(self._api)
        self._labeller = labels.Labeller(self._api)
        self._me: User | None = None
        self._negative_label, self._test_state = negative_label, test_state
        self._channels = Channels(lambda repo: self.permission(repo, self.me()), now)

    def close(self) -> None:
        self._blobs.close()
        self._api.close()

    def tracker(self) -> GiteeTracker:
        """Issues, written by the same account."""
        return GiteeTracker(self._api, self.me)

    def me(self) -> User:
        if self._me is None:
            self._me = answers.user(answers.obj(self._api.get("/user"), "user"))
        return self._me

    def channel(self, repo: str) -> str:
        """How results are shown in a repository with this token, in words for an operator."""
        return self._channels.of(repo).value

    def pull_request(self, ref: PullRef) -> PullRequest:
        try:
            found = answers.pull(self._api.get(f"{repo_path(ref.repo)}/pulls/{ref.number}"), ref.repo)
        except RequestError as error:
            if error.status != 404:
                raise
            self._require(ref.repo)
            # No body is signed: what one names may never have been there. The reconciler finds what is.
            raise NotThere(f"Gitee has no pull request {ref}") from None
        if found.ref.number != ref.number:
            raise answers.nonsense("pull request number")
        return found

    def open_pulls(self, repo: str) -> Iterator[PullRequest]:
        """See the port. The first look, at a worker's start, also finds out how results can be shown."""
        query = {"state": "open", "sort": "created", "direction": "asc"}
        try:
            self._channels.of(repo)
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
        return self._blobs.read(self._commits.home(repo, commit), oids, commit)

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

    def comments_after(self, repo: str, cursor: str) -> tuple[tuple[tuple[PullRef, Comment], ...], str]:
        return news.after(self._api, repo, cursor)

    def posted(self, pull: PullRequest) -> Posted:
        own, shown = comments.own(self._api, pull, self.me()), self.shown(pull)
        return Posted(comments.summaries(own), comments.fingerprints(own), shown, labels.on(self._api, pull))

    def shown(self, pull: PullRequest) -> Mapping[str, tuple[CheckState, str]]:
        is_told = self._channels.of(pull.ref.repo) is Channel.CHECKS
        return checks.posted(self._api, pull) if is_told else {}

    def look_again(self, pull: PullRequest) -> tuple[PullRequest, Posted]:
        return self.pull_request(pull.ref), self.posted(pull)

    def set_check(self, pull: PullRequest, check: Check) -> None:
        """A check run where the token may write it; else labels show the gate, and the summary the rest."""
        repo = pull.ref.repo
        shown = False
        if self._channels.of(repo) is Channel.CHECKS:
            try:
                checks.show(self._api, pull, check)
                shown = True
            except RequestError as error:
                self._channels.step_down(repo, error, Channel.LABELS)
        if check.context == GATE:
            add, remove = ((), ()) if shown else labels.projection(check.state)
            blocks = labels.blocking(self._negative_label, check.state)
            self.set_labels(pull, (*add, *blocks[0]), (*remove, *blocks[1]))
            if self._test_state:
                self._show_test_state(pull, check.state)

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
        if self._channels.of(repo) is Channel.SUMMARY or not (add or remove):
            return
        try:
            self._labeller.change(pull, add, remove)
        except RequestError as error:
            self._channels.step_down(repo, error, Channel.SUMMARY)

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

    def _show_test_state(self, pull: PullRequest, state: CheckState) -> None:
        try:
            testing.show(self._api, pull, self.me(), passed=state is CheckState.SUCCESS)
        except RequestError as error:
            if error.status != 403 or error.retry_at is not None:
                raise
            log.warning("the bot is no tester of %s and may not make itself one", pull.ref)
