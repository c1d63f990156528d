"""The command line's own words in both languages."""

from __future__ import annotations

from pathlib import Path

from rules.words import LANGUAGES, phrases

_LOCALE = Path(__file__).with_name("locale")


def say(lang: str, name: str, catalogue: str = "check", **values: object) -> str:
    """A phrase with its values filled in; `catalogue` is a file of `locale/`."""
    found = phrases(_LOCALE / f"{catalogue}.yaml")
    return str(found[lang if lang in LANGUAGES else "en"][name]).format(**values)
