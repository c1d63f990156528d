"""A publisher is spelt alike on all its pages.

The website groups models by `user-id`; another spelling is another publisher.

Wrong, below `mindspore/`: `user-id: mindspore`, `user-id: MindSpore team`

Right: `user-id: MindSpore`, `author: MindSpore team`

Where the value has nothing of the publisher's name it is only noted.

Not reported: publishers whose spelling the hub does not list; authors of other names.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.metadata.m201_missing_field import is_empty
from rules.metadata.m208_placeholder import is_placeholder
from rules.nearest import normal
from rules.page import Page
from rules.rule import Context, levels, rule


@rule(
    "MSH214",
    "publisher-spelling",
    changed="warning",
    untouched="notice",
    variants={"other": levels("notice", "off")},
)
def check(page: Page, context: Context) -> Iterator[Problem]:
    policy = context.policy
    spellings = policy.publishers.get(page.publisher, ())
    if not spellings or page.is_cn:
        return
    for name, right in (("user-id", spellings), ("author", policy.authors.get(page.publisher, ()))):
        field = page.fields.get(name)
        if field is None or is_empty(field) or field.shape != "scalar" or is_placeholder(field.text):
            continue
        if field.text in right or not right:
            continue
        same = [one for one in right if _plain(one) == _plain(field.text)]
        own = normal(field.text) in map(normal, (page.publisher, *spellings))
        if same or own or name == "user-id":
            near = same or [one for one in right if own or _plain(one) in _plain(field.text)]
            meant = (near or right)[0]
            yield Problem(
                field.span,
                key=name,
                variant=name if near else "other",
                values={"field": name, "value": field.text, "meant": meant, "publisher": page.publisher},
                suggestion=Suggestion(field.span, meant) if same else None,
            )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
