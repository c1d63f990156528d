"""Reads unified diffs as Gitee gives them, from the first `@@` on. Pure."""

from __future__ import annotations

import re
from hashlib import sha1

_WHOLE = re.compile(r"@@ -0,0 \+1(?:,[0-9]+)? @@")
_NO_NEWLINE = "\\ No newline at end of file"


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
