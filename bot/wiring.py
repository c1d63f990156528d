"""The composition root: the only module that names drivers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from bot.downloads import Fetcher
from bot.forges.base import Forge, Hooks
from bot.settings import GiteeSettings, GitHubSettings, Settings
from bot.store.database import open_database, upgrade
from bot.store.queue import Queue
from bot.store.store import Store
from rules import policy
from rules.policy import Policy


@dataclass(frozen=True, slots=True)
class World:
    """Everything that receiver and worker work with."""

    forges: Mapping[str, Forge]
    hooks: Mapping[str, Hooks]
    repositories: Mapping[str, tuple[str, ...]]
    store: Store
    queue: Queue
    fetcher: Fetcher
    policy: Policy
    public_url: str
    dry_run: bool
    demo: bool
    now: Callable[[], float] = time.time


@contextmanager
def world(settings: Settings) -> Iterator[World]:
    """Opens the database (bringing it up to date) and makes the drivers that the settings name."""
    engine = open_database(settings.database_url)
    upgrade(engine)
