"""Takes an address apart, strictly: what is not plainly an address of a file is said to be none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

#: Longer addresses are refused by common servers and proxies.
MAX_LINK = 2_000
#: Addresses taken apart lately: several rules ask after those of one page, and after those of its like.
KEPT = 1_024
_SHAPE = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]{0,20})://(?:(?P<user>[^/?#@]{0,500})@)?"
    r"(?P<host>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^?#]{0,2000})(?P<query>\?[^#]{0,2000})?(?P<fragment>#.{0,2000})?",
    re.IGNORECASE,
)
#: What RFC 3986 allows in an address.
_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
_CREDENTIALS = re.compile(
    r"[?&](?:[a-z0-9_-]{0,40}(?:signature|accesskeyid|credential|token|secret|password|api_?key)|sig|expires)=",
    re.IGNORECASE,
)
_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Link:
    """The parts of a well-formed address."""

    scheme: str
    host: str
    port: int | None
    path: str
    query: str
    user: str | None

    @property
    def file_name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """The end of the file name from its last dot, in lower case; empty when there is none."""
        _, dot, end = self.file_name.rpartition(".")
        return f".{end.lower()}" if dot else ""

    @property
    def has_credentials(self) -> bool:
        """Whether the query is signed or carries a secret: such links expire, and leak what they carry."""
        return bool(_CREDENTIALS.search(self.query))

    @property
    def is_address(self) -> bool:
        """Whether the host is a number rather than a name."""
        last = self.host.rpartition(".")[2]
        return last.isdecimal() or last.startswith("0x")


@lru_cache(maxsize=KEPT)
def parse_link(text: str) -> Link | None:
    """The parts of an address, None when it is not one."""
    if len(text) > MAX_LINK or not _CHARACTERS.fullmatch(text):
        return None
    match = _SHAPE.fullmatch(text)
    if match is None or ".." in match["host"] or int(match["port"] or 443) not in range(1, 65_536):
        return None
    return Link(
        scheme=match["scheme"].lower(),
        host=match["host"].lower(),
        port=int(match["port"]) if match["port"] else None,
        path=match["path"],
        query=match["query"] or "",
        user=match["user"],
    )


def is_fetchable(text: str) -> bool:
    """Whether an address may be given to the downloader: well formed, http or https, without credentials."""
    link = parse_link(text)
    return link is not None and link.scheme in _SCHEMES and link.user is None
