"""The command line's own words in both languages."""

from __future__ import annotations

from pathlib import Path

from rules.words import LANGUAGES, phrases

_CHECK = Path(__file__).with_name("locale") / "check.yaml"


def say(lang: str, name: str, **values: object) -> str:
    """A phrase with its values filled in."""
    return str(phrases(_CHECK)[lang if lang in LANGUAGES else "en"][name]).format(**values)
