"""Below the header no line starts with three dashes.

Website and client split a page at the lines that start with `---`: a further one moves what they take for the
header or for the body, and the page fails to load.

Wrong, in the body:

    ---

Right, for a horizontal rule:

    ***

Not reported: the two lines that delimit the header; dashes after a blank or a `|`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.markdown import code
from rules.page import FENCE, Page
from rules.rule import Context, rule
from rules.source import point

_RULE = re.compile(r"-[- \t]{2,500}")
_TABLE = re.compile(r"[-:| \t]{3,500}")


@rule("MSH105", "further-fence", changed="warning", untouched="notice")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    if any(trouble.reason == "not-delimited" for trouble in page.troubles):
        return
    body = page.body
    indexes = [index for index, line in enumerate(body) if line.startswith(FENCE)]
    fenced = code(page).indexes if indexes else frozenset()
    for index in indexes:
        line, before = body[index], body[index - 1].strip() if index else ""
        variant, replacement = _case(line, before, index in fenced)
        place = point(page.body_line + index, 1, len(line))
        suggestion = Suggestion(place, replacement) if replacement else None
        yield Problem(place, key="body", variant=variant, suggestion=suggestion, identity=line)


def _case(line: str, before: str, in_code: bool) -> tuple[str, str]:
    """What the dashes are, and how the same is written otherwise."""
    if in_code:
        return "code", ""
    if _RULE.fullmatch(line):
        return ("heading", "") if before else ("rule", "***")
    if _TABLE.fullmatch(line) and "|" in line:
        return "table", f"| {line}"
    return "text", ""
