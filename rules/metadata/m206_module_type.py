"""`module-type` is one of the hub's types, in lower case, with at most one sub-type.

The website sorts models by it. A sub-type follows the main type after one dash and has underscores inside.

Wrong: `module-type: CV`, `module-type: cv-super-resolution`

Right: `module-type: cv`, `module-type: cv-super_resolution`
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.metadata.m201_missing_field import is_empty
from rules.nearest import nearest
from rules.page import Field, Page
from rules.rule import Context, levels, rule

_SUB = levels("warning", "notice")


@rule(
    "MSH206",
    "module-type",
    changed="error",
    untouched="warning",
    variants={"sub-type": _SUB, "sub-type-near": _SUB},
)
def check(page: Page, context: Context) -> Iterator[Problem]:
    field = page.fields.get("module-type")
    if field is None or is_empty(field) or field.shape != "scalar":
        return
    types = context.policy.module_types
    main, dash, sub = field.text.partition("-")
    if main not in types:
        meant = nearest(main, types)
        values = {"value": main, "types": ", ".join(types), "meant": meant}
        yield _problem(field, "main-near" if meant else "main", values, meant + dash + sub if meant else "")
        main = meant
    known = types.get(main, ())
    if dash and main and sub not in known:
        near = nearest(sub, known)
        values = {"value": sub, "main": main, "meant": near, "types": ", ".join(known) or "-"}
        yield _problem(
            field, "sub-type-near" if near else "sub-type", values, f"{main}-{near}" if near else ""
        )


def _problem(field: Field, variant: str, values: dict[str, str], replacement: str) -> Problem:
    suggestion = Suggestion(field.span, replacement) if replacement else None
    return Problem(field.span, key="module-type", variant=variant, values=values, suggestion=suggestion)
