"""No field has a lone dash for its value.

In YAML a dash starts a list; in this place it is an error that makes the whole header unreadable. The hub's
own tools forgive it for `evaluation` alone, which by custom is written so where there is nothing to say.

Wrong: `train-dataset: -`

Right: `train-dataset: N/A`

Not reported unless the policy wants it (case `evaluation`): the customary `evaluation: -`.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.page import Page
from rules.rule import Context, levels, rule


@rule(
    "MSH108",
    "bare-dash",
    changed="error",
    untouched="warning",
    variants={"evaluation": levels("off", "off")},
)
def check(page: Page, _context: Context) -> Iterator[Problem]:
    for field in page.fields.values():
        span = field.span
        if field.text != "-" or field.shape != "scalar" or span.line != span.end_line:
            continue
        if page.lines[span.line - 1][span.column - 1 : span.end_column - 1].strip() == "-":
            yield Problem(
                span,
                key=field.key,
                variant="evaluation" if field.key == "evaluation" else "other",
                values={"field": field.key},
                suggestion=Suggestion(span, '"-"'),
            )
