"""The demo's forge: made-up pull requests in a Git repository, their conversation in a file beside it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.errors import ForgeError
from bot.forges.demo import history
from bot.forges.demo.hooks import NAME
from bot.forges.demo.stories import PERMISSIONS, REPOSITORY, STORIES, Story, edition
from bot.forges.ondisk.conversation import SCHEMA, Conversation, Database
from bot.forges.ondisk.forge import DiskForge
from bot.forges.ondisk.git import Repository
from bot.model import Comment, Permission, Posted, PullRef, PullRequest, PullState, User

_GIT, _DATABASE, _EDITION = "hub.git", "forge.sqlite", "edition"


def create(workdir: Path) -> None:
    """Makes the demo's hub in `workdir`, unless it is there already from these same stories.

    What was pushed and said stays over a restart. The edition is written last: a half-made hub is made again.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    stamp = workdir / _EDITION
    if stamp.exists() and stamp.read_text(encoding="ascii") == edition():
        return
    stamp.unlink(missing_ok=True)
    shutil.rmtree(workdir / _GIT, ignore_errors=True)
    for name in (_DATABASE, f"{_DATABASE}-journal"):
        (workdir / name).unlink(missing_ok=True)
    history.create(workdir / _GIT, STORIES)
    fresh = stamp.with_suffix(".new")
    fresh.write_text(edition(), encoding="ascii")
    os.replace(fresh, stamp)


class DemoForge(DiskForge):
    """The forge in `workdir`, which `create` has made; any number of processes may use it at once.

    A pull request's page is the bot's own, since there is no other: `public_url` is the bot's address.
    """

    default_language = "en"

    def __init__(self, workdir: Path, public_url: str = "") -> None:
        self._database = Database(workdir / _DATABASE, SCHEMA)
        repository = Repository(workdir / _GIT)
        super().__init__(NAME, REPOSITORY, repository, Conversation(self._database))
        self._public_url = public_url.rstrip("/")

    def pull_request(self, ref: PullRef) -> PullRequest:
        self.expect(ref.repo)
        return self._pull(_story(ref.number))

    def look_again(self, pull: PullRequest) -> tuple[PullRequest, Posted]:
        return self.pull_request(pull.ref), self.posted(pull)

    def open_pulls(self, repo: str) -> Iterator[PullRequest]:
        self.expect(repo)
        for story in STORIES:
            yield self._pull(story)

    def permission(self, repo: str, user: User) -> Permission:
        self.expect(repo)
        return PERMISSIONS.get(user.id, Permission.READ)

    def push(self, number: int, files: Mapping[str, str | None], message: str) -> PullRequest:
        """The author pushes a commit: text by path, None removes the file."""
        story = _story(number)
        history.push(self.repository, number, story.author, message, files)
        return self._pull(story)

    def say(self, number: int, author: User, body: str) -> Comment:
        """Somebody says something on a pull request."""
        return self.conversation.say(_ref(_story(number)), author, body)

    def _pull(self, story: Story) -> PullRequest:
        ref = _ref(story)
        return PullRequest(
            ref=ref,
            title=story.title,
            body=story.body,
            author=story.author,
            state=PullState.OPEN,
            draft=False,
            head_sha=self.repository.commit(history.head_ref(story.number)),
            head_repo=REPOSITORY,
            base_sha=self.repository.commit(f"refs/heads/{history.BASE_REF}"),
            base_ref=history.BASE_REF,
            changed_files=None,
            url=f"{self._public_url}/pulls/{ref}",
            labels=tuple(sorted(self.conversation.labels(ref))),
        )


def _story(number: int) -> Story:
    for story in STORIES:
        if story.number == number:
            return story
    raise ForgeError(f"there is no pull request {number} here", permanent=True)


def _ref(story: Story) -> PullRef:
    return PullRef(NAME, REPOSITORY, story.number)
