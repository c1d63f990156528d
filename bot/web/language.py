"""Which language a page speaks, and its words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

import yaml
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept

from bot.web.text import finalize, prose

LANGUAGES = ("en", "zh")
#: The name of the only cookie; it holds `en` or `zh`.
COOKIE = "lang"
_LOCALE = Path(__file__).with_name("locale")


class Translate(Protocol):
    """Our words for a key in one language; `n` chooses between singular and plural. Values are escaped."""

    def __call__(self, key: str, **values: object) -> Markup: ...


def choose(asked: str | None, cookie: str | None, accept: LanguageAccept, fallback: str) -> str:
    """The reader's own choice first, then the browser's, then the language of what is shown."""
    for wish in (asked, cookie):
        if wish in LANGUAGES:
            return wish
    spoken = (tag.replace("_", "-").partition("-")[0].lower() for tag, quality in accept if quality > 0)
    best = next((tag for tag in spoken if tag in LANGUAGES), fallback)
    return best if best in LANGUAGES else LANGUAGES[0]


@cache
def catalogue(lang: str) -> Mapping[str, str | Mapping[str, str]]:
    """The words of one language by key; a text that counts something has a mapping of `one` and `other`."""
    words: dict[str, str | Mapping[str, str]] = {}
    # The shortest name first: what all pages share, then one file a part.
    for path in sorted(_LOCALE.glob(f"*{lang}.yaml"), key=lambda path: (len(path.name), path.name)):
        words |= yaml.safe_load(path.read_text("utf-8"))
    return words


@cache
def translator(lang: str) -> Translate:
    """Looks words up in one language."""
    words = catalogue(lang)

    def translate(key: str, **values: object) -> Markup:
        entry = words[key]
        if not isinstance(entry, str):
            entry = entry["one"] if values.get("n") == 1 and "one" in entry else entry["other"]
        return _markup(entry).format(**{name: finalize(value) for name, value in values.items()})

    return translate


def knows(key: str) -> bool:
    """Whether there are words for a key that is made from a stable word of another part."""
    return key in catalogue(LANGUAGES[0])


@cache
def _markup(text: str) -> Markup:
    return prose(text)
