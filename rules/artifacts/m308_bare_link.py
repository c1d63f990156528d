"""Addresses in the header stand in angle brackets.

So the hub's pages have been written since 2020; Markdown shows such an address as a link.

Wrong: `repo-link: https://gitee.com/mindspore/models/tree/r1.10/official/cv/ResNet`

Right: `repo-link: <https://gitee.com/mindspore/models/tree/r1.10/official/cv/ResNet>`

Not reported: what is no well-formed address, which other rules report.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.links import parse_link
from rules.page import Field, Page
from rules.rule import Context, rule


@rule("MSH308", "bare-link", changed="notice", untouched="off")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    if page.is_cn:
        return
    for key, field in _links(page):
        text = field.text.strip()
        if field.shape == "scalar" and text[:4].lower() == "http" and parse_link(text) is not None:
            yield Problem(
                field.span,
                key=key,
                values={"link": text, "field": key.rpartition(".")[2]},
                suggestion=Suggestion(field.span, f"<{text}>"),
            )


def _links(page: Page) -> Iterator[tuple[str, Field]]:
    if "repo-link" in page.fields:
        yield "repo-link", page.fields["repo-link"]
    for asset in page.assets:
        if "asset-link" in asset.fields:
            yield asset.key("asset-link"), asset.fields["asset-link"]
