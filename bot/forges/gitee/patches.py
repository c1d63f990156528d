"""Reads unified diffs as Gitee gives them, from the first `@@` on. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha1

_HUNK = re.compile(r"@@ -[0-9]+(?:,[0-9]+)? \+([0-9]+)(?:,([0-9]+))? @@")
_WHOLE = re.compile(r"@@ -0,0 \+1(?:,[0-9]+)? @@")
_NO_NEWLINE = "\\ No newline at end of file"


def positions(patch: str) -> Mapping[int, int]:
    """Line of the new file to position in the diff; the line below the first `@@` has position 1."""
    found: dict[int, int] = {}
    line = 0
    for position, row in enumerate(patch.removesuffix("\n").split("\n")):
        hunk = _HUNK.match(row)
        if hunk:
            line = int(hunk[1])
        elif line and (not row or row[0] in "+ "):  # an empty context line may have lost its blank
            found[line] = position
            line += 1
    return found


def added_content(patch: str) -> bytes | None:
    """The whole content of a file that the patch adds, None for any other; to be held against its id."""
    rows = patch.removesuffix("\n").split("\n")
    if not _WHOLE.match(rows[0]):
        return None
    ended = rows[-1] != _NO_NEWLINE
    lines = rows[1:] if ended else rows[1:-1]
    if not lines or not all(row.startswith("+") for row in lines):
        return None
    text = "\n".join(row[1:] for row in lines)
    return (text + "\n" if ended else text).encode("utf-8", "replace")


def git_id(data: bytes) -> str:
    """The id that Git gives these bytes as a blob."""
    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
