"""Every required field is there and says something.

Website and client show and use these fields. An asset entry needs its format, its link and its sha256:
without the digest a download cannot be verified by anybody.

Wrong:

    author:
    repo-link:

Right:

    author: MindSpore team
    repo-link: <https://gitee.com/mindspore/models/tree/r1.10/official/cv/ResNet>

Not reported: fields that the hub makes optional; pages whose header could not be read at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rules.finding import Problem, Suggestion
from rules.nearest import nearest, unmasked
from rules.page import Field, Page
from rules.rule import Context, rule
from rules.source import point

#: Unknown fields that are held against the missing ones; a page with more is not misspelt.
MAX_STRANGERS = 50
_NOTHING = ("", "~", "null", "Null", "NULL")


@rule("MSH201", "missing-field", changed="error", untouched="warning")
def check(page: Page, context: Context) -> Iterator[Problem]:
    yield from _assets(page, context)
    policy = context.policy
    known = policy.fields
    if is_gibberish(page, known):
        return
    strangers = misspelt(page, policy.required_fields, known)
    for name in policy.required_fields:
        field = page.fields.get(name)
        if field is None:
            yield _missing(page, name, strangers.get(name))
        elif is_empty(field):
            yield Problem(field.key_span, key=name, variant="empty", values={"field": name})
    for field in page.fields.values():
        if field.shape != "scalar" and field.key in known and field.key not in policy.list_fields:
            values = {"field": field.key, "shape": field.shape}
            yield Problem(field.key_span, key=field.key, variant="shape", values=values)


def is_gibberish(page: Page, known: tuple[str, ...]) -> bool:
    """Whether the header is unreadable so that nothing of it is known: then that alone is worth saying."""
    return bool(page.troubles) and not any(key in known for key in page.fields)


def is_empty(field: Field) -> bool:
    """Whether a value says nothing, in one of the ways that YAML has for it."""
    return field.shape == "scalar" and field.text.strip() in _NOTHING


def misspelt(page: Page, required: tuple[str, ...], known: tuple[str, ...]) -> dict[str, Field]:
    """The missing fields with the unknown field of the page that most likely stands for each."""
    if all(name in page.fields for name in required):
        return {}
    strangers = islice((field for key, field in page.fields.items() if key not in known), MAX_STRANGERS)
    meant = [(nearest(field.key, known), field) for field in strangers]
    return {name: field for name, field in reversed(meant) if name in required and name not in page.fields}


def _missing(page: Page, name: str, field: Field | None) -> Problem:
    if field is None:
        place = point(page.header_lines[1] + 1, 1)
        return Problem(place, key=name, variant="missing", values={"field": name})
    return Problem(
        field.key_span,
        key=name,
        variant="misspelt",
        values={"field": name, "written": unmasked(field.key)},
        suggestion=Suggestion(field.key_span, name),
    )


def _assets(page: Page, context: Context) -> Iterator[Problem]:
    listed = page.fields.get("asset")
    if listed is not None and listed.text and (listed.shape != "list" or not page.assets):
        yield Problem(listed.key_span, key="asset", variant="asset-shape", values={"shape": listed.shape})
    for asset in page.assets:
        for name in context.policy.asset_fields:
            field = asset.fields.get(name)
            if field is not None and field.shape == "scalar" and not is_empty(field):
                continue
            values = {"field": name, "number": str(asset.index + 1), "link": asset.link}
            if field is None or field.shape == "scalar":
                yield Problem(
                    asset.place(name),
                    key=asset.key(name),
                    variant="asset-missing",
                    values=values,
                    identity=asset.link,
                )
            else:
                values["shape"] = field.shape
                yield Problem(field.span, key=asset.key(name), variant="shape", values=values)
