"""The only opener of addresses from a pull request: measures remote files, and never blames by guess."""

from __future__ import annotations

from bot.downloads.fetcher import Fetcher
from bot.downloads.limits import Limits

__all__ = ["Fetcher", "Limits"]
