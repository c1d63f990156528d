"""One run of a flow: the world, the lease, and the question asked before every write."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from bot.forges.base import Forge
from bot.model import PullRef
from bot.store.queue import Lease
from bot.wiring import World


class Stopped(Exception):
    """This run may not go on: superseded by a newer push, taken over, overdue, or the worker is stopping."""


class TooLarge(Exception):
    """This run turned out to be bulk work, and as much of that as there may be is under way."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a flow works with."""

    world: World
    lease: Lease
    cancelled: threading.Event
    #: Moves the run among the bulk work; False where there is no room for it now.
    enlarge: Callable[[], bool] = lambda: True
    #: Whether the run has taken longer than its kind may.
    overdue: Callable[[], bool] = lambda: False

    @property
    def ref(self) -> PullRef:
        return self.lease.ref

    @property
    def forge(self) -> Forge:
        return self.world.forges[self.ref.forge]

    def stopped(self) -> bool:
        """Whether to stop; cheap, for loops."""
        return self.cancelled.is_set()

    def guard(self) -> None:
        """Raises `Stopped` unless the lease stands now: called before every write to a forge."""
        if self.cancelled.is_set() or not self.world.queue.holds(self.lease, self.world.now()):
            raise Stopped
