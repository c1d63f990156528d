"""The file behind a link can be downloaded by anybody.

A dead link makes the model unusable. We tell apart what the publisher can mend (no such file, a web page
instead of a file, a pointer of Git LFS, an address that is refused) from what nobody here can (the server is
down, the network is slow): of the latter nothing is asked of the publisher, we try again by ourselves, and
until then the gate stays closed.

A file that differs from one read to the next is being replaced at this moment, or its server is not in order;
we wait.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault, Problem
from rules.page import Asset, Page
from rules.rule import Context, levels, rule

#: The reasons that have a sentence of their own; all others share one, which shows the reason.
WRONG = (
    "not-found",
    "gone",
    "login-wall",
    "html-page",
    "lfs-pointer",
    "empty-file",
    "too-large",
    "address-refused",
    "url-refused",
    "too-many-redirects",
)
UNVERIFIED = (
    "dns",
    "connect",
    "tls",
    "timeout",
    "stalled",
    "short-body",
    "no-length",
    "rate-limited",
    "host-unavailable",
)
_LEGACY = levels("error", "warning")


@rule("MSH305", "link-unreachable", changed="error", untouched="warning", remote=True)
def check(page: Page, context: Context) -> Iterator[Problem]:
    for asset in page.assets:
        file = context.facts.files.get(asset.link)
        if file is not None and file.state is not RemoteState.MEASURED:
            yield _problem(asset, file)


def _problem(asset: Asset, file: RemoteFile) -> Problem:
    variant, fault = case(file)
    values = {
        "link": asset.link,
        "reason": file.reason.removeprefix("status-") or "-",
        "detail": file.detail,
        "final": file.final_url,
    }
    identity = f"{fault}\0{asset.link}"
    return Problem(asset.link_span, asset.key("asset-link"), variant, values, fault=fault, identity=identity)


def case(file: RemoteFile) -> tuple[str, Fault]:
    """The variant of this rule's words that tells how the reading of a file ended, and whose fault it is."""
    if file.state is RemoteState.WRONG:
        return (file.reason if file.reason in WRONG else "wrong"), file.fault or Fault.CONTRIBUTOR
    if file.state is RemoteState.CHANGING:
        return "changing", file.fault or Fault.HOST
    fault = file.fault if file.fault not in (None, Fault.CONTRIBUTOR) else Fault.HOST
    if fault is Fault.BOT:
        return "ours", fault
    if file.reason.startswith("status-"):
        return "status", fault or Fault.HOST
    return (file.reason if file.reason in UNVERIFIED else "unverified"), fault or Fault.HOST
