"""Checks an address that a contributor wrote, or a host redirected to, before anything is opened.

One parser decides: the `parse_url` whose result is also what is connected. Whatever another parser could
read differently (user names, backslashes, blanks, escapes in the host, octal numbers) is refused before it.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from bot.downloads.addresses import refusal
from bot.downloads.limits import Limits
from bot.downloads.outcome import Refused

#: Longer addresses are refused by common browsers and servers.
LONGEST = 2_048
LONGEST_NAME, LONGEST_LABEL = 253, 63
PORTS = {"https": 443, "http": 80}
#: Names that IANA and ICANN keep out of the public tree, or that networks use inside.
PRIVATE_NAMES = ("localhost", "localdomain", "local", "internal", "intranet", "lan", "home.arpa", "onion")

_BAD = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\\\ud800-\udfff]")
_SHAPE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{0,5})?")
_NUMERIC = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address: `host` in lower case without brackets, `path` as it stands in the request line."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def public_url(self) -> str:
        """The address without its query, which may carry a signature."""
        return self.url.partition("?")[0]


def check(url: str, limits: Limits) -> Target:
    """The address as it will be opened. Raises `Refused` (`url-refused`, `address-refused`)."""
    if len(url) > LONGEST:
        raise _refused(f"longer than {LONGEST} characters")
    bad = _BAD.search(url)
    if bad:
        raise _refused(f"contains the character U+{ord(bad[0]):04X}")
    shape = _SHAPE.match(url)
    if not shape:
        raise _refused("not a full address (https://host/path)")
    scheme, authority = shape[1].lower(), shape[2]
    if scheme not in (PORTS if limits.plain_http else ("https",)):
        raise _refused(f"the scheme is {scheme[:20]}, not https")
    if "@" in authority:
        raise _refused("contains a user name")
    named = _AUTHORITY.fullmatch(authority)
    if not named:
        raise _refused("the host name or port is malformed")
    return _parsed(url, scheme, named[1].lower())


def follow(base: Target, location: str, limits: Limits) -> Target:
    """Where a redirect leads. Raises `Refused` as `check` does, and for a step down from https."""
    try:
        joined = urljoin(base.url, _as_text(location))
    except ValueError:
        raise _refused("redirected to a malformed address") from None
    if base.scheme == "https" and joined[:5].lower() == "http:":
        raise _refused("redirected from https to http")
    try:
        return check(joined, limits)
    except Refused as refused:
        raise Refused(refused.reason, f"redirected to an address that is refused: {refused.detail}") from None


def _parsed(url: str, scheme: str, host: str) -> Target:
    try:
        parsed = parse_url(url)
    except (LocationParseError, ValueError):
        raise _refused("cannot be parsed") from None
    if parsed.scheme != scheme or (parsed.host or "").lower() != host or parsed.auth is not None:
        raise _refused("can be read in two ways")
    port = PORTS[scheme] if parsed.port is None else parsed.port
    if port != PORTS[scheme]:
        raise _refused(f"the port is {port}, not {PORTS[scheme]}")
    name = _checked_host(host)
    shown = f"[{name}]" if ":" in name else name
    path = parsed.request_uri
    return Target(f"{scheme}://{shown}{path}", scheme, name, port, path)


def _checked_host(host: str) -> str:
    bare = host[1:-1] if host.startswith("[") else host.removesuffix(".")
    labels = bare.split(".")
    if host.startswith("[") or _NUMERIC.fullmatch(labels[-1]):
        return _checked_literal(bare)
    if len(bare) > LONGEST_NAME or any(len(n) > LONGEST_LABEL or not _LABEL.fullmatch(n) for n in labels):
        raise _refused("the host name is malformed")
    if len(labels) == 1 or any(bare == name or bare.endswith(f".{name}") for name in PRIVATE_NAMES):
        raise Refused("address-refused", f"{bare} is not a public name")
    return bare


def _checked_literal(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise _refused("the host is a number, but not a plain IP address") from None
    why = refusal(str(address))
    if why:
        raise Refused("address-refused", f"{address} is not a public address ({why})")
    return str(address)


def _as_text(location: str) -> str:
    """A header's bytes arrive as Latin-1; hosts that send raw UTF-8 mean UTF-8."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def _refused(detail: str) -> Refused:
    return Refused("url-refused", detail)
