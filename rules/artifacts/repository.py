"""Takes the address of a directory in a code repository apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rules.links import KEPT, parse_link

#: Names of branches that move with every commit.
MOVING = ("master", "main", "develop", "dev", "head")
_RELEASE = re.compile(r"[rv]?([0-9]{1,2}\.[0-9]{1,3})(?:\.[0-9x]{1,3})?")
_BRANCH = re.compile(r"r[0-9]{1,2}\.[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Place:
    """A directory or file at a ref of a repository; `kind` is `tree` or `blob`, or empty without a ref."""

    host: str
    repository: str
    kind: str
    ref: str
    directory: str

    @property
    def is_moving(self) -> bool:
        """Whether the ref is a branch that goes on."""
        return self.ref.casefold() in MOVING

    @property
    def is_branch(self) -> bool:
        """Whether the ref is a release branch of MindSpore's own repositories (`r1.9`)."""
        return _BRANCH.fullmatch(self.ref) is not None

    @property
    def release(self) -> str:
        """The release that the ref is named by, as X.Y; empty where it is not."""
        match = _RELEASE.fullmatch(self.ref)
        return match[1] if match else ""


def bare(text: str) -> str:
    """A value without the angle brackets around it."""
    text = text.strip()
    return text[1:-1].strip() if text.startswith("<") and text.endswith(">") else text


@lru_cache(maxsize=KEPT)
def place(text: str) -> Place | None:
    """The parts of an address in a repository, None where it is no address of one."""
    link = parse_link(text)
    if link is None or link.user is not None or link.scheme not in ("http", "https"):
        return None
    parts = [part for part in link.path.split("/") if part]
    if len(parts) < 2:
        return None
    owner, name, *rest = parts
    repository = f"{owner}/{name.removesuffix('.git')}"
    if len(rest) < 2 or rest[0] not in ("tree", "blob"):
        return Place(link.host, repository, "", "", "/".join(rest))
    return Place(link.host, repository, rest[0], rest[1], "/".join(rest[2:]))
