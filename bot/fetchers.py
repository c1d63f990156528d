"""What opens addresses of strangers in one process: the worker's, or a downloader's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Engine

from bot.downloads import Fetcher, Limits
from bot.downloads.limits import AUDIT_LIMITS
from bot.store.hosts import SharedHosts


@contextmanager
def fetchers(connect_to: str, ca_bundle: str, engine: Engine) -> Iterator[tuple[Fetcher, Fetcher]]:
    """A fetcher for reviews, which shares hosts with all of the database, and a patient one for audits."""
    trusted = ca_bundle or None
    with (
        closing(SharedHosts(engine, Limits().courtesy)) as hosts,
        closing(Fetcher(connect_to=connect_to, ca_bundle=trusted, hosts=hosts)) as reviews,
        closing(Fetcher(AUDIT_LIMITS, connect_to=connect_to, ca_bundle=trusted)) as audits,
    ):
        yield reviews, audits
