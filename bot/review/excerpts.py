"""Which lines of the pages a report keeps, so that its findings can be shown where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.model import Excerpt
from rules.finding import Finding, Severity

#: Ours: a report is read whole whenever its page is, so that all of its lines together stay small.
MAX_LINES, MAX_CHARACTERS = 1_500, 120_000
#: Ours: a longer line is a wall of text on any screen; its finding is shown without it.
MAX_LINE = 1_000
#: Ours: so many lines are kept of a finding that spans several.
MAX_SPAN = 6
#: Lines around a finding by which readers know the place again; the blank ones among them are left out.
AROUND = 2
#: Ours: the same problem on many pages is shown on the first few only.
SAME = 3

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTICE)


def excerpts(findings: Sequence[Finding], pages: Mapping[str, Sequence[str]]) -> tuple[Excerpt, ...]:
    """The lines that findings stand on, with their neighbours; `pages` holds the lines of each path.

    The worst findings come first where there is not room for all.
    """
    kept: dict[tuple[str, int], str] = {}
    room, seen = MAX_CHARACTERS, dict[object, int]()
    for finding in sorted(findings, key=lambda f: (_ORDER.index(f.severity), f.path, f.span.line)):
        kind = finding.rule, finding.variant, tuple(sorted(finding.values.items()))
        seen[kind] = seen.get(kind, 0) + 1
        lines = pages.get(finding.path, ())
        if seen[kind] > SAME:
            continue
        for number in _numbers(finding, len(lines)):
            text = lines[number - 1]
            beside = not finding.span.line <= number <= finding.span.end_line
            if (finding.path, number) in kept or len(text) > MAX_LINE or (beside and not text.strip()):
                continue
            if len(kept) >= MAX_LINES or len(text) > room:
                return _listed(kept)
            kept[finding.path, number] = text
            room -= len(text)
    return _listed(kept)


def _numbers(finding: Finding, count: int) -> range:
    first, last = finding.span.line, min(finding.span.end_line, finding.span.line + MAX_SPAN - 1)
    if not 0 < first <= count:
        return range(0)
    return range(max(1, first - AROUND), min(count, last + AROUND) + 1)


def _listed(kept: Mapping[tuple[str, int], str]) -> tuple[Excerpt, ...]:
    return tuple(Excerpt(path, line, kept[path, line]) for path, line in sorted(kept))
