"""Unrelated models do not share a digest.

Two models of different families cannot be one file: one of the two pages was given the digest of the other,
or the wrong file was uploaded.

Wrong: the same `asset-sha256` on the pages of a ResNet and of a MobileNet

Right: the digest of each file, computed from that file: `hubbot sha256 FILE`

Not reported: the same file under several releases, datasets, publishers or spellings of one model's name; the
same link, which plainly is one file.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from rules.artifacts.digest import is_digest, repaired
from rules.artifacts.names import model_part, squashed, stem
from rules.facts import TreeAsset
from rules.finding import Problem
from rules.links import parse_link
from rules.page import Asset, Page
from rules.rule import Context, rule

#: Names that begin with as many equal letters are of one family.
FAMILY = 4
#: Out of 100, for names whose letters were moved about (`seresnet18`, `resnet18se`).
LIKENESS = 60.0
#: Pages compared for one digest; the most that share one are the releases of one model.
MAX_USES = 60
#: Entries named lately: the pages that share a digest ask after each other.
KEPT = 4_096


@rule("MSH314", "shared-digest", changed="warning", untouched="notice")
def check(page: Page, context: Context) -> Iterator[Problem]:
    if not page.name:
        return
    for asset in page.assets:
        digest = repaired(asset.sha256)
        uses = context.digests.get(digest, ())[:MAX_USES] if is_digest(digest) else ()
        other = _stranger(page, asset, uses)
        if other is not None:
            yield Problem(
                asset.place("asset-sha256"),
                asset.key("asset-sha256"),
                values={"digest": digest, "path": other.path, "name": page.name, "link": other.link},
                identity=f"{digest}\0{squashed(_page_name(other.path))}",
            )


def _stranger(page: Page, asset: Asset, uses: tuple[TreeAsset, ...]) -> TreeAsset | None:
    """The first use by another model, none of whose names is like any of this one's."""
    own = _names(page.path, asset.link)
    for use in uses:
        if use.link == asset.link or _page_name(use.path) == page.name:
            continue
        theirs = _names(use.path, use.link)
        if not any(_related(one, other) for one in own for other in theirs):
            return use
    return None


@lru_cache(maxsize=KEPT)
def _names(path: str, link: str) -> frozenset[str]:
    parsed = parse_link(link)
    names = {squashed(model_part(_page_name(path)))}
    if parsed is not None:
        names.add(squashed(model_part(stem(parsed.file_name))))
    return frozenset(name for name in names if name)


def _page_name(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".md")


def _related(one: str, other: str) -> bool:
    if one[:FAMILY] == other[:FAMILY] or one in other or other in one:
        return True
    from rapidfuzz.fuzz import ratio  # only here: few pages share a digest with another name

    return ratio(one, other) >= LIKENESS
