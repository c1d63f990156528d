"""The forge behind `hubbot review` on a local branch: one pull request, from a base to a head."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bot.errors import ForgeError
from bot.forges.ondisk.conversation import SCHEMA, Conversation, Database
from bot.forges.ondisk.forge import DiskForge
from bot.forges.ondisk.git import Repository
from bot.model import Permission, Posted, PullRef, PullRequest, PullState, User

NAME = "local"
#: A local repository holds one pull request.
NUMBER = 1
#: Whoever runs the command.
_AUTHOR_ID = 2


class LocalForge(DiskForge):
    """`repository` is a work tree or a bare repository, `base` and `head` are any revisions of it.

    What is posted goes into the SQLite file `state`, or into memory without one; the repository is only read.
    Revisions are read again at every call, so that a commit made meanwhile is seen as a push.
    """

    def __init__(
        self,
        repository: Path,
        *,
        base: str = "master",
        head: str = "HEAD",
        state: Path | None = None,
        language: str = "en",
    ) -> None:
        self._database = Database(state, SCHEMA)
        super().__init__(
            NAME, f"local/{_name(repository)}", Repository(repository), Conversation(self._database)
        )
        self.default_language = language
        self._base = base
        self._head = head

    @property
    def ref(self) -> PullRef:
        """The one pull request there is."""
        return PullRef(NAME, self.repo, NUMBER)

    def pull_request(self, ref: PullRef) -> PullRequest:
        self.expect(ref.repo)
        if ref.number != NUMBER or ref.forge != NAME:
            raise ForgeError(f"there is no pull request {ref.number} here", permanent=True)
        head = self.repository.commit(self._head)
        author, title, body = _said(self.repository, head)
        return PullRequest(
            ref=self.ref,
            title=title,
            body=body,
            author=User(_AUTHOR_ID, author),
            state=PullState.OPEN,
            draft=False,
            head_sha=head,
            head_repo=self.repo,
            base_sha=self.repository.commit(self._base),
            base_ref=self._base,
            changed_files=None,
            url="",
            labels=tuple(sorted(self.conversation.labels(self.ref))),
        )

    def look_again(self, pull: PullRequest) -> tuple[PullRequest, Posted]:
        return self.pull_request(pull.ref), self.posted(pull)

    def open_pulls(self, repo: str) -> Iterator[PullRequest]:
        self.expect(repo)
        yield self.pull_request(self.ref)

    def permission(self, repo: str, user: User) -> Permission:  # noqa: ARG002 - the port's
        """Who owns the disk may do everything."""
        self.expect(repo)
        return Permission.ADMIN

    def close(self) -> None:
        self._database.close()


def _said(repository: Repository, commit: str) -> tuple[str, str, str]:
    """Author, first line and the rest of a commit's message."""
    text = repository.run("show", "--no-patch", "--no-show-signature", "--format=%aN%x00%s%x00%b", commit)
    author, title, body = text.decode("utf-8", "backslashreplace").split("\0", 2)
    return author, title, body.strip()


def _name(repository: Path) -> str:
    """The repository's directory name in the characters that forges allow."""
    return (
        re.sub(r"[^A-Za-z0-9._-]+", "-", repository.resolve().name.removesuffix(".git")).strip("-.")
        or "repository"
    )
