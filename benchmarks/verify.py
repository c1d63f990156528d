"""Measures the verification of remote files beside the command lines that anybody would use instead.

    python -m benchmarks.verify [--rounds 5] [--only one] [--large]

Needs nginx, curl and openssl; aria2c for the slow ways. Files lie in memory, everything stays on loopback.
Rounds are interleaved, so that a busy machine is busy for all; what counts are the medians of the ratios
within a round: ours to the peer, below one where ours is faster. CPU is of the client's side only. The first
peak of ours is of the whole process, the second what it is over the idle one.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks.server import (
    LIMITED_NAME,
    MIB,
    SLOW_NAME,
    Server,
    missing_programs,
    serving,
    write_checkpoint,
)

#: Hosts that limit each connection: bytes a second of a near and a far one, and seconds of a round trip.
LIMITED_RATE, SLOW_RATE, SLOW_TRIP = 20 * MIB, 10 * MIB, 0.08
OURS = "ours"


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall clock and of processors, and bytes of memory at the peak."""

    wall: float
    cpu: float
    peak: float
    #: Of that, what is over an idle process, where this is known.
    over: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """The same work for us and for the peers; the first peer is what the ratio is against."""

    name: str
    urls: tuple[str, ...]
    peers: dict[str, str]


def main() -> None:
    options = _options()
    if missing := missing_programs():
        raise SystemExit(f"not installed: {', '.join(missing)}")
    with serving(LIMITED_RATE, SLOW_RATE, SLOW_TRIP) as server:
        print("| work | who | wall s | ratio of wall (range) | CPU s | ratio of CPU | peak MB |")
        print("|---|---|---|---|---|---|---|")
        for case in _cases(server, large=options.large):
            if options.only in case.name:
                _prepare(server, case)
                with _Ours(server) as ours:
                    _print(case, _rounds(ours, case, options.rounds))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--large", action="store_true", help="one file of 4 GiB as well")
    return parser.parse_args()


def _cases(server: Server, *, large: bool) -> Iterator[Case]:
    for scheme in ("http", "https"):
        for size in (1, 64, 1024, *((4096,) if large else ())):
            path = f"{size}-0.ckpt"
            peers = {f"curl, {tool}": f"{_curl(server, scheme, path)} | {tool}" for tool in _TOOLS}
            if size <= _MOST_FOR_CLIENT:
                peers["the hub's client"] = _client(server, scheme, path)
            yield Case(f"one {size} MiB {scheme}", (server.url(scheme, path),), peers)
        for count, size in ((8, 64), (200, 1)):
            paths = [f"{size}-{number}.ckpt" for number in range(count)]
            peers = {f"xargs -P8 curl, {tool}": _xargs(server, scheme, paths, tool) for tool in _TOOLS[::-1]}
            yield Case(f"{count} x {size} MiB {scheme}", tuple(server.url(scheme, p) for p in paths), peers)
    for name, host, port in (
        ("limited to 20 MiB/s", LIMITED_NAME, server.limited),
        ("80 ms, 10 MiB/s", SLOW_NAME, server.slow),
    ):
        url = f"http://127.0.0.1:{port}/256-0.ckpt"
        if shutil.which("aria2c"):
            peers = {f"aria2c -x8, {tool}": _aria(server, url, tool) for tool in _TOOLS[::-1]}
            yield Case(f"slow 256 MiB {name}", (f"http://{host}/256-0.ckpt",), peers)


#: MiB that the hub's own client is given: it needs as much memory as the file is large.
_MOST_FOR_CLIENT = 1024
_TOOLS = ("openssl dgst -sha256", "sha256sum")


def _curl(server: Server, scheme: str, path: str) -> str:
    port = server.https if scheme == "https" else server.http
    to = f"::127.0.0.1:{port}"
    return f"curl -s --cacert {server.ca} --connect-to {to} {shlex.quote(server.url(scheme, path))}"


def _client(server: Server, scheme: str, path: str) -> str:
    port = server.https if scheme == "https" else server.http
    return f"{sys.executable} -m benchmarks.hub_client {scheme}://127.0.0.1:{port}/{path}"


def _xargs(server: Server, scheme: str, paths: Iterable[str], tool: str) -> str:
    one = f"{_curl(server, scheme, '')}$0 | {tool}"
    return f"printf '%s\\n' {' '.join(paths)} | xargs -P8 -n1 sh -c {shlex.quote(one)}"


def _aria(server: Server, url: str, tool: str) -> str:
    place = f"{server.folder}/aria"
    fetch = f"aria2c -q -x8 -s8 -k1M --allow-overwrite=true -d {server.folder} -o aria {url}"
    return f"{fetch} && {tool} {place}; rm -f {place}"


def _prepare(server: Server, case: Case) -> None:
    """Only the files that this case needs lie in memory."""
    wanted = {url.rpartition("/")[2] for url in case.urls}
    for path in (server.folder / "files").iterdir():
        if path.name not in wanted:
            path.unlink()
    for name in wanted:
        path = server.folder / "files" / name
        if not path.exists():
            write_checkpoint(path, int(name.partition("-")[0]) * MIB)
    time.sleep(2)  # a Last-Modified of this very second would not be like a real host's


def _rounds(ours: _Ours, case: Case, rounds: int) -> dict[str, list[Cost]]:
    found: dict[str, list[Cost]] = {who: [] for who in (OURS, *case.peers)}
    for number in range(rounds + 1):
        for who in found:
            cost, digests = ours.measure(case.urls) if who == OURS else _peer(case.peers[who])
            if number == 1:
                expected = set(ours.digests(case.urls))
                if digests != expected:
                    raise SystemExit(f"{who} found other digests for {case.name}")
            if number:  # the first round only warms up
                found[who].append(cost)
    return found


def _peer(command: str) -> tuple[Cost, set[str]]:
    start = time.perf_counter()
    process = subprocess.Popen(["/bin/sh", "-c", command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command}: exit {process.returncode}")
    words = (word for word in said.split() if len(word) == 64)
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss << 10), set(words)


class _Ours:
    """A process that is warm, as a running bot is."""

    def __init__(self, server: Server) -> None:
        command = [sys.executable, "-m", "benchmarks.ours", server.connect_to, str(server.ca)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._known: dict[str, str] = {}

    def __enter__(self) -> _Ours:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def measure(self, urls: tuple[str, ...]) -> tuple[Cost, set[str]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"urls": urls}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or "{}")
        if not answer:
            raise SystemExit("our side has ended")
        self._known = answer["digests"]
        return Cost(answer["wall"], answer["cpu"], answer["peak"], answer["over"]), set(self._known.values())

    def digests(self, urls: tuple[str, ...]) -> list[str]:
        return [self._known[url] for url in urls]


def _print(case: Case, found: dict[str, list[Cost]]) -> None:
    for who, costs in found.items():
        pairs = list(zip(found[OURS], costs, strict=True))
        walls = [mine.wall / theirs.wall for mine, theirs in pairs]
        wall, cpu = statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs)
        ratios, of_cpu = "", ""
        peak = f"{max(cost.peak for cost in costs) / MIB:.0f}"
        if who == OURS:
            peak += f" (+{max(cost.over for cost in costs) / MIB:.0f})"
        else:
            ratios = f"{statistics.median(walls):.2f} ({min(walls):.2f} to {max(walls):.2f})"
            of_cpu = f"{statistics.median(mine.cpu / max(theirs.cpu, 0.001) for mine, theirs in pairs):.2f}"
        print(f"| {case.name} | {who} | {wall:.3f} | {ratios} | {cpu:.2f} | {of_cpu} | {peak} |", flush=True)


if __name__ == "__main__":
    main()
