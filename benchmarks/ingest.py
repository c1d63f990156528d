"""Deliveries at a rate: `python -m benchmarks.ingest [RATE] [SECONDS] [--postgresql] [--slow CLIENTS]`.

Sends signed deliveries of 25 kB to a real `hubbot web`, each at its time whether or not the one before was
answered, and prints latencies from that time on. With `--slow` nginx stands before it (deploy/nginx.conf),
and so many clients send their requests a byte a second meanwhile.
Ends with 1 if any delivery was not stored.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bot.store.database import open_database, upgrade
from tests.ports import free_port
from tests.store.postgres import server

SECRET, REPO = "ingest", "mindspore/hub"
#: Bytes of a delivery: what GitHub sends for a pull request.
SIZE = 25_000
#: Connections that the sender keeps, as many as a forge would.
SENDERS = 16
#: Seconds after which the sender gives up on an answer.
PATIENCE = 30.0


def main() -> int:
    """Prints one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rate", nargs="?", type=int, default=300)
    parser.add_argument("seconds", nargs="?", type=int, default=60)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--slow", type=int, default=0, metavar="CLIENTS")
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(server()) if args.postgresql else f"sqlite:///{folder / 'hubbot.sqlite'}"
        engine = open_database(url)
        upgrade(engine)
        port, process = stack.enter_context(receiver(url, folder))
        if args.slow:
            port = stack.enter_context(nginx(port, folder))
            stack.enter_context(slow_clients(port, args.slow))
        before = memory(process)
        answers, waits = send(port, args.rate, args.seconds)
        after = memory(process)
        with engine.connect() as connection:
            stored = connection.exec_driver_sql("SELECT count(*) FROM deliveries").scalar_one()
        engine.dispose()
    wanted = args.rate * args.seconds
    waits.sort()
    print(f"{wanted} deliveries of {SIZE} bytes, {args.rate} a second; answers {dict(answers)}")
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("most", 1.0)):
        print(f"{name:>6} {waits[min(len(waits) - 1, int(len(waits) * share))] * 1000:8.1f} ms")
    print(f"stored {stored}; memory of the receiver {before >> 20} MB before, {after >> 20} MB after")
    return 0 if answers == {202: wanted} and stored == wanted else 1


@contextlib.contextmanager
def receiver(url: str, folder: Path) -> Iterator[tuple[int, int]]:
    """`hubbot web` on a port of its own, once it answers; and its process id."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.getcwd(),
        "DATABASE_URL": url,
        "PORT": str(port),
        "GITHUB_TOKEN": "t",
        "GITHUB_WEBHOOK_SECRET": SECRET,
        "GITHUB_REPOSITORIES": REPO,
    }
    log = (folder / "web.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "web"], env=environment, stderr=log, start_new_session=True
    )
    try:
        until(port, "/healthz")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(40)


@contextlib.contextmanager
def nginx(upstream: int, folder: Path) -> Iterator[int]:
    """nginx with our configuration, but without TLS and on a port of its own."""
    port = free_port()
    site = (Path(__file__).parents[1] / "deploy" / "nginx.conf").read_text("utf-8")
    site = site.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}").replace("443 ssl", f"127.0.0.1:{port}")
    site = re.sub(r"\n\s*ssl_.*", "", site).replace("rate=50r/s", "rate=10000r/s")
    head = f"pid {folder}/nginx.pid; error_log {folder}/nginx.log; daemon off; worker_processes 1;"
    paths = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"{head} events {{ worker_connections 4096; }} http {{ access_log off; {paths}\n{site}\n}}\n"
    )
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is not installed"
    process = subprocess.Popen([program, "-c", str(configuration), "-p", str(folder)])
    try:
        until(port, "/healthz")
        yield port
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(30)


@contextlib.contextmanager
def slow_clients(port: int, count: int) -> Iterator[None]:
    """Clients that begin a delivery and send a byte of it every second."""
    stop = threading.Event()
    head = b"POST /webhooks/github HTTP/1.1\r\nHost: hubbot\r\nContent-Length: 25000\r\n\r\n"
    opened: list[socket.socket] = []

    def drip() -> None:
        while not stop.wait(1):
            for number, client in enumerate(opened):
                try:
                    client.send(b"x")
                except OSError:  # nginx has had enough of it; another comes
                    client.close()
                    opened[number] = begin()

    def begin() -> socket.socket:
        client = socket.create_connection(("127.0.0.1", port))
        client.send(head)
        return client

    opened.extend(begin() for _ in range(count))
    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        for client in opened:
            client.close()


def send(port: int, rate: int, seconds: int) -> tuple[Counter[int], list[float]]:
    """Every delivery at its time; answers by status (0: none), and seconds from that time to the answer."""
    answers: Counter[int] = Counter()
    waits: list[float] = []
    lock, turns = threading.Lock(), iter(range(rate * seconds))
    begun = time.monotonic() + 0.5

    def sender() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        while True:
            with lock:
                number = next(turns, None)
            if number is None:
                return
            body, headers = delivery(number)
            due = begun + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                connection.request("POST", "/webhooks/github", body, headers)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
            with lock:
                answers[status] += 1
                waits.append(time.monotonic() - due)

    threads = [threading.Thread(target=sender) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers, waits


def delivery(number: int) -> tuple[bytes, dict[str, str]]:
    payload = {
        "action": "synchronize",
        "number": number % 1000 + 1,
        "pull_request": {"number": number % 1000 + 1, "head": {"sha": f"{number:040x}"}, "body": "x" * SIZE},
        "repository": {"full_name": REPO},
        "sender": {"login": f"author{number % 50}", "id": 1},
    }
    body = json.dumps(payload).encode()
    return body, {
        "Content-Type": "application/json",
        "X-GitHub-Event": "pull_request",
        "X-GitHub-Delivery": f"00000000-0000-4000-8000-{number:012d}",
        "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    }


def memory(leader: int) -> int:
    """Bytes that the processes of a group keep in memory."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == leader:
                total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return total


def until(port: int, path: str) -> None:
    """Waits for an answer."""
    end = time.monotonic() + 30
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", path)
            connection.getresponse().read()
            return
        except OSError:
            assert time.monotonic() < end, "no answer"
            time.sleep(0.1)


if __name__ == "__main__":
    raise SystemExit(main())
