"""What the command line asks of the Git repository that it runs in, through the `git` program."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bot.cli.words import say
from bot.errors import CouldNotVerify, UserError
from rules.output.visible import visible
from rules.page import ROOT
from rules.source import MAX_PAGE

#: Tried in this order where the remote does not say which branch is its default.
DEFAULT_BRANCHES = ("origin/master", "origin/main", "master", "main")
#: How many lines of Git's own words are shown: what is wrong, and the command that mends it.
_LINES = 3


class NoRepository(UserError):
    """There is no Git repository, or no Git."""


def top(lang: str, folder: Path | None = None) -> Path:
    """The own directory of the repository that `folder`, or the current directory, is in.

    Raises `NoRepository`, and `UserError` with Git's words where it refuses the repository that there is.
    """
    done = _asked(folder or Path.cwd(), "rev-parse", "--show-toplevel", in_english=True)
    if done is None:
        raise NoRepository(say(lang, "no-git"))
    if done.returncode == 0:
        return Path(os.fsdecode(done.stdout).rstrip("\r\n"))
    if b"not a git repository" in done.stderr.lower():
        raise NoRepository(say(lang, "not-git"))
    raise UserError(say(lang, "git-failed", detail=_words(done.stderr) or "rev-parse"))


def merge_base(root: Path, base: str, lang: str) -> str:
    """Where the branch left `base` ("" for the default branch). Raises `UserError` where that is unknown."""
    found = known_base(root, base)
    if not found:
        raise UserError(say(lang, "no-base", base=base) if base else say(lang, "no-branch"))
    return found


def known_base(root: Path, base: str) -> str:
    """As `merge_base`, empty where it is unknown."""
    for name in [base] if base else [_default_branch(root), *DEFAULT_BRANCHES]:
        commit = commit_of(root, name)
        found = commit and _git(root, "merge-base", commit, "HEAD")
        if found:
            return found.decode().strip()
    return ""


def commit_of(root: Path, name: str) -> str:
    """The commit that a name stands for, empty where it stands for none."""
    answer = name and _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return answer.decode().strip() if answer else ""


def _default_branch(root: Path) -> str:
    name = _git(root, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
    return name.decode().strip() if name else ""


def changed_since(root: Path, commit: str, lang: str) -> list[str]:
    """Paths of pages that differ from a commit or are gone from it, tracked or not."""
    options = ("--no-ext-diff", "--name-only", "--no-renames", "-z")
    tracked = must(root, lang, "diff", *options, commit, "--", ROOT)
    fresh = must(root, lang, "ls-files", "-z", "--others", "--exclude-standard", "--", ROOT)
    return sorted(pages_named(tracked + fresh))


def pages_named(listing: bytes) -> set[str]:
    """The pages among names that zeros end."""
    return {os.fsdecode(name) for name in listing.split(b"\0") if name.endswith(b".md")}


def at_commit(root: Path, commit: str, lang: str) -> dict[str, str]:
    """The object of every file of the hub's pages at a commit, by its path."""
    entries = must(root, lang, "ls-tree", "-r", "-z", commit, "--", ROOT).split(b"\0")
    parts = [(info.split(), name) for info, found, name in (e.partition(b"\t") for e in entries) if found]
    return {os.fsdecode(name): info[2].decode() for info, name in parts}


def contents(root: Path, objects: Mapping[str, str], lang: str) -> dict[str, bytes]:
    """The bytes of objects by their path, one more than a page may have at most."""
    names = "".join(f"{oid}\n" for oid in objects.values())
    answer = must(root, lang, "cat-file", "--batch", stdin=names.encode())
    found, offset = {}, 0
    for path in objects:
        end = answer.index(b"\n", offset)
        if answer[offset:end].endswith(b" missing"):
            raise CouldNotVerify(say(lang, "git-failed", detail=answer[offset:end].decode()))
        size = int(answer[offset:end].split()[2])
        found[path] = answer[end + 1 : end + 1 + size][: MAX_PAGE + 1]
        offset = end + 2 + size
    return found


def as_committed(root: Path, pages: Mapping[Path, bytes]) -> dict[Path, bytes]:
    """The bytes of files as a commit would hold them: without the carriage returns that Git takes away.

    Git for Windows has `core.autocrlf`, by which lines end in CRLF on the disk only. Git is asked what it
    would store, because its settings, and attributes of the repository, say so together.
    """
    windows = [file for file, data in pages.items() if b"\r\n" in data]
    if not windows or any("\n" in str(file) for file in windows):
        return dict(pages)
    listing = "".join(f"{file.resolve()}\n" for file in windows)
    answer = _git(root, "hash-object", "--stdin-paths", stdin=os.fsencode(listing))
    stored = answer.decode().split() if answer else []
    mended = dict(pages)
    for file, oid in zip(windows, stored, strict=False):
        plain = pages[file].replace(b"\r\n", b"\n")
        if _object_name(plain, oid) == oid:
            mended[file] = plain
    return mended


def _object_name(data: bytes, like: str) -> str:
    """What Git calls a file of these bytes, in a repository whose names are as long as `like`."""
    import hashlib  # only here: most pages have no carriage returns

    made = hashlib.sha1(usedforsecurity=False) if len(like) == 40 else hashlib.sha256()
    made.update(b"blob %d\0" % len(data) + data)
    return made.hexdigest()


def must(root: Path, lang: str, *arguments: str, stdin: bytes = b"") -> bytes:
    """What git prints. Raises `CouldNotVerify` with its own words when it fails."""
    done = _asked(root, *arguments, stdin=stdin)
    if done is None or done.returncode:
        said = _words(done.stderr) if done else ""
        raise CouldNotVerify(say(lang, "git-failed", detail=said or arguments[0]))
    return done.stdout


def _words(errors: bytes) -> str:
    """The first lines of what git says is wrong; names in it are a stranger's."""
    lines = [line.strip() for line in errors.decode("utf-8", "replace").splitlines()]
    return "\n  ".join([visible(line) for line in lines if line][:_LINES])


def _git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes | None:
    """What git prints, None when it fails."""
    done = _asked(root, *arguments, stdin=stdin)
    return done.stdout if done and done.returncode == 0 else None


def _asked(
    root: Path, *arguments: str, stdin: bytes = b"", in_english: bool = False
) -> subprocess.CompletedProcess[bytes] | None:
    """A run of git, in English where we are to understand it; None without git. Never through a shell."""
    known = {**os.environ, "LC_ALL": "C"} if in_english else None
    command = ["git", *arguments]
    try:
        return subprocess.run(command, cwd=root, env=known, input=stdin, capture_output=True, check=False)  # noqa: S603 - no shell
    except FileNotFoundError:
        return None
