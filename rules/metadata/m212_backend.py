"""`train-backend` and `infer-backend` are backends that the hub knows, and train-backend is the directory's.

In the old layout the directory names the backend that the files are for. A page copied from the other
directory is found by it.

Wrong, in `mindspore/gpu/1.0/`: `train-backend: ascend`

Right: `train-backend: gpu`

Not reported: several backends in one value, when the directory's is among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.metadata.m201_missing_field import is_empty
from rules.metadata.m208_placeholder import is_placeholder
from rules.nearest import nearest
from rules.page import Field, Page
from rules.rule import Context, levels, rule

FIELDS = ("train-backend", "infer-backend")


@rule(
    "MSH212",
    "backend",
    changed="error",
    untouched="warning",
    variants={"infer-differs": levels("warning", "notice")},
)
def check(page: Page, context: Context) -> Iterator[Problem]:
    known = context.policy.backends
    for name in FIELDS:
        field = page.fields.get(name)
        if field is None or is_empty(field) or field.shape != "scalar" or is_placeholder(field.text):
            continue
        words = [word.strip() for word in re.split("[,|/;+&]", field.text)]
        strangers = [word for word in words if word.casefold() not in known]
        if strangers:
            yield _unknown(field, strangers[0], known)
        elif page.backend in known and page.backend not in (word.casefold() for word in words):
            variant = "differs" if name == "train-backend" else "infer-differs"
            values = {"field": name, "value": field.text, "backend": page.backend}
            yield Problem(field.span, key=name, variant=variant, values=values)


def _unknown(field: Field, word: str, known: tuple[str, ...]) -> Problem:
    meant = nearest(word, known)
    return Problem(
        field.span,
        key=field.key,
        variant="near" if meant else "unknown",
        values={"field": field.key, "value": word, "meant": meant, "known": ", ".join(known)},
        suggestion=Suggestion(field.span, meant) if meant and word == field.text else None,
    )
