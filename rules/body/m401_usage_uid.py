"""The example in the body loads this page's model.

Readers copy the example. The UID is the page's path below `mshub_res/assets/` without `.md`.

Wrong, in `mindspore/2.3/crnn_vgg7_lmdbd.md`: `model = "mindspore/2.3/crnn_vgg7_lmdbd.md"`

Right: `model = "mindspore/2.3/crnn_vgg7_lmdbd"`

Not reported: pages without an example; the UID of the English page in its `_cn` page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.page import Page
from rules.rule import Context, rule

#: A page of another name must be renamed first (MSH110), and has another UID then.
_LASTING = re.compile(r"[A-Za-z0-9._/-]{1,4096}")


@rule("MSH401", "usage-uid", changed="error", untouched="warning")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    if not page.uid:
        return
    right = {page.uid, page.uid.removesuffix("_cn")}
    uid = page.uid.removesuffix("_cn") if page.is_cn else page.uid
    for usage in page.usages:
        if usage.uid not in right:
            yield Problem(
                usage.span,
                key="usage",
                variant=_variant(usage.uid, right),
                values={"written": usage.uid, "uid": uid},
                suggestion=Suggestion(usage.span, uid) if _LASTING.fullmatch(uid) else None,
            )


def _variant(written: str, right: set[str]) -> str:
    if written.removesuffix(".md") in right:
        return "suffix"
    if "".join(written.split()) in right:
        return "blank"
    return "case" if written.casefold() in {uid.casefold() for uid in right} else "differs"
