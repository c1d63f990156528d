"""Runs hostile addresses through the whole fetcher where each forbidden address has a listener."""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from bot.downloads import Fetcher
from rules.facts import RemoteState, Wanted
from tests.downloads.conftest import QUICK
from tests.downloads.host import DIGEST, AssetHost, file, make_certificates, status

#: Addresses that are bound to `lo` and listened on.
FORBIDDEN = (
    "127.0.0.1",
    "127.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "::1",
    "fd00:ec2::254",
    "fec0::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
)
#: An address of the world outside, where the test's own host stands; and one that is this machine's.
PUBLIC, OWN = "93.184.216.34", "93.184.216.99"
PORTS = (80, 443, 22, 6379, 8080)

#: Other spellings of forbidden places, and ways to name two hosts at once.
SPELLINGS = (
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://0/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::127.0.0.1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::1%25lo]/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://ⓛocalhost/",
    "https://localhost/",
    "https://localhost./",
    "https://a.localhost/",
    "https://metadata.google.internal/",
    "https://127.0.0.1\\@public.example.com/",
    "https://public.example.com\\@127.0.0.1/",
    "https://public.example.com@127.0.0.1/",
    "https://127.0.0.1:22/",
    "https://public.example.com:6379/",
    "https://public.example.com:0/",
    "https://127.0.0.1#@public.example.com/",
    "https://127.0.0.1./",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/x",
    "//127.0.0.1/",
    "http:127.0.0.1/",
)


class Counters:
    """Listeners on every forbidden address and port; whoever is accepted is noted."""

    def __init__(self) -> None:
        self.accepted: list[str] = []
        self._open: list[socket.socket] = []
        for address, port in itertools.product((*FORBIDDEN, OWN), PORTS):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            listener = socket.socket(family)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen()
            threading.Thread(target=self._accept, args=(listener, f"{address} {port}"), daemon=True).start()
            self._open.append(listener)

    def _accept(self, listener: socket.socket, name: str) -> None:
        with suppress(OSError):
            while True:
                listener.accept()[0].close()
                self.accepted.append(name)


def main() -> None:
    """Prints what happened as JSON."""
    _ip("link", "set", "lo", "up")
    for address in (*FORBIDDEN, PUBLIC, OWN):
        if ":" in address and address != "::1":
            _ip("address", "add", f"{address}/128", "dev", "lo", "nodad")
        elif not address.startswith("127.") and ":" not in address:
            _ip("address", "add", f"{address}/32", "dev", "lo")
    with tempfile.TemporaryDirectory() as folder:
        certificates = make_certificates(Path(folder))
        with AssetHost(certificates, places=((PUBLIC, 80), (PUBLIC, 443))) as host:
            counters = Counters()
            control = _control(counters)
            before = _datagrams()
            result = _attack(host)
            sent = _datagrams() - before
    sys.stdout.write(
        json.dumps(result | {"control": control, "accepted": counters.accepted, "datagrams": sent})
    )


def _ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), capture_output=True, check=True)


def _control(counters: Counters) -> int:
    for address in FORBIDDEN:
        socket.create_connection((address, 443), 2).close()
    pause = threading.Event()
    for _ in range(100):
        if len(counters.accepted) >= len(FORBIDDEN):
            break
        pause.wait(0.02)
    found = len(counters.accepted)
    counters.accepted.clear()
    return found


def _datagrams() -> int:
    """UDP datagrams that this network has sent so far."""
    rows = [row.split() for row in Path("/proc/net/snmp").read_text().splitlines() if row.startswith("Udp:")]
    return int(rows[1][rows[0].index("OutDatagrams")])


def _attack(host: AssetHost) -> dict[str, object]:
    """Asks for everything at once: literally, by name, by a second answer to a name, and by redirect."""
    names = {f"n{number}.example.com": [address] for number, address in enumerate((*FORBIDDEN, OWN))}
    names |= {f"m{number}.example.com": [PUBLIC, address] for number, address in enumerate(FORBIDDEN)}
    turns = {f"r{n}.example.com": itertools.cycle(([PUBLIC], [a])) for n, a in enumerate(FORBIDDEN)}
    literal = [f"https://{f'[{a}]' if ':' in a else a}/latest/meta-data" for a in (*FORBIDDEN, OWN)]
    hostile = [*literal, *(f"https://{name}/a.ckpt" for name in names), *SPELLINGS]
    host.routes |= {"/a.ckpt": file(), "/again.ckpt": status(503)}
    for number, url in enumerate(hostile):
        host.routes[f"/to/{number}"] = status(302, Location=url.encode().decode("latin-1"))

    def resolve(name: str, _port: int) -> Sequence[str]:
        return next(turns[name]) if name in turns else names.get(name, [PUBLIC])

    asked = [
        *hostile,
        *(f"https://public.example.com/to/{number}" for number in range(len(hostile))),
        *(f"https://{name}/again.ckpt" for name in turns),
    ]
    good = "https://public.example.com/a.ckpt"
    with closing(
        Fetcher(QUICK, ca_bundle=host.ca, resolve=resolve, own_address=lambda address: address == OWN)
    ) as fetcher:
        wanted = [Wanted(url, DIGEST) for url in (*asked, good)]
        found = {one.url: one for one in fetcher.measure(wanted, lambda: False)}
    return {
        "asked": len(found),
        "redirects": sum(exchange.path.startswith("/to/") for exchange in host.seen),
        "rebound": sum(exchange.path == "/again.ckpt" for exchange in host.seen),
        "public": found[good].state,
        "not_refused": sorted(
            f"{url}: {found[url].state} {found[url].reason} {found[url].detail}"
            for url in asked
            if found[url].state is not RemoteState.WRONG or not found[url].reason.endswith("-refused")
        ),
    }


if __name__ == "__main__":
    main()
