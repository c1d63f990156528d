"""Kills receiver and workers over and over: `python -m benchmarks.kills [DELIVERIES] [KILLS] [--only NAME]`.

On an SQLite file with one worker, then on PostgreSQL with three. Ends with 1 if anything was lost, said
twice or left in the wrong state, or if more files were read again than there were kills.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bot.store.database import open_database, upgrade
from tests.flows.siege import Siege, Tally
from tests.store.postgres import server

#: Seconds that each of the two may take.
WITHIN = 3600.0
#: Deliveries for each pull request.
EACH = 25


def main() -> int:
    """Prints a table for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("deliveries", nargs="?", type=int, default=10_000)
    parser.add_argument("kills", nargs="?", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    args = parser.parse_args()

    def siege(url: str, workers: int) -> Tally:
        engine = open_database(url)
        upgrade(engine)
        engine.dispose()
        pulls = max(1, args.deliveries // EACH)
        return Siege(
            url, deliveries=args.deliveries, pulls=pulls, kills=args.kills, workers=workers, seed=args.seed
        ).run(WITHIN)

    fine = True
    if args.only != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            fine &= show("SQLite, one worker", siege(f"sqlite:///{Path(folder) / 'hubbot.sqlite'}", 1))
    if args.only != "sqlite":
        with server() as url:
            fine &= show("PostgreSQL, three workers", siege(url, 3))
    return 0 if fine else 1


def show(title: str, tally: Tally) -> bool:
    print(f"\n{title}: {tally.seconds:.0f} s")
    print(
        f"{tally.deliveries:7} deliveries accepted, {tally.duplicates} repeated, {tally.refused} answered 503"
    )
    print(f"{tally.killed:7} kills")
    for where, times in sorted(tally.kills.items()):
        print(f"{times:11} {where}")
    print(f"{sum(tally.reads.values()):7} files read, {tally.read_again} of them again")
    print(f"{tally.parked:7} jobs parked as poison and asked for again")
    print(f"{len(tally.wrong):7} wrong in the end", *tally.wrong[:20], sep="\n        ")
    return not tally.wrong and tally.read_again <= tally.killed


if __name__ == "__main__":
    raise SystemExit(main())
