"""Tells the code of a Markdown text from its prose, line by line."""

from __future__ import annotations

import re
from collections.abc import Sequence

_FENCE = re.compile(r"\s{0,40}(?:>\s{0,3})?(`{3,100}|~{3,100})([^\n]{0,500})")


def is_code(lines: Sequence[str]) -> list[bool]:
    """For every line whether it belongs to a fenced block, its fences included."""
    found = []
    fence = ""
    for line in lines:
        after = _after(line, fence)
        found.append(bool(fence or after))
        fence = after
    return found


def unclosed(lines: Sequence[str]) -> int | None:
    """The index of the fence that opens a block which never ends."""
    fence, start = "", 0
    for index, line in enumerate(lines):
        after = _after(line, fence)
        if after and not fence:
            start = index
        fence = after
    return start if fence else None


def _after(line: str, fence: str) -> str:
    """The fence that is open after a line."""
    match = _FENCE.match(line)
    if match is None:
        return fence
    mark, rest = match[1], match[2]
    if not fence:
        return "" if mark[0] == "`" and "`" in rest else mark
    closes = mark[0] == fence[0] and len(mark) >= len(fence) and not rest.strip()
    return "" if closes else fence
