"""Measures the verification of remote files beside the command lines that anybody would use instead.

    python -m benchmarks.verify [--rounds 5] [--only one] [--large]

Needs nginx, curl and openssl; aria2c for the slow path. Files lie in memory, everything stays on loopback.
Rounds are interleaved, so that a busy machine is busy for all; what counts are the ratios.
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

from benchmarks.server import MIB, SLOW_NAME, Server, missing_programs, serving, write_checkpoint

#: A host that is far and limits each connection: bytes a second, and seconds of a round trip.
SLOW_RATE, SLOW_TRIP = 10 * MIB, 0.08
OURS = "ours"


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall clock and of processors, and bytes of memory at the peak."""

    wall: float
    cpu: float
    peak: float


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
    with serving(SLOW_RATE, SLOW_TRIP) as server:
        cases = [case for case in _cases(server, large=options.large) if options.only in case.name]
        with _Ours(server) as ours:
            print("| work | who | wall s | ratio of wall | CPU s | peak MB |\n|---|---|---|---|---|---|")
            for case in cases:
                _prepare(server, case)
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
            yield Case(f"one {size} MiB {scheme}", (server.url(scheme, path),), peers)
        for count, size in ((8, 64), (200, 1)):
            paths = [f"{size}-{number}.ckpt" for number in range(count)]
            peers = {f"xargs -P8 curl, {tool}": _xargs(server, scheme, paths, tool) for tool in _TOOLS[::-1]}
            yield Case(f"{count} x {size} MiB {scheme}", tuple(server.url(scheme, p) for p in paths), peers)
    if shutil.which("aria2c"):
        url = f"http://127.0.0.1:{server.slow}/256-0.ckpt"
        peers = {
            "aria2c -x8, sha256sum": _aria(server, url, "sha256sum"),
            "aria2c -x8, openssl": _aria(server, url, "openssl dgst -sha256"),
            "curl, openssl dgst -sha256": f"curl -s {url} | openssl dgst -sha256",
        }
        yield Case("slow 256 MiB http", (f"http://{SLOW_NAME}/256-0.ckpt",), peers)


_TOOLS = ("openssl dgst -sha256", "sha256sum")


def _curl(server: Server, scheme: str, path: str) -> str:
    port = server.https if scheme == "https" else server.http
    to = f"::127.0.0.1:{port}"
    return f"curl -s --cacert {server.ca} --connect-to {to} {shlex.quote(server.url(scheme, path))}"


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
        return Cost(answer["wall"], answer["cpu"], answer["peak"]), set(self._known.values())

    def digests(self, urls: tuple[str, ...]) -> list[str]:
        return [self._known[url] for url in urls]


def _print(case: Case, found: dict[str, list[Cost]]) -> None:
    for who, costs in found.items():
        ratios = [mine.wall / cost.wall for mine, cost in zip(found[OURS], costs, strict=True)]
        wall, cpu = statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs)
        peak = max(cost.peak for cost in costs) / MIB
        ratio = "" if who == OURS else f"{statistics.median(ratios):.2f}"
        print(f"| {case.name} | {who} | {wall:.3f} | {ratio} | {cpu:.2f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
