"""What is the same for every forge on disk: Git is read, reviews are written into a conversation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.errors import ForgeError
from bot.forges.base import REPLY_MARKER, SUMMARY_MARKER
from bot.forges.ondisk.changes import changes
from bot.forges.ondisk.conversation import Conversation
from bot.forges.ondisk.git import Repository
from bot.model import (
    ChangeSet,
    Check,
    CheckState,
    Comment,
    InlineComment,
    Posted,
    PullRef,
    PullRequest,
    Reaction,
    Thread,
    TreeEntry,
    User,
)
from bot.review.diff import commentable_lines

#: The account that the bot writes as on forges of this machine.
BOT = User(1, "hubbot", is_bot=True)


class DiskForge:
    """Reads `repository`, keeps what is posted in `conversation`; its heirs know the pull requests."""

    has_reactions = True
    shares_checks = False

    def __init__(self, name: str, repo: str, repository: Repository, conversation: Conversation) -> None:
        self.name = name
        self.repo = repo
        self.repository = repository
        self.conversation = conversation

    def me(self) -> User:
        return BOT

    def changes(self, pull: PullRequest) -> ChangeSet:
        return changes(self.repository, pull.base_sha, pull.head_sha)

    def tree(self, repo: str, sha: str) -> Mapping[str, TreeEntry]:
        self.expect(repo)
        return self.repository.tree(sha)

    def tip(self, repo: str) -> str:
        self.expect(repo)
        return self.repository.commit("HEAD")

    def blobs(self, repo: str, oids: Collection[str], *, commit: str) -> Mapping[str, bytes]:  # noqa: ARG002 - the port's
        self.expect(repo)
        return self.repository.blobs(oids)

    def comment(self, pull: PullRequest, id: str) -> Comment | None:  # noqa: A002 - the port's name
        said = self.conversation.comments(pull.ref)
        return next((comment for comment in said if comment.id == id), None)

    def posted(self, pull: PullRequest) -> Posted:
        inline = self.conversation.inline_comments(pull.ref)
        return Posted(
            summaries=self._summaries(pull.ref),
            fingerprints=frozenset(mark for comment in inline for mark in comment.fingerprints),
            checks=self.shown(pull),
            labels=self.conversation.labels(pull.ref),
            threads=tuple(
                Thread(
                    comment.path,
                    frozenset(comment.fingerprints),
                    keys=(comment.path, str(comment.line), comment.body),
                )
                for comment in inline
            ),
        )

    def shown(self, pull: PullRequest) -> Mapping[str, tuple[CheckState, str]]:
        checks = self.conversation.checks(pull.ref, pull.head_sha)
        return {check.context: (check.state, check.title) for check in checks}

    def set_check(self, pull: PullRequest, check: Check) -> None:
        self.conversation.show(pull.ref, pull.head_sha, check)

    def post_summary(self, pull: PullRequest, body: str, existing: Comment | None) -> Comment:
        standing = [existing] if existing else self._summaries(pull.ref)[:1]
        for comment in standing:
            if self.conversation.edit(pull.ref, BOT, comment.id, body):
                return Comment(comment.id, BOT, body)
        return self.conversation.say(pull.ref, BOT, body)

    def delete_comment(self, pull: PullRequest, comment: Comment) -> None:
        self.conversation.delete(pull.ref, BOT, comment.id)

    def post_review(
        self, pull: PullRequest, body: str, comments: Sequence[InlineComment]
    ) -> tuple[InlineComment, ...]:
        """As on a real forge only lines that the diff shows take a comment."""
        shown = {file.path: commentable_lines(file.patch or "") for file in self.changes(pull).files}
        taken = [comment for comment in comments if comment.line in shown.get(comment.path, ())]
        self.conversation.say_inline(pull.ref, pull.head_sha, taken)
        if body:
            self.conversation.say(pull.ref, BOT, body, occasion=f"review {pull.head_sha}")
        return tuple(comment for comment in comments if comment not in taken)

    def close_threads(self, pull: PullRequest, fixed: Sequence[Thread], answer: str) -> None:  # noqa: ARG002 - the port's
        """Nobody can reply here, so a comment of which nothing is left simply goes."""
        for thread in fixed:
            path, line, body = thread.keys
            self.conversation.unsay_inline(pull.ref, path, int(line), body)

    def set_labels(self, pull: PullRequest, add: Collection[str], remove: Collection[str]) -> None:
        self.conversation.label(pull.ref, add, remove)

    def react(self, pull: PullRequest, comment: Comment, reaction: Reaction) -> None:
        self.conversation.react(pull.ref, comment.id, reaction)

    def reply(self, pull: PullRequest, body: str, key: str) -> None:
        marked = f"{body}\n\n{REPLY_MARKER} {key} -->"
        self.conversation.say(pull.ref, BOT, marked, occasion=f"reply {key}")

    def expect(self, repo: str) -> None:
        """Raises a permanent `ForgeError` for any repository but ours."""
        if repo.casefold() != self.repo.casefold():
            raise ForgeError(f"there is no repository {repo!r} here", permanent=True)

    def _summaries(self, ref: PullRef) -> tuple[Comment, ...]:
        said = self.conversation.comments(ref)
        return tuple(
            comment
            for comment in said
            if comment.author.id == BOT.id and comment.body.startswith(SUMMARY_MARKER)
        )
