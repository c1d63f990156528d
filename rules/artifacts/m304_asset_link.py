"""`asset-link` is a plain https address on a server that the hub knows.

The address must work for everybody and for years: no password, no signature that expires, no numeric address,
no unusual port. Other servers than the hub's own are possible, but a maintainer decides.

Wrong: `asset-link: <http://download.mindspore.cn/resnet50.ckpt>`, `asset-link:
<https://me:secret@example.com/a.ckpt>`

Right: `asset-link: <https://download.mindspore.cn/models/r1.10/resnet50.ckpt>`

Not reported: an address without `<…>` around it.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.links import Link, parse_link
from rules.nearest import nearest
from rules.page import Asset, Page
from rules.policy import Policy
from rules.rule import Context, levels, rule

HTTPS = 443


@rule(
    "MSH304",
    "asset-link",
    changed="error",
    untouched="warning",
    variants={"host": levels("warning", "notice")},
)
def check(page: Page, context: Context) -> Iterator[Problem]:
    for asset in page.assets:
        if not asset.link or asset.fields["asset-link"].shape != "scalar":
            continue
        variant, values = _variant(asset.link, context.policy)
        if variant:
            values |= {"link": _without_secrets(asset.link), "hosts": ", ".join(context.policy.asset_hosts)}
            yield Problem(
                asset.link_span,
                asset.key("asset-link"),
                variant,
                values,
                _repair(asset, variant),
                identity=asset.link,
            )


def _variant(text: str, policy: Policy) -> tuple[str, dict[str, str]]:
    """What is wrong with an address and the values that its message needs; empty when nothing is."""
    if text.startswith("<") != text.endswith(">"):
        return "brackets", {}
    if not text.isascii() or not text.isprintable() or " " in text:
        return "characters", {}
    link = parse_link(text)
    if link is None:
        return "malformed", {}
    values = {"host": link.host, "scheme": link.scheme, "port": str(link.port or "")}
    if link.user is not None:
        return "user", values
    if link.scheme != "https":
        return "http" if link.scheme == "http" else "scheme", values
    if link.has_credentials:
        return "signed", values
    return _host(link, values, policy)


def _host(link: Link, values: dict[str, str], policy: Policy) -> tuple[str, dict[str, str]]:
    if link.port not in (None, HTTPS):
        return "port", values
    if link.is_address or "." not in link.host:
        return "numeric", values
    if link.host in policy.asset_hosts:
        return "", {}
    posing = next((known for known in policy.asset_hosts if known in link.host), "")
    alike = posing or nearest(link.host, policy.asset_hosts)
    return ("alike" if alike else "host"), values | {"known": alike}


def _repair(asset: Asset, variant: str) -> Suggestion | None:
    field = asset.fields["asset-link"]
    if variant == "brackets":
        return Suggestion(field.span, f"<{asset.link.strip('<>').strip()}>")
    return None


def _without_secrets(text: str) -> str:
    """The address without its query and without user and password: neither is ours to repeat."""
    bare = text.partition("?")[0]
    scheme, mark, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"
