"""Pairs the asset entries of a page with those that it had on the base branch."""

from __future__ import annotations

from collections.abc import Iterator

from rules.artifacts.digest import agree, is_hex, repaired
from rules.page import Asset, Page


def same_link(before: Page, now: Page) -> Iterator[tuple[Asset, Asset]]:
    """Entries, old and new, with one link; a link that one of the pages has twice pairs with nothing."""
    old, new = _by_link(before), _by_link(now)
    for link, asset in new.items():
        if link in old:
            yield old[link], asset


def same_digest(before: Page, now: Page) -> Iterator[tuple[Asset, Asset]]:
    """Entries with one digest, the old one's link gone from the page and the new one's new to it."""
    old, new = _by_link(before), _by_link(now)
    gone = {repaired(asset.sha256): asset for link, asset in old.items() if link not in new}
    for link, asset in new.items():
        digest = repaired(asset.sha256)
        if link not in old and is_hex(digest) and digest in gone:
            yield gone[digest], asset


def differ(one: Asset, other: Asset) -> bool:
    """Whether two entries declare digests that cannot be of one file."""
    digests = repaired(one.sha256), repaired(other.sha256)
    return all(is_hex(digest) for digest in digests) and not agree(*digests)


def _by_link(page: Page) -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    twice = set()
    for asset in page.assets:
        if asset.link in found:
            twice.add(asset.link)
        if asset.link:
            found[asset.link] = asset
    return {link: asset for link, asset in found.items() if link not in twice}
