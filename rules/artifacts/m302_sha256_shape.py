"""`asset-sha256` is the whole SHA-256 digest: 64 hexadecimal digits in lower case.

The client compares it with what it downloads. The first eight digits, as they stand in many file names, are
too few: two files that share them are quickly made.

Wrong: `asset-sha256: dcca16b1`, `asset-sha256: sha256:9F86D081…`

Right: `asset-sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`

Capital letters, blanks and a `sha256:` before it are repaired by a suggestion, since that loses nothing.
A digest is never completed from what the server sent: whoever declares it must have computed it from the real
file.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.artifacts.digest import LENGTH, OF_NOTHING, OTHER_HASHES, is_digest, is_hex, repaired
from rules.finding import Problem, Suggestion
from rules.page import Asset, Field, Page
from rules.rule import Context, rule


@rule("MSH302", "sha256-shape", changed="error", untouched="notice")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    for asset in page.assets:
        field = asset.fields.get("asset-sha256")
        if field is not None and asset.sha256 and field.shape == "scalar":
            variant = _variant(asset.sha256)
            if variant:
                yield _problem(asset, field, variant)


def _problem(asset: Asset, field: Field, variant: str) -> Problem:
    repair = repaired(asset.sha256)
    values = {
        "value": asset.sha256,
        "length": str(len(repair)),
        "hash": OTHER_HASHES.get(len(repair), ""),
        "link": asset.link,
    }
    suggestion = Suggestion(field.span, repair) if variant in ("case", "dressed") else None
    identity = f"{asset.sha256}\0{asset.link}"
    return Problem(field.span, asset.key("asset-sha256"), variant, values, suggestion, identity=identity)


def _variant(text: str) -> str:
    """What is wrong with a declared digest, empty when nothing is."""
    repair = repaired(text)
    if is_digest(repair):
        if len(set(repair)) == 1:
            return "placeholder"
        if repair == OF_NOTHING:
            return "empty-file"
        if text == repair:
            return ""
        return "case" if text.lower() == repair else "dressed"
    if not is_hex(repair):
        return "not-hex"
    if len(repair) in OTHER_HASHES:
        return "other-hash"
    return "short" if len(repair) < LENGTH else "long"
