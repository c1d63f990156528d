"""What changes between two commits of a repository on disk, with a patch for each file that has one."""

from __future__ import annotations

from collections.abc import Iterator

from bot.errors import CouldNotVerify
from bot.forges.ondisk.git import Repository, path_text
from bot.forges.trees import difference
from bot.model import ChangeSet

_SECTION = b"diff --git "
#: A change of type (file to symbolic link) is printed as a removal and an addition.
_TYPE_CHANGE = "T"


def changes(repository: Repository, base: str, head: str) -> ChangeSet:
    """What `head` changes since its merge base with `base` (both commit ids), from the two trees.

    Raises `CouldNotVerify` when Git's own list of changes is not what the trees say.
    """
    merge_base = repository.merge_base(base, head)
    before, after = repository.tree(merge_base), repository.tree(head)
    patches = _patches(repository, merge_base, head)
    files = difference(before, after, patches)
    if sorted(patches) != [file.path for file in files]:
        raise CouldNotVerify(f"the trees differ in {len(files)} files, but Git lists {len(patches)}")
    return ChangeSet(merge_base, files, before)


def _patches(repository: Repository, merge_base: str, head: str) -> dict[str, str | None]:
    """Patch by path, matched by order: names inside a patch are never read."""
    output = repository.run(
        "diff-tree", "-r", "-z", "--raw", "-p", "-U3", "--inter-hunk-context=0", "--no-renames", "--no-color",
        "--no-ext-diff", "--no-textconv", "--submodule=short", "--diff-algorithm=myers", merge_base, head,
    )  # fmt: skip
    records, body = _split(output)
    sections = _sections(body)
    patches: dict[str, str | None] = {}
    for path, status in records:
        section = next(sections, None)
        if status == _TYPE_CHANGE:
            next(sections, None)
            section = None
        if path in patches:
            raise CouldNotVerify(f"two changed files are both shown as {path!r}")
        patches[path] = _from_first_hunk(section)
    if next(sections, None) is not None:
        raise CouldNotVerify("Git shows more patches than it lists files")
    return patches


def _split(output: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """The raw records (path and status letter), and what follows them."""
    records = []
    rest = output
    while rest.startswith(b":"):
        head, _, rest = rest.partition(b"\0")
        name, _, rest = rest.partition(b"\0")
        records.append((path_text(name), head.decode("ascii").rsplit(" ", 1)[1]))
    return records, rest.removeprefix(b"\0")


def _sections(body: bytes) -> Iterator[bytes]:
    """One patch at a time: a line of content has a sign before it, so that it cannot begin a section."""
    section: list[bytes] = []
    for line in body.split(b"\n"):
        if line.startswith(_SECTION) and section:
            yield b"\n".join(section)
            section = []
        if section or line.startswith(_SECTION):
            section.append(line)
    if section:
        yield b"\n".join(section)


def _from_first_hunk(section: bytes | None) -> str | None:
    if section is None:
        return None
    _, found, hunks = section.partition(b"\n@@ ")
    return "@@ " + hunks.decode("utf-8", "replace").removesuffix("\n") if found else None
