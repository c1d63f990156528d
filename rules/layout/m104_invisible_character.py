"""A page has no characters that nobody sees.

They come along when text is copied from a website or a document. A value with one inside is another value:
the client does not find what it names, and code copied from the page does not run. Characters that turn the
direction of writing let a text read otherwise than it is.

Wrong: a no-break space or a zero-width space inside `model = "mindspore/2.5/yolov5s_coco2017"`

Right: ordinary blanks, or nothing

Not reported: the joiners of emoji and of scripts that need them; full-width blanks in Chinese text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.page import Page
from rules.rule import Context, rule
from rules.source import point

_WIDE = "\u00a0\u1680\u2000-\u200a\u202f\u205f"
_TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_NOTHING = "\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u2028\u2029\u2060-\u2064\ufeff"
_JOINERS = "(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
#: A line of a page that anybody reads is shorter; in a longer one the first of them will do.
MAX_LINE = 2_000
_UNSEEN = re.compile(f"[{_WIDE}{_TURNING}{_NOTHING}]|{_JOINERS}")
_WIDE_ONLY, _TURNING_ONLY = re.compile(f"[{_WIDE}]"), re.compile(f"[{_TURNING}]")


@rule("MSH104", "invisible-character", changed="warning", untouched="off")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    for number, line in enumerate(() if page.is_plain else page.lines, 1):
        if line.isascii() and line.isprintable():
            continue
        found = list(_UNSEEN.finditer(line, 0, MAX_LINE))
        if not found:
            continue
        start, end = found[0].start(), found[-1].end()
        kinds = sorted({f"U+{ord(match[0]):04X}" for match in found})
        cleaned = _UNSEEN.sub(_replacement, line[start:end])
        yield Problem(
            point(number, start + 1, 1),
            key="text",
            variant="turning" if _TURNING_ONLY.search(line, start, end) else "unseen",
            values={"number": str(len(found)), "characters": ", ".join(kinds)},
            suggestion=Suggestion(point(number, start + 1, end - start), cleaned),
            identity=line,
        )


def _replacement(match: re.Match[str]) -> str:
    return " " if _WIDE_ONLY.match(match[0]) else ""
