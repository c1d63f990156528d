"""Downloads many files from a host that misbehaves at random: `python -m benchmarks.faults [COUNT] [SEED]`.

Ends with 1 if anybody was blamed, or anything passed, wrongly, or a download outlived its deadline.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.downloads import chaos
from tests.downloads.host import AssetHost, make_certificates


def main() -> int:
    """Prints how often each outcome came, and every wrong one."""
    given = [int(text) for text in sys.argv[1:]]
    count, seed = (*given, *(1_000, 1)[len(given) :])
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, AssetHost(make_certificates(Path(folder))) as host:
        outcomes, wrong = chaos.run(host, count, seed)
        requests = len(host.seen)
    print(f"{count} downloads, {requests} requests, {time.perf_counter() - start:.0f} s")
    for outcome, number in sorted(outcomes.items()):
        print(f"{number:6} {outcome}")
    print("\n".join(wrong), end="")
    return 1 if wrong or outcomes["lost"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
