"""How text that others wrote is shown on a page: escaped, bounded, and with nothing invisible left in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from bot.review.moments import CHINA

#: Ours: longer values are cut on a page and complete in the report's JSON.
MAX_SHOWN = 2_000
#: Ours: browsers and servers stop agreeing on addresses beyond this.
MAX_LINK = 2_048

# Characters that `str.isprintable` lets through though a reader sees nothing of them.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_SHORT = {"\n": "↵", "\t": "⇥"}
# Around a value inside a sentence of ours; private-use characters in the value itself are shown as escapes.
_OPEN, _CLOSE = "\ue000", "\ue001"
_CODE = re.compile(f"{_OPEN}(.*?){_CLOSE}|`([^`{_OPEN}{_CLOSE}]+)`", re.DOTALL)
_PLAIN_LINK = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?")
_COMMAND_WORD = re.compile(r"[A-Za-z0-9._/:@%+=,-]+")


def visible(text: str, limit: int = MAX_SHOWN) -> str:
    """The text with every control, bidirectional, zero-width or otherwise unseen character written out."""
    cut = text if len(text) <= limit else text[:limit] + "…"
    if cut.isprintable() and (cut.isascii() or not _UNSEEN.search(cut)):
        return cut
    return "".join(_seen(c) for c in cut)


def finalize(value: object) -> object:
    """What every expression of a template goes through, so that no author of a template can forget it."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return visible(value)


def mark(value: str) -> str:
    """A value on its way into one of our sentences; `prose` shows it as code."""
    return f"{_OPEN}{visible(value)}{_CLOSE}"


def prose(text: str) -> Markup:
    """A sentence of ours as HTML: marked values and backquoted words as code, blank lines part paragraphs."""
    paragraphs = (part.strip() for part in re.split(r"\n\s*\n", text))
    shown = [_inline(part) for part in paragraphs if part]
    return (
        shown[0] if len(shown) == 1 else Markup("").join(Markup("<p>{}</p>").format(part) for part in shown)
    )


def https_link(url: str) -> str:
    """The address if it may be a link: https, plain ASCII, no user, no query (may be signed); else empty."""
    return url if len(url) <= MAX_LINK and _PLAIN_LINK.fullmatch(url) else ""


def without_query(url: str) -> str:
    """An address as it is shown and exported: signed queries and user names of others are left out."""
    if not any(c in url for c in "?#@"):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return re.split(r"[?#]", url)[0].rpartition("@")[2]
    host = parts.netloc.rpartition("@")[2]
    shown = parts._replace(netloc=host, query="", fragment="").geturl()
    return f"{shown}?…" if parts.query else shown


def command_word(value: str) -> str:
    """The value if it may stand in a command line that people copy into a shell; else empty."""
    return value if _COMMAND_WORD.fullmatch(value) and not value.startswith("-") else ""


def file_name(url: str) -> str:
    """The last part of an address, by which people know the file."""
    return without_query(url).removesuffix("?…").rstrip("/").rpartition("/")[2] or url


def moment(seconds: float, lang: str) -> Markup:
    """A point in time: in UTC, for Chinese readers in their own time; the other one on hover."""
    at = datetime.fromtimestamp(seconds, UTC)
    utc = f"{at:%Y-%m-%d %H:%M} UTC"
    china = f"{at.astimezone(CHINA):%Y-%m-%d %H:%M} UTC+8"
    shown, hover = (china, utc) if lang == "zh" else (utc, china)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", hover, shown)


def _seen(character: str) -> str:
    if character.isprintable() and not _UNSEEN.match(character):
        return character
    return _SHORT.get(character) or f"⟨U+{ord(character):04X}⟩"


def _inline(text: str) -> Markup:
    parts: list[Markup] = []
    end = 0
    for found in _CODE.finditer(text):
        parts.append(escape(text[end : found.start()]))
        value = found[1] if found[1] is not None else found[2]
        parts.append(Markup("<code>{}</code>").format(value))
        end = found.end()
    parts.append(escape(text[end:]))
    return Markup("").join(parts)
