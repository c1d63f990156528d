"""The catalogue of what the bot itself says in summaries, comments and statuses."""

from __future__ import annotations

from pathlib import Path

from bot.review.catalogue import load

CATALOGUE = load(Path(__file__).with_name("locale"))
