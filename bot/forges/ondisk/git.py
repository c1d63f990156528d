"""Reads a Git repository on disk through `git`, without running anything that the repository configures."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import new as new_hash
from pathlib import Path
from threading import Timer
from typing import IO

from bot.errors import CouldNotVerify, ForgeError
from bot.forges.base import MAX_BLOB
from bot.model import TreeEntry

#: Seconds that one `git` process may take; ours, so that a broken disk cannot hold a worker for ever.
GIT_TIMEOUT = 120
#: Bytes hashed at a time.
CHUNK = 1 << 18

_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ALGORITHMS = {40: "sha1", 64: "sha256"}

#: Settings of a repository that would run programs or change what is printed, each put out of force.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.quotePath=false",
    f"core.bigFileThreshold={MAX_BLOB}",
    "diff.external=",
    "diff.suppressBlankEmpty=false",
    "diff.orderFile=/dev/null",
    "gc.auto=0",
    "maintenance.auto=false",
    # Nothing of the repository's own settings is run, so reading somebody else's repository is safe.
    "safe.directory=*",
)


@dataclass(frozen=True, slots=True)
class Repository:
    """A Git repository on disk, bare or with a work tree."""

    path: Path

    def run(self, *args: str, stdin: bytes = b"") -> bytes:
        """The output of one `git` command. Raises `ForgeError` with what git said when it fails."""
        try:
            done = subprocess.run(  # noqa: S603 - no shell, a fixed program, every argument ours or a checked id
                self._command(*args),
                check=False,
                input=stdin,
                capture_output=True,
                env=environment(),
                timeout=GIT_TIMEOUT,
            )
        except subprocess.TimeoutExpired as error:
            raise ForgeError(f"git {args[0]} took longer than {GIT_TIMEOUT} s") from error
        except OSError as error:
            raise ForgeError(f"git could not be started: {error.strerror}", permanent=True) from error
        if done.returncode:
            raise ForgeError(f"git {args[0]} failed: {_reason(done.stderr)}", permanent=True)
        return done.stdout

    def commit(self, revision: str) -> str:
        """The full id of the commit that `revision` names; a permanent `ForgeError` when there is none."""
        if not revision or "\0" in revision or "\n" in revision:
            raise ForgeError("not a Git revision", permanent=True)
        return _oid(
            self.run("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
            .decode()
            .strip()
        )

    def merge_base(self, base: str, head: str) -> str:
        """The best common ancestor of two commit ids. Raises `CouldNotVerify` for unrelated histories."""
        try:
            return _oid(self.run("merge-base", _oid(base), _oid(head)).decode().strip())
        except ForgeError as error:
            raise CouldNotVerify("base and head have no common history") from error

    def tree(self, commit: str) -> dict[str, TreeEntry]:
        """Every file of a commit's tree by path.

        Raises `CouldNotVerify` when two names become the same text, since one would hide the other.
        """
        entries: dict[str, TreeEntry] = {}
        listing = self.run("ls-tree", "-r", "-z", "--full-tree", _oid(commit))
        for record in listing.split(b"\0")[:-1]:
            head, _, name = record.partition(b"\t")
            mode, _kind, oid = head.decode("ascii").split(" ")
            path = path_text(name)
            if path in entries:
                raise CouldNotVerify(f"two files of the tree are both shown as {path!r}")
            entries[path] = TreeEntry(mode, oid)
        return entries

    def blobs(self, oids: Collection[str]) -> dict[str, bytes]:
        """Blobs by id, each held against its id, and cut after `MAX_BLOB` + 1 bytes.

        Raises `CouldNotVerify` for an id that is missing, is no blob, or whose bytes do not hash to it.
        """
        wanted = [_oid(oid) for oid in dict.fromkeys(oids)]
        if not wanted:
            return {}
        with self._batch() as (requests, answers):
            return {oid: _read_blob(oid, requests, answers) for oid in wanted}

    @contextmanager
    def _batch(self) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        process = subprocess.Popen(  # noqa: S603 - no shell, a fixed program, every argument ours
            self._command("cat-file", "--batch"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        watchdog = Timer(GIT_TIMEOUT, process.kill)
        watchdog.start()
        try:
            yield process.stdin, process.stdout
        except BrokenPipeError as error:
            raise ForgeError("git cat-file ended early") from error
        finally:
            watchdog.cancel()
            process.kill()
            process.stdout.close()
            _close(process.stdin)
            process.wait()

    def _command(self, *args: str) -> Sequence[str]:
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        return ["git", "--no-pager", "-C", str(self.path), *settings, *args]


def environment() -> Mapping[str, str]:
    """The environment for `git`: ours without any `GIT_*`, without users' settings, without the network."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


def path_text(name: bytes) -> str:
    """A path of a tree as text that can be stored and shown: bytes that are not UTF-8 as `\\xff`."""
    return name.decode("utf-8", "backslashreplace")


def _read_blob(oid: str, requests: IO[bytes], answers: IO[bytes]) -> bytes:
    requests.write(oid.encode() + b"\n")
    requests.flush()
    header = answers.readline().split()
    if len(header) != 3 or header[1] != b"blob":
        raise CouldNotVerify(f"the repository has no blob {oid}")
    size = int(header[2])
    digest = new_hash(_ALGORITHMS[len(oid)], b"blob %d\0" % size, usedforsecurity=False)
    kept = bytearray()
    left = size
    while left:
        chunk = answers.read(min(left, CHUNK))
        if not chunk:
            raise ForgeError(f"git ended in the middle of blob {oid}")
        left -= len(chunk)
        digest.update(chunk)
        kept += chunk[: MAX_BLOB + 1 - len(kept)]
    answers.read(1)  # the line end after each blob
    if digest.hexdigest() != oid:
        raise CouldNotVerify(f"blob {oid} does not hash to its id")
    return bytes(kept)


def _oid(text: str) -> str:
    if not _OID.fullmatch(text):
        raise ForgeError("not a Git object id", permanent=True)
    return text


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except BrokenPipeError:
        return  # git is gone, which is what was wanted


def _reason(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").splitlines()
    return next((line for line in lines if line.startswith("fatal:")), "no reason given")
