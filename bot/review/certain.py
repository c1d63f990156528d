"""The lines of a page that every diff of it shows, for a forge that was not asked for its own."""

from __future__ import annotations

from collections.abc import Sequence

#: Lines of context around a change in a forge's diff; Git's default.
CONTEXT = 3
#: GitHub shows no diff of a file beyond so many lines or characters, and takes no comment on it then.
MAX_LINES, MAX_SIZE = 3000, 100_000


def certain(old: Sequence[str] | None, new: Sequence[str]) -> str | None:
    """A patch that holds only lines which must be in any diff between the two; `old` is None for a new file.

    Two diffs of the same texts may pair equal lines differently. But a line that the old text has nowhere is
    added in all of them, and its neighbours are context at least. None where the forge would show no diff.
    """
    if len(new) > MAX_LINES or sum(map(len, new)) > MAX_SIZE or any("\0" in line for line in new):
        return None
    count = len(new) - (not new[-1]) if new else 0  # what follows the last newline is no line
    known = frozenset(old) if old is not None else frozenset()
    added = [number for number in range(count) if old is None or new[number] not in known]
    shown = sorted(
        {
            near
            for number in added
            for near in range(max(0, number - CONTEXT), min(count, number + CONTEXT + 1))
        }
    )
    return "\n".join(line for hunk in _runs(shown) for line in _hunk(hunk, new, frozenset(added)))


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """The same numbers, those without a gap together."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _hunk(numbers: Sequence[int], new: Sequence[str], added: frozenset[int]) -> list[str]:
    kept = sum(number not in added for number in numbers)
    header = f"@@ -{numbers[0] + 1},{kept} +{numbers[0] + 1},{len(numbers)} @@"
    return [header, *(("+" if number in added else " ") + new[number] for number in numbers)]
