"""Who may approve and review which path, by the OWNERS files of the base branch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rules.header import HeaderError, Node, load

#: Bytes of an OWNERS file; the hub's own has under 300.
MAX_BYTES = 64 * 1024
#: Characters of a pattern below `files`: our own choice, against patterns that nobody can read.
MAX_PATTERN = 200
NAME = "OWNERS"


@dataclass(frozen=True, slots=True)
class People:
    """Logins in lower case."""

    approvers: frozenset[str] = frozenset()
    reviewers: frozenset[str] = frozenset()

    def with_(self, other: People) -> People:
        return People(self.approvers | other.approvers, self.reviewers | other.reviewers)


@dataclass(frozen=True, slots=True)
class OwnersFile:
    """One OWNERS file: its people, those of single files by pattern, whether the parents' count as well."""

    people: People = People()
    files: tuple[tuple[re.Pattern[str], People], ...] = ()
    inherits: bool = True


@dataclass(frozen=True, slots=True)
class Owners:
    """All OWNERS files of a tree, by directory (empty for the root)."""

    directories: Mapping[str, OwnersFile] = field(default_factory=dict)

    def of(self, path: str) -> People:
        """Who owns a path: its directory's file and its parents', up to one that does not inherit."""
        found = People()
        for directory in upwards(path):
            owners = self.directories.get(directory)
            if owners is None:
                continue
            within = path[len(directory) + 1 :] if directory else path
            found = found.with_(owners.people)
            for pattern, people in owners.files:
                if pattern.search(within):
                    found = found.with_(people)
            if not owners.inherits:
                break
        return found

    def approves(self, login: str, path: str) -> bool:
        return login.lower() in self.of(path).approvers

    def reviews(self, login: str, path: str) -> bool:
        people = self.of(path)
        return login.lower() in people.reviewers | people.approvers


def relevant(paths: Mapping[str, object], changed: tuple[str, ...]) -> dict[str, str]:
    """Directory to path of every OWNERS file of a tree that speaks of a changed path."""
    directories = {directory for path in changed for directory in upwards(path)}
    names = {d: f"{d}/{NAME}" if d else NAME for d in directories}
    return {directory: name for directory, name in names.items() if name in paths}


def upwards(path: str) -> Iterator[str]:
    """The directories of a path from its own to the root, which is empty."""
    directory = path
    while directory:
        directory = directory.rpartition("/")[0]
        yield directory


def parse(data: bytes) -> OwnersFile:
    """An OWNERS file; nobody owns anything by one that cannot be read."""
    if len(data) > MAX_BYTES:
        return OwnersFile()
    try:
        top = load(data.decode("utf-8").splitlines(), 1)
    except (HeaderError, UnicodeDecodeError):
        return OwnersFile()
    parts = mapping(top)
    options = mapping(parts.get("options"))
    alone = options.get("no_parent_owners")
    files = tuple(
        (pattern, people(mapping(node)))
        for word, node in mapping(parts.get("files")).items()
        if (pattern := compiled(word)) is not None
    )
    return OwnersFile(people(parts), files, not (alone is not None and alone.text.lower() == "true"))


def people(parts: Mapping[str, Node]) -> People:
    return People(logins(parts.get("approvers")), logins(parts.get("reviewers")))


def logins(node: Node | None) -> frozenset[str]:
    if node is None or node.shape != "list":
        return frozenset()
    return frozenset(item.text.strip().lower() for item in node.items if item.shape == "scalar" and item.text)


def mapping(node: Node | None) -> Mapping[str, Node]:
    if node is None or node.shape != "mapping":
        return {}
    return {key.text: value for key, value in node.pairs}


def compiled(pattern: str) -> re.Pattern[str] | None:
    """None for a pattern that matches nothing because it cannot be read."""
    if len(pattern) > MAX_PATTERN:
        return None
    try:
        return re.compile(pattern)
    except re.error:
        return None
