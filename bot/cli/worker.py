"""`hubbot worker`: does the reviews that the receiver wrote down."""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import signal
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from bot import logs, settings, settingsfile
from bot.cli.lifeline import follow

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger("hubbot.worker")


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("worker", description=__doc__)
    parser.add_argument("--lifeline", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--demo", type=Path, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    from bot import wiring
    from bot.flows.worker import Worker
    from bot.store.orders import forget_all
    from bot.web.metrics import start_metrics

    chosen = settings.load(os.environ if args.demo else settingsfile.environment(os.environ))
    logs.configure(settings.secrets(chosen))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    follow(args.lifeline)
    with wiring.world(chosen, args.demo) as world:
        _compare_clocks(world.store.engine, world.now())
        lock = _sole_worker(chosen.database_url, stop)
        if stop.is_set():
            return 0
        if lock is not None:
            world.queue.forget_workers()
            forget_all(world.store.engine)
        try:
            start_metrics(chosen.metrics_host, chosen.metrics_port, lambda: world.store.figures(world.now()))
        except OSError as error:
            # Several workers on one machine: the first shows the figures, which are the same for all.
            log.warning("no metrics at port %d: %s", chosen.metrics_port, error.strerror)
        Worker(world).run(stop)
    return 0


def _compare_clocks(engine: Engine, now: float) -> None:
    from bot.store.database import clock
    from bot.store.queue import MOST_SKEW

    told = clock(engine)
    if told is not None and abs(now - told) > MOST_SKEW:
        log.warning(
            "this machine's clock is %+.0f s off the database's: workers take each other's jobs over; "
            "switch time synchronisation on",
            now - told,
        )


def _sole_worker(database_url: str, stop: threading.Event) -> IO[str] | None:
    """Waits until this is the only worker of an SQLite file; the lock ends with the process."""
    if not database_url.startswith("sqlite"):
        return None
    path = Path(database_url.partition("///")[2] + ".worker")
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.open("w")
    while not stop.is_set():
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            stop.wait(0.2)
    return lock
