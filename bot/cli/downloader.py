"""`hubbot downloader`: opens the addresses that pages name, in a process without any forge credential."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

from bot import logs, settings
from bot.cli.lifeline import follow

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger("hubbot.downloader")

#: Seconds between two looks at whether somebody has brought the database up to date, which is not ours to do.
LOOK_AGAIN = 1.0


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "downloader",
        description="Downloads what workers ask for. Needs the database and no credential.",
    )
    parser.add_argument("--lifeline", type=int, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    from bot.fetchers import fetchers
    from bot.flows.downloader import Downloader
    from bot.orders import Errand
    from bot.store.database import open_database
    from bot.store.tasks import OpenOrders

    chosen = settings.for_downloader(os.environ)
    logs.configure(settings.password_of(chosen.database_url))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    follow(args.lifeline)
    engine = open_database(chosen.database_url)
    try:
        if _await_schema(engine, stop):
            orders = OpenOrders(engine)
            _show(chosen.metrics_host, chosen.metrics_port, orders)
            with fetchers(chosen.connect_to, chosen.ca_bundle, engine) as (reviews, audits):
                of_reviews = dict.fromkeys((Errand.MEASURE, Errand.TEXTS), reviews)
                of_audits = dict.fromkeys((Errand.AUDIT, Errand.ALIVE), audits)
                Downloader(orders, of_reviews | of_audits).run(stop)
    finally:
        engine.dispose()
    return 0


def _await_schema(engine: Engine, stop: threading.Event) -> bool:
    """Waits until the database is there and of this release; False where we are to stop first."""
    from bot.store.database import StoreUnavailable, is_current

    told = False
    while not stop.is_set():
        try:
            if is_current(engine):
                return True
            reason = "its schema is not of this release, `hubbot db upgrade` brings it up to date"
        except StoreUnavailable as error:
            reason = f"it cannot be read ({error})"
        if not told:
            log.warning("waiting for the database: %s", reason)
            told = True
        stop.wait(LOOK_AGAIN)
    return False


def _show(host: str, port: int | None, orders: Any) -> None:
    """Serves figures where a port is named: probes ask there whether we live."""
    if port is None:
        return
    from bot.web.metrics import start_metrics

    try:
        start_metrics(host, port, lambda: orders.figures(time.time()))
    except OSError as error:
        log.warning("no metrics at port %d: %s", port, error.strerror)
