"""What is left out while a forge allows little more: whatever can be asked as well in an hour."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from bot.wiring import World

log = logging.getLogger("hubbot.thrift")


def short_until(world: World, forge: str, what: str) -> float | None:
    """When the forge allows more again, if less than a tenth of its requests is left; says what is left out.

    None while there is enough, and where the forge does not tell.
    """
    now = world.now()
    for one in world.store.allowances():
        owner, _, use = one.name.partition(" ")
        if owner == forge and use != "merge" and one.is_low(now):
            until = datetime.fromtimestamp(one.reset_at, UTC).strftime("%H:%M:%S UTC")
            log.warning(
                "%s: %d of %d requests left until %s, so %s is left out",
                one.name, one.left(now), one.limit, until, what,
            )  # fmt: skip
            return one.reset_at
    return None
