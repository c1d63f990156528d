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
from rules.page import Page
from rules.rule import Context, levels, rule

#: How publishers sign as authors.
_TEAM = " team"


@rule(
    "MSH214",
    "publisher-spelling",
    changed="warning",
    untouched="notice",
    variants={"other": levels("notice", "off")},
)
def check(page: Page, context: Context) -> Iterator[Problem]:
    spellings = context.policy.publishers.get(page.publisher, ())
    if not spellings or page.is_cn:
        return
    for name in ("user-id", "author"):
        field = page.fields.get(name)
        if field is None or is_empty(field) or field.shape != "scalar" or is_placeholder(field.text):
            continue
        right = spellings if name == "user-id" else tuple(_signatures(spellings))
        if field.text in right:
            continue
        same = [one for one in right if _plain(one) == _plain(field.text)]
        if same or name == "user-id":
            near = same or [one for one in right if _plain(one) in _plain(field.text)]
            meant = (near or [spellings[0]])[0]
            yield Problem(
                field.span,
                key=name,
                variant=name if near else "other",
                values={"field": name, "value": field.text, "meant": meant, "publisher": page.publisher},
                suggestion=Suggestion(field.span, meant) if same else None,
            )


def _signatures(spellings: tuple[str, ...]) -> Iterator[str]:
    for spelling in spellings:
        yield spelling + _TEAM
        yield spelling


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
