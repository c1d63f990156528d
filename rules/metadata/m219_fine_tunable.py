"""`fine-tunable` is True or False.

Wrong: `fine-tunable: Yes`, `fine-tunable: 1`

Right: `fine-tunable: True`

Not reported: true and false in any case; Chinese words in `_cn` pages.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.metadata.m201_missing_field import is_empty
from rules.metadata.m208_placeholder import is_placeholder
from rules.page import Page
from rules.rule import Context, levels, rule

_BOOLEANS = ("True", "true", "TRUE", "False", "false", "FALSE")
#: YAML 1.1 reads the first four as booleans too: readers do not agree on them.
_MEANT = {"yes": "True", "on": "True", "no": "False", "off": "False"}
_MEANT_BY_NUMBER = {"1": "True", "0": "False", "y": "True", "n": "False", "t": "True", "f": "False"}


@rule(
    "MSH219",
    "fine-tunable",
    changed="error",
    untouched="warning",
    variants={"word": levels("warning", "notice")},
)
def check(page: Page, _context: Context) -> Iterator[Problem]:
    field = page.fields.get("fine-tunable")
    if (
        field is None
        or is_empty(field)
        or field.shape != "scalar"
        or page.is_cn
        or is_placeholder(field.text)
    ):
        return
    text = field.text.strip()
    if text in _BOOLEANS:
        return
    word = _MEANT.get(text.casefold(), "")
    meant = word or _MEANT_BY_NUMBER.get(text.casefold(), "") or _nearly(text)
    yield Problem(
        field.span,
        key="fine-tunable",
        variant="word" if word else "near" if meant else "other",
        values={"value": text, "meant": meant},
        suggestion=Suggestion(field.span, meant) if meant else None,
    )


def _nearly(text: str) -> str:
    """`Ture` as True."""
    from rapidfuzz import process  # only here: hardly any page has it wrong
    from rapidfuzz.distance import OSA

    best = process.extractOne(text.casefold()[:10], ("true", "false"), scorer=OSA.distance, score_cutoff=1)
    return best[0].capitalize() if best else ""
