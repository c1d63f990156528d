"""Our side of a comparison, in a process of its own: measures addresses and says what that took."""

from __future__ import annotations

import json
import resource
import sys
import time
from contextlib import closing
from pathlib import Path

from bot.downloads import Fetcher, Limits
from rules.facts import RemoteState, Wanted


def main() -> None:
    """One request a line on standard input, `{"urls": […]}`; one answer a line on standard output."""
    connect_to, ca = sys.argv[1:3]
    # A real host is asked 40 times a second in the long run: rounds would wait for one another.
    limits = Limits(plain_http=True, requests_burst=1 << 20)
    with closing(Fetcher(limits, connect_to=connect_to, ca_bundle=ca)) as fetcher:
        idle = _resident("VmRSS")
        for line in sys.stdin:
            wanted = [Wanted(url) for url in json.loads(line)["urls"]]
            _reset_peak()
            before, start = _cpu(), time.perf_counter()
            found = list(fetcher.measure(wanted, lambda: False))
            wall = time.perf_counter() - start
            wrong = [file.reason or file.state for file in found if file.state is not RemoteState.MEASURED]
            if wrong or len(found) != len(wanted):
                raise SystemExit(f"not measured: {wrong}")
            peak = _resident("VmHWM")
            answer = {"wall": wall, "cpu": _cpu() - before, "peak": peak, "over": peak - idle}
            print(json.dumps(answer | {"digests": {file.url: file.sha256 for file in found}}), flush=True)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _resident(name: str) -> int:
    """Memory of this process in bytes: `VmRSS` now, `VmHWM` at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))


def _reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    main()
