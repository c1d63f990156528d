"""Reads `ASSET_CONNECT_TO`: where an operator sends asset connections instead, like curl's `--connect-to`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import UserError

_ENTRY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*):([^:]*):(\[[^\[\]]+\]|[^:\[\]]+):([^:]+)")
_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Override:
    """Connections to `host` and `port` go to `address` and `to_port`; an empty host and port 0 match all."""

    host: str
    port: int
    address: str
    to_port: int


def parse(text: str) -> tuple[Override, ...]:
    """The entries in order. Raises `UserError` naming the one that is wrong."""
    return tuple(_entry(part.strip()) for part in text.split(",") if part.strip())


def find(overrides: Sequence[Override], host: str, port: int) -> Override | None:
    """The first entry that matches, as with curl."""
    return next((o for o in overrides if o.host in ("", host) and o.port in (0, port)), None)


def _entry(text: str) -> Override:
    match = _ENTRY.fullmatch(text)
    if not match:
        raise _wrong(text, "expected HOST:PORT:ADDRESS:PORT, with IPv6 addresses in brackets")
    host, port, address, to_port = (part.strip() for part in match.groups())
    if not address:
        raise _wrong(text, "the ADDRESS is missing")
    return Override(
        _bare(host).lower().removesuffix("."),
        _port(text, port) if port else 0,
        _bare(address),
        _port(text, to_port),
    )


def _port(entry: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _LAST_PORT):
        raise _wrong(entry, f"{text!r} is not a port (1 to {_LAST_PORT})")
    return int(text)


def _bare(host: str) -> str:
    return host[1:-1] if host.startswith("[") else host


def _wrong(entry: str, why: str) -> UserError:
    return UserError(f"ASSET_CONNECT_TO: the entry {entry!r} is wrong: {why}. Example: ::127.0.0.1:8443")
