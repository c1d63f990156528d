"""The file behind a link has the digest that the page declares.

This is what the whole review is for: everybody who loads the model later verifies the download against this
digest. A mismatch is reported only after two complete reads of the file agreed.

Either the digest is of another file (an older export, a file of another name), or the file was replaced after
the digest was computed, or the upload is damaged. Compute the digest of the file that you trained:

    hubbot sha256 resnet50.ckpt

If it is the declared one, upload the file again; if it is the observed one, correct the page.
There is no one-click repair on purpose: copying what the server sends would verify nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.artifacts.digest import LENGTH, is_hex, repaired
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault, Problem
from rules.page import Asset, Page
from rules.rule import Context, levels, rule

#: Uses of one digest that are looked at; more of them tell nothing else.
MAX_USES = 100


@rule(
    "MSH303",
    "digest-mismatch",
    changed="error",
    untouched="warning",
    remote=True,
    variants={"unconfirmed": levels("error", "warning")},
)
def check(page: Page, context: Context) -> Iterator[Problem]:
    for asset in page.assets:
        file = context.facts.files.get(asset.link)
        if file is not None and file.state is RemoteState.MEASURED and file.sha256:
            declared = repaired(asset.sha256)
            if is_hex(declared) and len(declared) <= LENGTH and not file.sha256.startswith(declared):
                yield _problem(asset, declared, file, _others(asset, declared, file, context))


def _others(asset: Asset, declared: str, file: RemoteFile, context: Context) -> dict[str, str]:
    """The pages that use the declared digest, or the file's own, for another address."""
    found = {}
    for name, digest in (("declared_for", declared), ("served_for", file.sha256)):
        uses = context.digests.get(digest, ())[:MAX_USES]
        if other := next((use.path for use in uses if use.link != asset.link), ""):
            found[name] = other
    return found


def _problem(asset: Asset, declared: str, file: RemoteFile, others: dict[str, str]) -> Problem:
    #: Read once only because it agreed with what another entry declares of the same address.
    unconfirmed = file.reads == 1
    values = {
        "declared": declared,
        "observed": file.sha256,
        "size": "?" if file.size is None else str(file.size),
        "link": asset.link,
        "final": file.final_url or asset.link,
        **others,
    }
    variant = "unconfirmed" if unconfirmed else "whole" if len(declared) == LENGTH else "prefix"
    return Problem(
        asset.place("asset-sha256"),
        asset.key("asset-sha256"),
        variant,
        values,
        fault=Fault.BOT if unconfirmed else None,
        identity=f"{declared}\0{asset.link}",
    )
