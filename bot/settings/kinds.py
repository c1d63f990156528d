"""Reads one variable of each kind: an address, a port, a number, a token; a wrong one is refused by name."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import UserError
from bot.settings.names import INLINE, SEPARATE
from bot.settings.values import LOOPBACK

#: Letters of a host's name or address; the brackets of one of IPv6 are gone by then.
_HOST = re.compile(r"[\w.:%-]+")
TRUE, FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


class Reader:
    """A variable's value, or the content of the file that NAME_FILE names."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def __call__(self, name: str, default: str = "") -> str:
        value = self.environment.get(name, "")
        path = self.environment.get(f"{name}_FILE", "")
        if value and path:
            raise UserError(f"{name} and {name}_FILE are both set; keep one of them.")
        if path:
            try:
                value = Path(path).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                reason = type(error).__name__
                raise UserError(
                    f"{name}_FILE names {path}, which cannot be read ({reason}); "
                    "check that it exists and that this user may read it."
                ) from None
        try:
            value.encode()
        except UnicodeEncodeError:
            raise UserError(f"{name} is not text in UTF-8; write it anew.") from None
        return value.strip() or default

    def any_of(self, *names: str) -> bool:
        return any(self.environment.get(n) or self.environment.get(f"{n}_FILE") for n in names)


def host(read: Reader) -> str:
    """Where to listen, without the brackets that an IPv6 address has in a URL."""
    text = read("HOST", "127.0.0.1")
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        if ":" in bare:
            ipaddress.IPv6Address(bare)
        elif not _HOST.fullmatch(bare):
            raise ValueError
    except ValueError:
        raise UserError(
            f"HOST is {text!r}; it must be an address or a name of this machine, such as 127.0.0.1."
        ) from None
    return bare


def address(read: Reader, name: str, default: str) -> str:
    """The address of a site, without a slash at its end."""
    value = read(name).rstrip("/")
    if not value:
        return default
    try:
        parts = urlsplit(value)
        netloc = parts.netloc
        fits = parts.scheme in ("http", "https") and parts.port != 0 and not (parts.query or parts.fragment)
        fits = fits and bool(_HOST.fullmatch(parts.hostname or "")) and not re.search(r"\s", value)
    except ValueError:  # of brackets without an end, and of a port that is none
        netloc, fits = value, False
    if "@" in netloc:
        raise UserError(
            f"{name} holds a user name or password, which would be shown; give the address alone."
        )
    if not fits or not value.isprintable():
        raise UserError(
            f"{name} is {value!r}; it must be an http:// or https:// address without a query or blanks, "
            "and a port, if any, is a number from 1 to 65535."
        )
    return value


def token(read: Reader, name: str) -> str:
    """What is sent in a request's header: any other character would fail there, time and again."""
    text = read(name)
    if not (text.isascii() and text.isprintable()):
        raise UserError(
            f"{name} holds a character that is not printable ASCII, so it cannot be sent; copy it once more."
        )
    return text


def port(read: Reader, name: str, default: int) -> int:
    text = read(name, str(default))
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise UserError(f"{name} is {text!r}; it must be a port number from 1 to 65535.")
    return int(text)


def interface(read: Reader, name: str) -> str:
    """An address of this machine, to listen at."""
    text = read(name, LOOPBACK)
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise UserError(
            f"{name} is {text!r}; it must be an address of this machine such as {LOOPBACK}, or 0.0.0.0."
        ) from None
    return text


def seconds(read: Reader, name: str, default: int, least: int, most: int) -> float:
    text = read(name, str(default))
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
        raise UserError(f"{name} is {text!r}; it must be a number of seconds from {least} to {most}.")
    return float(text)


def number(read: Reader, name: str, default: float) -> float:
    text = read(name, str(default))
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,5})?", text):
        raise UserError(f"{name} is {text!r}; it must be a number such as 24 or 0.5.")
    return float(text)


def readable(read: Reader, name: str) -> str:
    path = read(name)
    if path and not Path(path).is_file():
        raise UserError(f"{name} names {path}, which is not a file.")
    return path


def is_separate(read: Reader) -> bool:
    text = read("DOWNLOADS", INLINE).lower()
    if text not in (INLINE, SEPARATE):
        raise UserError(f"DOWNLOADS is {text!r}; say {INLINE} or {SEPARATE}.")
    return text == SEPARATE


def flag(read: Reader, name: str) -> bool:
    text = read(name).lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise UserError(f"{name} is {text!r}; say 1 or 0.")
