"""What people type, made into settings; a wrong input is a word of the catalogue, shown beside its field."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

#: Letters of an App's name: GitHub's limit.
APP_NAME = 34
#: Ours: as `hubbot doctor` wants it.
SHORTEST_SECRET, FEWEST_CHARACTERS = 16, 6
#: Ours: no hub has as many repositories; a forge's names end at a hundred characters.
MAX_REPOSITORIES, MAX_TYPED = 20, 2000
LOOPBACK = ("127.0.0.1", "localhost", "::1", "0.0.0.0")  # noqa: S104 - compared with, not bound to

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_ACCOUNT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
_APP_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:.]+\]")


class Unfit(Exception):
    """An input that cannot be: the key of the sentence, and its values."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


def address(typed: str) -> str:
    """An address that links can begin with, without a slash at its end."""
    text = typed.strip().rstrip("/")
    if not text:
        raise Unfit("empty")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Unfit("address") from None
    if parts.scheme not in ("http", "https"):
        raise Unfit("scheme")
    if "@" in parts.netloc:
        raise Unfit("user")
    bare = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    if parts.query or parts.fragment or not _HOST.fullmatch(bare) or len(text) > MAX_TYPED:
        raise Unfit("address")
    if parts.path:
        raise Unfit("path")
    return text


def is_loopback(url: str) -> bool:
    """Whether an address leads to this machine only, so that no forge can send anything there."""
    return urlsplit(url).hostname in LOOPBACK


def repositories(typed: str, host: str) -> str:
    """`owner/name` with commas between; the repository's address on `host` is understood as well."""
    found: list[str] = []
    for part in typed[:MAX_TYPED].replace(",", " ").replace("，", " ").split():
        name = re.sub(rf"^https?://(?:www\.)?{re.escape(host)}/", "", part).rstrip("/").removesuffix(".git")
        if not _REPOSITORY.fullmatch(name) or {".", ".."} & set(name.split("/")):
            raise Unfit("repository", name=part[:100])
        if name.casefold() not in (one.casefold() for one in found):
            found.append(name)
    if len(found) > MAX_REPOSITORIES:
        raise Unfit("repositories", most=MAX_REPOSITORIES)
    return ",".join(found)


def app_name(typed: str) -> str:
    text = typed.strip()
    if not text:
        raise Unfit("empty")
    if len(text) > APP_NAME:
        raise Unfit("app_name_long", most=APP_NAME)
    if not _APP_NAME.fullmatch(text):
        raise Unfit("app_name")
    return text


def account(typed: str) -> str:
    if not _ACCOUNT.fullmatch(typed.strip()):
        raise Unfit("account")
    return typed.strip()


def credential(typed: str) -> str:
    """A token or a secret as it is pasted: one word."""
    text = typed.strip()
    if not text:
        raise Unfit("empty")
    if len(text) > MAX_TYPED or not text.isascii() or not text.isprintable() or " " in text:
        raise Unfit("credential")
    return text


def secret(typed: str) -> str:
    """A webhook's secret, long enough that nobody finds it by trying."""
    text = credential(typed)
    if len(text) < SHORTEST_SECRET or len(set(text)) < FEWEST_CHARACTERS:
        raise Unfit("secret", least=SHORTEST_SECRET)
    return text


def number(typed: str) -> str:
    text = typed.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Unfit("number")
    return text
