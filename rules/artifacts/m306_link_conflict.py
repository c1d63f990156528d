"""One link has one digest, wherever it stands.

Two pages that declare different digests of one address cannot both be right.

Wrong: two pages with the same `asset-link`, one with `asset-sha256: 9f86d081…`, one with `asset-sha256:
60303ae2…`

Right: the same digest in both, or two files under two names.

Not reported: the same link with the same digest; a short digest that is the beginning of the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.artifacts.digest import agree, is_hex, repaired
from rules.facts import TreeAsset
from rules.finding import Problem
from rules.page import Asset, Page
from rules.rule import Context, rule


@rule("MSH306", "link-conflict", changed="error", untouched="error")
def check(page: Page, context: Context) -> Iterator[Problem]:
    for asset in page.assets:
        declared = repaired(asset.sha256)
        if asset.link and is_hex(declared):
            other = _other(declared, context.links.get(asset.link, ()))
            if other is not None:
                yield _problem(page, asset, declared, other)


def _other(declared: str, uses: tuple[TreeAsset, ...]) -> TreeAsset | None:
    for use in uses:
        digest = repaired(use.sha256)
        if is_hex(digest) and not agree(declared, digest):
            return use
    return None


def _problem(page: Page, asset: Asset, declared: str, other: TreeAsset) -> Problem:
    digest = repaired(other.sha256)
    return Problem(
        asset.place("asset-sha256"),
        asset.key("asset-sha256"),
        "same-page" if other.path == page.path else "other-page",
        {"declared": declared, "other": digest, "path": other.path, "link": asset.link},
        identity=f"{declared}\0{digest}\0{asset.link}",
    )
