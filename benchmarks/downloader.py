"""What a downloader apart costs, beside downloads in the worker's own process: time, and its memory.

`python -m benchmarks.downloader [--rounds 5] [--large 1024]`. 200 files of 1 MiB over HTTPS in turns, then
one large file (MiB) by the downloader, from nginx on loopback, over an SQLite file. The ratio is the median
of those within a round. The peak is the downloader's whole process (VmHWM).
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.server import MIB, Server, missing_programs, serving, write_checkpoint
from bot.downloads.port import Downloads
from bot.downloads.separate import Separate
from bot.fetchers import fetchers
from bot.store.database import open_database, upgrade
from bot.store.orders import PlacedOrders
from bot.store.tasks import figures
from rules.facts import Wanted

FILES = 200
#: Seconds between two measurements: what shares a host keeps forty requests a second in the long run.
REST = 5.0
#: Seconds within which a downloader is up.
READY = 30.0
#: Bytes that one is to stay below, and the window by which it grows where a file is read in pieces (decision
#: 0017), which a host does not choose but by being slow.
BOUND, WINDOW = 64 * MIB, 48 * MIB


def main() -> int:
    """Prints each round, then the ratio and the peaks; 1 where a peak is over the bound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", type=int, default=1024, help="MiB of the large file")
    args = parser.parse_args()
    if missing := missing_programs():
        raise SystemExit(f"not installed: {', '.join(missing)}")
    with serving(20 * MIB, 10 * MIB, 0.08) as server, tempfile.TemporaryDirectory() as folder:
        return _measure(server, f"sqlite:///{folder}/hubbot.sqlite", args.rounds, args.large)


def _measure(server: Server, database: str, rounds: int, large: int) -> int:
    small = [_file(server, f"{number}.ckpt", 1) for number in range(FILES)]
    engine = open_database(database)
    upgrade(engine)
    given = {"DATABASE_URL": database, "ASSET_CONNECT_TO": server.connect_to}
    given |= {"ASSET_CA_BUNDLE": str(server.ca), "PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd()}
    command = [sys.executable, "-m", "bot", "downloader"]
    process = subprocess.Popen(command, env=given, stderr=subprocess.DEVNULL)
    ratios = []
    try:
        end = time.monotonic() + READY
        while time.monotonic() < end:
            with engine.connect() as connection:
                if figures(connection, time.time())["downloaders_alive"]:
                    break
            time.sleep(0.1)
        with (
            fetchers(server.connect_to, str(server.ca), engine) as (inline, _),
            closing(Separate(PlacedOrders(engine))) as separate,
        ):
            for number in range(rounds):
                took, apart = _seconds(inline, small), _seconds(separate, small)
                ratios.append(apart / took)
                print(f"round {number}: inline {took:.2f} s, separate {apart:.2f} s", flush=True)
            peaks = [_peak(process.pid)]
            _seconds(separate, [_file(server, "large.ckpt", large)])
            peaks.append(_peak(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        engine.dispose()
    print(
        f"{FILES} x 1 MiB: separate {statistics.median(ratios):.2f} times inline "
        f"({min(ratios):.2f} to {max(ratios):.2f}); peak {peaks[0] / MIB:.1f} MiB, "
        f"with a file of {large} MiB {peaks[1] / MIB:.1f} MiB"
    )
    return int(peaks[0] > BOUND or peaks[1] > BOUND + WINDOW)


def _file(server: Server, name: str, size: int) -> Wanted:
    write_checkpoint(server.folder / "files" / name, size * MIB)
    return Wanted(server.url("https", name))


def _seconds(downloads: Downloads, wanted: list[Wanted]) -> float:
    time.sleep(REST)
    begun = time.monotonic()
    files = list(downloads.measure(wanted, lambda: False))
    took = time.monotonic() - begun
    assert len([file for file in files if file.sha256]) == len(wanted), files[:1]
    return took


def _peak(pid: int) -> int:
    """The most memory that a process ever had, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    sys.exit(main())
