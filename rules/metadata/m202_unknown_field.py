"""The header has no fields that nobody reads.

An unknown field is most often a misspelt one, and what it says is lost. Fields of an asset entry belong below
`asset`.

Wrong:

    train_dataset: cifar10
    file-format: ckpt

Right:

    train-dataset: cifar10
    asset:
    - file-format: ckpt

Not reported: optional fields; a misspelt field that is required, which missing-field explains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rules.finding import Problem, Suggestion
from rules.metadata.m201_missing_field import is_gibberish, misspelt
from rules.nearest import nearest, unmasked
from rules.page import Field, Page
from rules.rule import Context, levels, rule
from rules.scan import ASSET_KEYS


@rule(
    "MSH202",
    "unknown-field",
    changed="warning",
    untouched="notice",
    variants={"misplaced": levels("error", "warning")},
)
def check(page: Page, context: Context) -> Iterator[Problem]:
    known = context.policy.fields
    if is_gibberish(page, known):
        return
    explained = {field.key for field in misspelt(page, context.policy.required_fields, known).values()}
    for field in page.fields.values():
        if field.key in ASSET_KEYS:
            yield Problem(field.key_span, key=field.key, variant="misplaced", values={"field": field.key})
        elif field.key not in known and field.key not in explained:
            yield _unknown(field, field.key, known, page.fields)
    for asset in page.assets:
        for field in asset.fields.values():
            if field.key not in ASSET_KEYS:
                yield _unknown(field, asset.key(field.key), context.policy.asset_fields, asset.fields)


def _unknown(field: Field, key: str, known: tuple[str, ...], present: Mapping[str, Field]) -> Problem:
    meant = nearest(field.key, known)
    if not meant:
        return Problem(field.key_span, key=key, variant="unknown", values={"field": unmasked(field.key)})
    free = meant not in present
    return Problem(
        field.key_span,
        key=key,
        variant="near",
        values={"field": unmasked(field.key), "meant": meant},
        suggestion=Suggestion(field.key_span, meant) if free else None,
    )
