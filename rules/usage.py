"""Finds the UIDs that the examples in a page's body hand to the client."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rules.finding import Span
from rules.source import point

#: Longer lines of a body are not code that anybody types.
MAX_USAGE_LINE = 500
_MODEL = re.compile(
    r"""^\s{0,40}(?:model|module|uid|model_uid|hub_uid)\s{0,40}=\s{0,40}["']([^"']{1,300})["']"""
)
_LOAD = re.compile(r"""(?:mshub|hub|mindspore_hub)\.load\(\s{0,40}["']([^"']{1,300})["']""")


@dataclass(frozen=True, slots=True)
class Usage:
    """A UID that the body's example hands to the client."""

    uid: str
    span: Span


def find_usages(lines: Sequence[str], first_line: int) -> tuple[Usage, ...]:
    """Every UID in lines of code; `first_line` is the page's number of the first of `lines`."""
    found = []
    for number, line in enumerate(lines, first_line):
        if "=" in line or "load(" in line:
            match = _MODEL.match(line[:MAX_USAGE_LINE]) or _LOAD.search(line[:MAX_USAGE_LINE])
            if match and "/" in match[1]:
                found.append(Usage(match[1], point(number, match.start(1) + 1, len(match[1]))))
    return tuple(found)
