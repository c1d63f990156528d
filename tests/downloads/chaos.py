"""Many downloads from a host that misbehaves at random, and an oracle for what may be said of each."""

from __future__ import annotations

import hashlib
import random
import re
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace

from bot.downloads import Fetcher
from bot.downloads.hosts import Hosts
from rules.facts import RemoteFile, RemoteState, Wanted
from rules.finding import Fault
from tests.downloads.conftest import QUICK
from tests.downloads.host import NAME, AssetHost, Exchange

LIMITS = replace(
    QUICK,
    base_seconds=2,
    longest_seconds=2,
    parallel=24,
    per_host=24,
    pieces_from=100_000,
    pieces_below=1 << 40,
    pieces_seconds=0.0,
    piece=60_000,
)
#: A look may take its deadline, and a moment for the watchdog; between looks there are pauses.
LONGEST = LIMITS.looks * (LIMITS.longest_seconds + 1)
#: A digest of nothing that anybody serves.
NOWHERE = "0" * 64
PAGE = b"<!doctype html><title>Busy</title>"

#: Answers a request for the bytes from `start` to before `end` of a file.
Answers = Callable[[Exchange, bytes, int, int], None]


def send(exchange: Exchange, content: bytes, start: int, end: int, **changes: object) -> None:
    """The proper answer, or what the changes make of it."""
    whole = len(content)
    named: dict[str, object] = {"Content-Length": end - start, "ETag": tag(content), "Accept-Ranges": "bytes"}
    asked = "range" in exchange.headers and exchange.headers.get("if-range") == tag(content)
    if asked:
        named["Content-Range"] = f"bytes {start}-{end - 1}/{whole}"
    else:
        start, end = 0, whole
        named["Content-Length"] = whole
    exchange.head(206 if asked else 200, named | {n.replace("_", "-"): v for n, v in changes.items()})
    exchange.send(content[start:end])


def tag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'


def _broken(exchange: Exchange, content: bytes, start: int, end: int, *, reset: bool) -> None:
    exchange.head(200, {"Content-Length": len(content), "ETag": tag(content)})
    exchange.send(content[: random.Random(start).randrange(len(content))])
    exchange.drop(reset=reset)


def _stalled(exchange: Exchange, content: bytes, start: int, end: int) -> None:
    exchange.head(200, {"Content-Length": len(content), "ETag": tag(content)})
    exchange.send(content[:1000])
    exchange.host.stopping.wait(0.5)
    exchange.drop()


def _dripped(exchange: Exchange, content: bytes, start: int, end: int) -> None:
    exchange.head(200, {"Content-Length": len(content)})
    for at in range(12):
        exchange.send(content[at : at + 1])
        exchange.until_stopped()
    exchange.drop()


def _status(code: int, body: bytes = b"") -> Answers:
    def answer(exchange: Exchange, content: bytes, start: int, end: int) -> None:
        exchange.head(code, {"Content-Length": len(body), "Retry-After": 0})
        exchange.send(body)

    return answer


def _raw(data: bytes) -> Answers:
    def answer(exchange: Exchange, content: bytes, start: int, end: int) -> None:
        exchange.send(data)
        exchange.drop()

    return answer


def _longer(exchange: Exchange, content: bytes, start: int, end: int) -> None:
    send(exchange, content, start, end, Content_Length=len(content) + 9)
    exchange.drop()


def _shifted(exchange: Exchange, content: bytes, start: int, end: int) -> None:
    exchange.head(
        206,
        {
            "Content-Length": end - start,
            "ETag": tag(content),
            "Content-Range": f"bytes {start + 1}-{end}/{len(content)}",
        },
    )
    exchange.send(content[start:end])


def _replaced(exchange: Exchange, content: bytes, start: int, end: int) -> None:
    send(exchange, content[::-1], start, end)


def _mixed(exchange: Exchange, content: bytes, start: int, end: int) -> None:
    """Another version under the tag of the right one."""
    send(exchange, content[::-1], start, end, ETag=tag(content))


def _too_short(exchange: Exchange, content: bytes, start: int, end: int) -> None:
    send(exchange, content, start, end, Content_Length=(end - start) // 2)
    exchange.drop()


#: Faults that nobody may be blamed for, however often they come.
FAULTS: tuple[Answers, ...] = (
    lambda *about: _broken(*about, reset=False),
    lambda *about: _broken(*about, reset=True),
    _stalled,
    _dripped,
    _status(503),
    _status(502, b"bad gateway"),
    _status(429),
    _status(500, PAGE),
    _raw(b""),
    _raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
    _raw(b"\x15\x03\x01"),
    _raw(b"HTTP/1.1 200 OK\r\n\r\nno length"),
    _raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    _longer,
    _shifted,
)
#: Faults that look like somebody's fault, or like another file: seen once, they are not to be believed.
DECEPTIONS: tuple[Answers, ...] = (
    _status(404),
    _status(410),
    _status(401),
    _status(200, PAGE),
    _status(200),
    _replaced,
    _mixed,
    _too_short,
)


@dataclass
class Plan:
    """One file: its content, what is declared of it, and how its requests are answered before all is well."""

    content: bytes
    declared: str
    faults: list[Answers]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, exchange: Exchange) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", exchange.headers.get("range", ""))
        start = int(asked[1]) if asked else 0
        end = int(asked[2]) + 1 if asked and asked[2] else len(self.content)
        with self.lock:
            fault = self.faults.pop(0) if self.faults else send
        fault(exchange, self.content, start, end)


def plan(chance: random.Random) -> Plan:
    content = chance.randbytes(chance.choice((5_000, 60_000, 600_000)))
    faults = [chance.choice(FAULTS) for _ in range(chance.choice((0, 1, 1, 2, 3, 5, 9)))]
    if chance.random() < 0.4:
        faults.insert(chance.randint(0, len(faults)), chance.choice(DECEPTIONS))
    declared = hashlib.sha256(content).hexdigest() if chance.random() < 0.6 else NOWHERE
    return Plan(content, declared, faults)


def run(host: AssetHost, count: int, seed: int, hosts: Hosts | None = None) -> tuple[Counter[str], list[str]]:
    """How often each outcome came, and every one that must not be."""
    chance = random.Random(seed)
    plans = {f"/{number}.ckpt": plan(chance) for number in range(count)}
    host.routes |= plans
    wanted = [Wanted(f"https://{NAME}{path}", plan.declared) for path, plan in plans.items()]
    outcomes, wrong = Counter[str](), list[str]()
    with closing(Fetcher(LIMITS, connect_to=host.connect_to, ca_bundle=host.ca, hosts=hosts)) as fetcher:
        for file in fetcher.measure(wanted, lambda: False):
            told = plans[file.url.removeprefix(f"https://{NAME}")]
            verdict = judged(file, told)
            outcomes[verdict] += 1
            if verdict.startswith("WRONG"):
                wrong.append(f"seed {seed}: {verdict}: {file}")
    outcomes["lost"] = count - sum(outcomes.values())
    return outcomes, wrong


def judged(file: RemoteFile, plan: Plan) -> str:
    """What the outcome is worth; it begins with WRONG where it must never happen."""
    true = hashlib.sha256(plan.content).hexdigest()
    if file.seconds > LONGEST:
        return "WRONG: past its deadline"
    if file.state is RemoteState.WRONG or file.fault in (Fault.CONTRIBUTOR, Fault.BOT):
        return "WRONG: blame"
    if file.state is RemoteState.MEASURED:
        if file.sha256 != true:
            return "WRONG: blame" if plan.declared == true else "WRONG: digest"
        return "passed" if plan.declared == true else "mismatch shown"
    return "could not verify"
