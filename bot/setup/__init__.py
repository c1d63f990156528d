"""The set-up of a hubbot that has no credential yet: pages that lead from the first start to going live.

It exists only where nothing is configured, and alone among what answers requests it asks forges: see
docs/decisions/0021. `bot.web` knows nothing of it; `bot.cli.web` adds it to the application.
"""

from __future__ import annotations

from bot.setup.install import opened

__all__ = ["opened"]
