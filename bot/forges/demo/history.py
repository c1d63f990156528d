"""Writes the demo's Git repository: a base branch, and a branch for every pull request."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.forges.demo.stories import MAINTAINER, Story, base_files, pages
from bot.forges.ondisk.git import Repository
from bot.model import User

BASE_REF = "master"
#: Seconds since the epoch of the first commit (2022-11-08 UTC); later ones follow a minute apart,
#: so that the same stories give the same commit ids.
FIRST_COMMIT = 1_667_865_600
MINUTE = 60


def create(path: Path, stories: tuple[Story, ...]) -> Repository:
    """A new bare repository at `path` that holds the hub and every pull request's head."""
    path.mkdir(parents=True)
    repository = Repository(path)
    repository.run("init", "--quiet", "--bare", "--template=", f"--initial-branch={BASE_REF}")
    base = f"refs/heads/{BASE_REF}"
    stream = _commit(base, "", MAINTAINER, "The hub as it is", FIRST_COMMIT, base_files())
    for story in stories:
        when = FIRST_COMMIT + story.number * MINUTE
        stream += _commit(head_ref(story.number), base, story.author, story.title, when, pages(story.cards))
    repository.run("fast-import", "--quiet", stdin=stream)
    return repository


def push(
    repository: Repository, number: int, author: User, message: str, files: Mapping[str, str | None]
) -> str:
    """Adds a commit to a pull request's branch and gives its id; a file whose text is None is removed."""
    ref = head_ref(number)
    before = repository.run(
        "show", "--no-patch", "--no-show-signature", "--format=%ct", repository.commit(ref)
    )
    stream = _commit(ref, f"{ref}^0", author, message, int(before) + MINUTE, files)
    repository.run("fast-import", "--quiet", stdin=stream)
    return repository.commit(ref)


def head_ref(number: int) -> str:
    return f"refs/pull/{number}/head"


def _commit(
    ref: str, parent: str, author: User, message: str, when: int, files: Mapping[str, str | None]
) -> bytes:
    """One commit in the form that `git fast-import` reads."""
    who = f"{author.login} <{author.login}@demo.invalid> {when} +0000"
    lines = [f"commit {ref}".encode(), f"committer {who}".encode(), _data(message)]
    if parent:
        lines.append(f"from {parent}".encode())
    for path, text in files.items():
        if text is None:
            lines.append(b"D " + _quoted(path))
        else:
            lines += [b"M 100644 inline " + _quoted(path), _data(text)]
    return b"\n".join(lines) + b"\n\n"


def _data(text: str) -> bytes:
    content = text.encode("utf-8", "backslashreplace")
    return b"data %d\n" % len(content) + content


def _quoted(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'.encode("utf-8", "backslashreplace")
