"""The addresses of links in the body are whole.

A reader who clicks on `hhttps://arxiv.org/…` gets nowhere.

Wrong: `[paper](hhttps://arxiv.org/abs/1810.04805)`, `[paper]((https://arxiv.org/abs/1810.04805))`,
`[paper]()`, `[paper](now at https://arxiv.org/abs/1810.04805)`

Right: `[paper](https://arxiv.org/abs/1810.04805)`

Not reported: relative links, which MSH403 reports, and code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.markdown import BodyLink, links
from rules.page import Page
from rules.rule import Context, levels, rule

#: `http` or `https` with a letter too many or too few, or with its colon and slashes wrong.
_SCHEME = re.compile(
    r"(?P<scheme>h{1,3}t{1,3}p{1,3}s{0,3}|ttps?|hps?|h?ttps?)(?P<mark>[:;\uff1a]?/{1,4}|[:;\uff1a](?=[a-z]))(?=[\w.-]{1,253}\.\w)",
    re.IGNORECASE,
)
_RIGHT = ("http://", "https://")


@rule(
    "MSH404",
    "malformed-link",
    changed="error",
    untouched="warning",
    variants={"empty": levels("warning", "notice")},
)
def check(page: Page, _context: Context) -> Iterator[Problem]:
    for link in links(page):
        variant, mended = _judged(link)
        if variant:
            yield Problem(
                link.span,
                key="body",
                variant=variant,
                values={"target": link.target, "text": link.text, "meant": mended},
                suggestion=Suggestion(link.span, mended) if mended else None,
                identity=f"{link.text}\0{link.target}",
            )


def _judged(link: BodyLink) -> tuple[str, str]:
    """What is wrong with a target and what it should be; empty when nothing is, or is not known."""
    target = link.target.strip()
    if not target:
        return ("empty", "") if link.text.strip() else ("", "")
    if len(target.split()) > 1:
        return ("words", "") if "://" in target else ("", "")
    inner = target.strip("()<>")
    if target.lstrip("<").startswith("(") and inner.startswith(_RIGHT):
        return "brackets", inner
    match = _SCHEME.match(inner)
    if match is None or match[0].lower() in _RIGHT:
        return "", ""
    secure = "s" if match["scheme"].lower().endswith("s") else ""
    return "scheme", f"http{secure}://{inner[match.end() :]}"
