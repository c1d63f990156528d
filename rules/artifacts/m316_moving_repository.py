"""`repo-link` names the branch of the page's release, or a tag.

The code on `master` goes on; the page and its checkpoint do not. A year later the code no longer loads the
file.

Wrong, in `mindspore/1.10/`: `https://gitee.com/mindspore/models/tree/master/official/cv/ResNet`

Right: `https://gitee.com/mindspore/models/tree/r1.10/official/cv/ResNet`

Not reported: tags and branches of repositories that count releases of their own (`v0.5.0`).
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.artifacts.repository import bare, place
from rules.finding import Problem
from rules.layout.m102_misplaced_page import VERSION
from rules.page import Page
from rules.rule import Context, rule


@rule("MSH316", "moving-repository", changed="warning", untouched="off")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    field = page.fields.get("repo-link")
    if field is None or field.shape != "scalar" or not VERSION.fullmatch(page.version):
        return
    found = place(bare(field.text))
    if found is None or not found.kind:
        return
    if found.is_moving or (found.is_branch and found.release != page.version):
        yield Problem(
            field.span,
            key="repo-link",
            variant="moving" if found.is_moving else "release",
            values={"ref": found.ref, "version": page.version, "repository": found.repository},
        )
