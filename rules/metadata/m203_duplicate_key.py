"""No field is given twice.

YAML readers silently keep one of the two, most of them the last: a reader of the page sees one value and the
client uses another. Inside one asset entry this hides a link or a digest.

Wrong:

    asset:
    - file-format: ckpt
      asset-link: <https://download.mindspore.cn/a.ckpt>
      asset-link: <https://download.mindspore.cn/b.ckpt>

Right: one entry for each file.

Not reported: the same field in different asset entries.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem
from rules.page import Page
from rules.rule import Context, rule


@rule("MSH203", "duplicate-key", changed="error", untouched="warning")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    for duplicate in page.duplicates:
        first, again = duplicate.first, duplicate.again
        same = first.text == again.text
        yield Problem(
            again.key_span,
            key=duplicate.key,
            variant="same" if same else "other",
            values={
                "field": again.key,
                "line": str(first.key_span.line),
                "first": first.text,
                "again": again.text,
            },
            identity=f"{first.text}\0{again.text}",
        )
