"""Real pages of the hub, re-declared with the digests of files that the simulator serves."""

from __future__ import annotations

import json
import random
import re
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LINK = re.compile(r"asset-link:\s*<?(https://[^\s>]+)>?")
DIGEST = re.compile(r"(asset-sha256:[ \t]*)(\S+)")


@dataclass(frozen=True)
class AssetPage:
    """A page and its asset addresses, in order."""

    path: str
    text: str

    @property
    def links(self) -> tuple[str, ...]:
        return tuple(LINK.findall(self.text))

    @property
    def address(self) -> tuple[str, str]:
        """Host and path of the only asset."""
        (link,) = self.links
        parts = urlsplit(link)
        return parts.netloc, parts.path

    def declaring(self, *digests: str) -> AssetPage:
        """The page with its digests, in order, replaced."""
        given = iter(digests)
        return replace(self, text=DIGEST.sub(lambda m: m[1] + next(given, m[2]), self.text))

    def changed(self, old: str, new: str) -> AssetPage:
        """The page with one line changed; `old` and `new` are the beginnings of that line."""
        lines = self.text.split("\n")
        number = self.line(old)
        lines[number - 1] = new
        return replace(self, text="\n".join(lines))

    def line(self, start: str) -> int:
        """Number of the only line that starts with this, leading blanks apart."""
        (found,) = (n for n, text in enumerate(self.text.split("\n"), 1) if text.strip().startswith(start))
        return found


def checkpoint(name: str, size: int = 4096) -> bytes:
    """A well-formed MindSpore checkpoint: one float tensor of about `size` bytes that depend on `name`."""
    content = random.Random(name).randbytes(size // 4 * 4)
    tensor = b"\x08" + _varint(size // 4) + _field(2, b"Float32") + _field(3, content)
    return _field(1, _field(1, name.encode()) + _field(2, tensor))


def _field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


@dataclass(frozen=True)
class Hub:
    """A bare clone of the hub; the `shelf` pages are taken off its master, for cases to add again."""

    path: Path
    shelf: tuple[AssetPage, ...]
    pulls: tuple[dict[str, Any], ...]

    def pages(self, commit: str, folders: Iterable[str]) -> Iterator[AssetPage]:
        """All pages at a commit below these folders."""
        for folder in folders:
            listed = (
                _git(self.path, "ls-tree", "-r", "--name-only", "-z", commit, folder).decode().split("\0")
            )
            yield from self.read(commit, [path for path in listed if path.endswith(".md")])

    def read(self, commit: str, paths: Iterable[str]) -> Iterator[AssetPage]:
        """Pages at a commit by path."""
        wanted = list(paths)
        asked = "".join(f"{commit}:{path}\n" for path in wanted)
        rest = _git(self.path, "cat-file", "--batch", stdin=asked.encode())
        for path in wanted:
            head, _, rest = rest.partition(b"\n")
            size = int(head.split()[2])
            yield AssetPage(path, rest[:size].decode("utf-8", "replace"))
            rest = rest[size + 1 :]


def prepare(data: Path, folder: Path, shelf_size: int) -> Hub:
    """Clones the bundle once and takes `shelf_size` pages with one asset of their own off master."""
    bare = folder / "hub.git"
    subprocess.run(
        ["git", "clone", "--quiet", "--bare", data / "hub.bundle", bare],
        check=True,
        timeout=120,
        capture_output=True,
    )
    lines = (data / "pulls.jsonl").read_text(encoding="utf-8").splitlines()
    hub = Hub(bare, (), tuple(json.loads(line) for line in lines))
    links: dict[str, int] = {}
    for page in hub.pages("master", ["mshub_res/assets"]):
        for link in page.links:
            links[link] = links.get(link, 0) + 1
    alone = [
        page
        for page in hub.pages("master", ["mshub_res/assets/mindspore/1.9"])
        if len(page.links) == 1 and links[page.links[0]] == 1 and len(DIGEST.findall(page.text)) == 1
    ]
    # By checksum of the path: a spread over the alphabet, the same in every run.
    shelf = tuple(sorted(alone, key=lambda page: zlib.crc32(page.path.encode()))[:shelf_size])
    assert len(shelf) == shelf_size
    _take_off(bare, [page.path for page in shelf])
    return replace(hub, shelf=shelf)


def _take_off(bare: Path, paths: list[str]) -> None:
    index = {"GIT_INDEX_FILE": str(bare / "acceptance-index")}
    _git(bare, "read-tree", "master", environment=index)
    removals = "".join(f"0 {'0' * 40}\t{path}\0" for path in paths)
    _git(bare, "update-index", "-z", "--index-info", stdin=removals.encode(), environment=index)
    tree = _git(bare, "write-tree", environment=index).decode().strip()
    who = {
        f"GIT_{role}_{part}": "acceptance" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")
    }
    commit = _git(bare, "commit-tree", tree, "-p", "master", "-m", "Take pages off", environment=who)
    _git(bare, "update-ref", "refs/heads/master", commit.decode().strip())


def _git(bare: Path, *words: str, stdin: bytes = b"", environment: dict[str, str] | None = None) -> bytes:
    done = subprocess.run(
        ["git", f"--git-dir={bare}", *words],
        input=stdin,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(bare), **(environment or {})},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return done.stdout
