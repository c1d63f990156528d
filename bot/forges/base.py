"""The port that GitHub, Gitee, the local Git forge and the demo forge implement alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from bot.model import FINDING_MARKER as FINDING_MARKER
from bot.model import FIXED_MARKER as FIXED_MARKER
from bot.model import REPLY_MARKER as REPLY_MARKER
from bot.model import SUMMARY_MARKER as SUMMARY_MARKER
from bot.model import (
    ChangeSet,
    Check,
    CheckState,
    Comment,
    Delivery,
    InlineComment,
    Issue,
    Permission,
    Posted,
    PullRef,
    PullRequest,
    Reaction,
    Thread,
    TreeEntry,
    User,
)


class Refused(Exception):
    """A delivery that is not accepted: `status` is the 4xx to answer with, the text is safe to show."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Hooks(Protocol):
    """Pure: verifies a request of a forge and says what it asks for."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """Raises `Refused` unless the request carries a valid signature. `now` in seconds since the epoch."""

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """What a verified request asks for. Raises `Refused` (400) for anything that is not a delivery."""

    def redact(self, body: bytes) -> bytes:
        """The body as it may be stored: without any secret that the forge repeats in it."""


class Forge(Protocol):
    """Reads pull requests, writes reviews. Every method may raise `ForgeError`; none sleeps for a limit.

    Every write is an idempotent upsert from the caller's point of view: it may be called again after a crash.
    """

    name: str
    default_language: str
    #: Whether a comment can be acknowledged without words.
    has_reactions: bool
    #: Whether contexts belong to a commit, so that all pull requests with that head show the same ones.
    shares_checks: bool

    def me(self) -> User:
        """The account that the bot writes as."""

    def pull_request(self, ref: PullRef) -> PullRequest: ...

    def open_pulls(self, repo: str) -> Iterator[PullRequest]:
        """All open pull requests, for the reconciler."""

    def changes(self, pull: PullRequest) -> ChangeSet:
        """What the pull request changes, from the Git trees of merge base and head.

        Raises `CouldNotVerify` when a tree is cut or the forge's own list or count disagrees.
        """

    def tree(self, repo: str, sha: str) -> Mapping[str, TreeEntry]:
        """Every file of a commit's tree. Raises `CouldNotVerify` when it is cut."""

    def tip(self, repo: str) -> str:
        """The commit at the tip of the default branch."""

    def blobs(self, repo: str, oids: Collection[str], *, commit: str) -> Mapping[str, bytes]:
        """Git blobs by id, each held against its id; `commit` is one that holds them all, for bulk reads.

        A blob over `MAX_BLOB` comes back as its first `MAX_BLOB` + 1 bytes.
        """

    def permission(self, repo: str, user: User) -> Permission: ...

    def comment(self, pull: PullRequest, id: str) -> Comment | None:  # noqa: A002 - the field's name
        """A comment of this pull request's conversation as it stands now; None where there is none."""

    def posted(self, pull: PullRequest) -> Posted: ...

    def shown(self, pull: PullRequest) -> Mapping[str, tuple[CheckState, str]]:
        """Of `posted` only `checks`: what is needed before there are words."""

    def look_again(self, pull: PullRequest) -> tuple[PullRequest, Posted]:
        """The pull request as it is now with what of ours stands there: the last look before the verdict.

        Where the head has moved, what stands there may be left out.
        """

    def set_check(self, pull: PullRequest, check: Check) -> None:
        """Shows one context on the pull request's head by whatever channel the credential allows."""

    def post_summary(self, pull: PullRequest, body: str, existing: Comment | None) -> Comment:
        """Edits `existing`, or creates the sticky summary when there is none."""

    def delete_comment(self, pull: PullRequest, comment: Comment) -> None: ...

    def post_review(
        self, pull: PullRequest, body: str, comments: Sequence[InlineComment]
    ) -> tuple[InlineComment, ...]:
        """Posts inline comments; returns those that the forge would not take, for the summary."""

    def close_threads(self, pull: PullRequest, fixed: Sequence[Thread], answer: str) -> None:
        """Closes inline comments of which nothing is left: with `answer` where somebody has replied.

        What could not be closed comes back open with the next `posted`, and nothing may depend on it.
        A forge that tells of no threads does nothing.
        """

    def set_labels(self, pull: PullRequest, add: Collection[str], remove: Collection[str]) -> None: ...

    def react(self, pull: PullRequest, comment: Comment, reaction: Reaction) -> None: ...

    def reply(self, pull: PullRequest, body: str, key: str) -> None:
        """Says something in words, once: `key` names the occasion, and saying it again edits the first."""


class Polled(Protocol):
    """A forge whose comments can be asked for by repository, so that they are found without any webhook."""

    def comments_after(self, repo: str, cursor: str) -> tuple[tuple[tuple[PullRef, Comment], ...], str]:
        """Comments newer than `cursor`, oldest first, in a bounded number of requests; and the next cursor.

        An empty cursor asks for the present one only: what was said before the first look is not news.
        """


class Redelivering(Protocol):
    """A forge that remembers deliveries which did not arrive, and sends them once more when asked."""

    def redeliver_failed(self, repo: str, cursor: str) -> tuple[int, str]:
        """How many it was asked for, none of them twice, in a bounded number of requests; the next cursor.

        An empty cursor asks for the present one only.
        """


class Queueing(Protocol):
    """A forge with merge queues: what one would merge is judged by its commits alone."""

    def branch(self, repo: str, name: str) -> str:
        """The commit at the tip of a branch, empty where there is no such branch."""

    def contains(self, repo: str, branch: str, sha: str) -> bool:
        """Whether a branch has a commit in its history."""

    def between(self, repo: str, base: str, head: str) -> ChangeSet:
        """What `head` changes of `base`. Raises `CouldNotVerify` unless it was built onto it."""


class Tracker(Protocol):
    """A forge with issues, of which we keep one about a hub. Every method may raise `ForgeError`."""

    def issues(self, repo: str, marker: str, title: str) -> Sequence[Issue]:
        """Those whose author is the bot and whose first line is `marker`, closed ones too, oldest first.

        On a forge that may not keep hidden text also those called just `title` that have none.
        """

    def create_issue(self, repo: str, title: str, body: str) -> Issue:
        """Opens one more: the caller has looked that there is none, since a lost answer may hide one."""

    def edit_issue(self, repo: str, issue: Issue) -> None:
        """Has the issue of this id say and be what is given."""


class Merged(StrEnum):
    """How an attempt to merge ended."""

    DONE = "done"
    CHANGED = "changed"  # the head is another one by now
    REFUSED = "refused"


class Merger(Protocol):
    """Merges, with a credential of its own: the one that reports never does."""

    def merge(self, pull: PullRequest, sha: str) -> tuple[Merged, str]:
        """Merges the pull request if its head is `sha`; how that ended, and the forge's own words for it.

        Raises `ForgeError` where the forge did not answer: the caller looks again before it tries again.
        """


#: Pages are at most 80 kB in the real hub; a page over 1 MiB is not a page.
MAX_BLOB = 1 << 20
