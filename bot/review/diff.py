"""Which lines of a page the forges take comments on, read from a unified diff that may be hostile."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

#: Numbers of more digits are no line numbers.
HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line of the new side in a hunk; `position` counts diff lines from 1 below the first hunk header.

    `hunk` counts the hunks: a comment on several lines must keep within one.
    """

    number: int
    text: str
    added: bool
    position: int
    hunk: int = 0


def commentable_lines(patch: str) -> frozenset[int]:
    """New-side line numbers inside hunks, added and context: GitHub refuses a whole review for any other."""
    return frozenset(line.number for line in new_lines(patch))


def added_lines(patch: str) -> frozenset[int]:
    """New-side line numbers that the diff adds."""
    return frozenset(line.number for line in new_lines(patch) if line.added)


def positions(patch: str) -> dict[int, int]:
    """New-side line number to its index in the diff.

    The line below the first hunk header is 1, and later hunk headers count, as GitHub numbers them.
    """
    return {line.number: line.position for line in new_lines(patch)}


def shown_lines(patch: str) -> Mapping[int, NewLine]:
    """New-side line number to that line, for comments on it and suggestions that replace it whole."""
    return {line.number: line for line in new_lines(patch)}


def texts(lines: Mapping[int, NewLine], first: int, last: int) -> tuple[str, ...]:
    """The texts of the lines from `first` to `last`; none unless one hunk shows them all."""
    if not 0 < last - first + 1 <= len(lines) or any(n not in lines for n in range(first, last + 1)):
        return ()
    found = [lines[number] for number in range(first, last + 1)]
    return tuple(line.text for line in found) if len({line.hunk for line in found}) == 1 else ()


def new_lines(patch: str) -> Iterator[NewLine]:
    """The new side of a unified diff; what contradicts its own hunk headers is left out, nothing raises."""
    position, number, old_left, new_left, hunk = -1, 0, 0, 0, 0
    for line in patch.split("\n"):
        if line.startswith("@@"):
            position += 1
            hunk += 1
            number, old_left, new_left = header(line)
            continue
        if position < 0:
            continue
        position += 1
        kind = line[:1] or " "
        if kind in " +" and new_left > 0 and (kind == "+" or old_left > 0):
            yield NewLine(number, line[1:], kind == "+", position, hunk)
            number, new_left = number + 1, new_left - 1
        if kind in " -":
            old_left -= 1


def header(line: str) -> tuple[int, int, int]:
    """First new-side line, old and new counts of a hunk; an unreadable header is an empty hunk."""
    match = HUNK.match(line)
    if match is None:
        return 0, 0, 0
    _, old_count, new_start, new_count = match.groups()
    return max(int(new_start), 1), int(old_count or 1), int(new_count or 1)
