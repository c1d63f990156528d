"""`hubbot downloader` as a real process: killed, stopped and woken, without secrets, and of constant size."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from subprocess import Popen

import pytest
from sqlalchemy import Engine, select

from bot.downloads import Fetcher
from bot.downloads.documents import ask_for
from bot.downloads.separate import Separate
from bot.flows import downloader as flow
from bot.flows.downloader import Downloader
from bot.orders import Errand
from bot.settings import CREDENTIALS
from bot.store.orders import LEASE, WANTED, PlacedOrders
from bot.store.schema import orders, outcomes
from bot.store.tasks import OpenOrders
from rules.facts import RemoteFile, RemoteState, Wanted
from tests.cli.processes import environment, free_port, get, half, hubbot, leaders, running, until
from tests.downloads.conftest import QUICK
from tests.downloads.host import DIGEST, NAME, AssetHost, Exchange, file

pytestmark = pytest.mark.network

READY = 30.0
SLOW, DONE = Wanted(f"https://{NAME}/slow.ckpt", DIGEST), Wanted(f"https://{NAME}/done.ckpt", DIGEST)


class Gate:
    """An answer whose first reader waits in the middle of the file; whoever asks again gets it at once."""

    def __init__(self) -> None:
        self.go_on, self.waiting = threading.Event(), threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        if exchange.number > 1:
            file()(exchange)
            return
        exchange.head(200, {"Content-Length": 300_000})
        exchange.send(bytes(1000))
        self.waiting.set()
        self.go_on.wait(120)
        exchange.drop()


def downloader_environment(folder: Path, engine: Engine, host: AssetHost) -> dict[str, str]:
    url = engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    given = {"DATABASE_URL": url, "ASSET_CONNECT_TO": host.connect_to, "ASSET_CA_BUNDLE": host.ca}
    return environment(folder, **given)


def at_work(folder: Path) -> Callable[[], bool]:
    return lambda: "is ready" in (folder / "log").read_text("utf-8")


def later() -> float:
    """A clock by which whoever was killed or stopped just now is known to be gone."""
    return time.time() + LEASE + 1


class Second:
    """Another downloader, in this process, which lives in that later time unless told otherwise."""

    def __init__(self, engine: Engine, host: AssetHost, now: Callable[[], float] = later) -> None:
        self.fetcher = Fetcher(QUICK, connect_to=host.connect_to, ca_bundle=host.ca)
        self.stop = threading.Event()
        fetchers = dict.fromkeys(Errand, self.fetcher)
        self.downloader = Downloader(OpenOrders(engine), fetchers, now=now, drain=0)
        self.thread = threading.Thread(target=self.downloader.run, args=(self.stop,))

    def __enter__(self) -> Second:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(30)
        self.fetcher.close()


def test_of_a_killed_downloader_another_does_what_is_missing_once(
    engine: Engine, host: AssetHost, tmp_path: Path
) -> None:
    gate = Gate()
    host.routes |= {"/slow.ckpt": gate, "/done.ckpt": file()}
    found: list[RemoteFile] = []
    with (
        running(tmp_path, downloader_environment(tmp_path, engine, host), "downloader") as first,
        closing(Separate(PlacedOrders(engine, later), now=later)) as separate,
    ):
        until(at_work(tmp_path), READY, "the downloader", tmp_path)
        waits = threading.Thread(target=lambda: found.extend(separate.measure([SLOW, DONE], lambda: False)))
        waits.start()
        until(lambda: gate.waiting.is_set() and found, READY, "the first file", tmp_path)
        first.kill()
        first.wait()
        gate.go_on.set()
        with Second(engine, host):
            waits.join(60)
    assert [(one.url, one.sha256) for one in found] == [(DONE.url, DIGEST), (SLOW.url, DIGEST)]
    assert (host.count("/done.ckpt"), host.count("/slow.ckpt")) == (1, 2)


def test_a_stopped_downloader_that_wakes_writes_nothing(
    engine: Engine, host: AssetHost, tmp_path: Path
) -> None:
    gate = Gate()
    host.routes |= {"/slow.ckpt": gate, "/done.ckpt": file()}
    with (
        running(tmp_path, downloader_environment(tmp_path, engine, host), "downloader") as first,
        closing(PlacedOrders(engine, later)) as worker,
    ):
        until(at_work(tmp_path), READY, "the downloader", tmp_path)
        order = worker.ask(Errand.MEASURE, ask_for([SLOW, DONE], {}), 2)
        until(lambda: gate.waiting.is_set() and len(_said(engine)) == 1, READY, "the first file", tmp_path)
        os.kill(first.pid, signal.SIGSTOP)
        with Second(engine, host) as second:
            until(lambda: len(_said(engine)) == 2, READY, "the second file", tmp_path)
            before = _said(engine)
            os.kill(first.pid, signal.SIGCONT)
            gate.go_on.set()
            until(lambda: second.downloader.active == {}, READY, "the end", tmp_path)
            first.terminate()
            assert first.wait(30) == 0
        assert _said(engine) == before
        with engine.connect() as connection:
            (kept,) = connection.execute(select(orders.c.answered, orders.c.token)).all()
        assert tuple(kept) == (2, 2)
        worker.withdraw(order)


def test_sigterm_in_a_long_download_gives_it_to_another_within_what_containers_give(
    engine: Engine, host: AssetHost, tmp_path: Path
) -> None:
    host.routes |= {"/slow.ckpt": dripping, "/done.ckpt": file()}
    found: list[RemoteFile] = []
    with (
        running(tmp_path, downloader_environment(tmp_path, engine, host), "downloader") as first,
        closing(Separate(PlacedOrders(engine))) as separate,
    ):
        until(at_work(tmp_path), READY, "the downloader", tmp_path)
        waits = threading.Thread(target=lambda: found.extend(separate.measure([SLOW, DONE], lambda: False)))
        waits.start()
        until(lambda: host.count("/slow.ckpt") and found, READY, "the first file", tmp_path)
        first.terminate()
        assert first.wait(30) == 0, "it ends by itself, within 30 seconds"
        with engine.connect() as connection:
            kept = connection.execute(select(orders.c.downloader, orders.c.attempts, orders.c.answered)).one()
        assert tuple(kept) == ("", 0, 1), "given back at once, and not counted against the file"
        host.routes["/slow.ckpt"] = file()
        with Second(engine, host, now=time.time):
            waits.join(60)
    assert [(one.url, one.sha256) for one in found] == [(DONE.url, DIGEST), (SLOW.url, DIGEST)]
    assert host.count("/done.ckpt") == 1


def dripping(exchange: Exchange) -> None:
    """A healthy host of a file that takes hours."""
    exchange.head(200, {"Content-Length": 1_000_000_000})
    while exchange.until_stopped():
        exchange.send(bytes(10_000))


def _said(engine: Engine) -> list[tuple[int, int, str]]:
    query = select(outcomes.c.number, outcomes.c.position, outcomes.c.document).order_by(outcomes.c.number)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]  # type: ignore[misc] # three columns


def test_it_ends_within_what_containers_give() -> None:
    assert flow.DRAIN + flow.LAST < 30
    assert WANTED < LEASE, "a dead worker's wishes end before its job is another's"


def test_memory_is_flat(engine: Engine, host: AssetHost, tmp_path: Path) -> None:
    block, blocks = b"\x5a" * (1 << 20), 300
    digest = hashlib.sha256()
    for _ in range(blocks):
        digest.update(block)

    def large(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": blocks << 20})
        for _ in range(blocks):
            exchange.send(block)

    host.routes |= {"/slow.ckpt": large, "/done.ckpt": file()}
    with (
        running(tmp_path, downloader_environment(tmp_path, engine, host), "downloader") as process,
        closing(Separate(PlacedOrders(engine))) as separate,
    ):
        (small,) = separate.measure([DONE], lambda: False)
        before = _peak(process)
        (big,) = separate.measure([Wanted(SLOW.url, digest.hexdigest())], lambda: False)
        after = _peak(process)
    assert (small.state, big.state, big.size) == (*[RemoteState.MEASURED] * 2, blocks << 20)
    assert after - before < 16 << 10, f"{before} kB became {after} kB"
    assert after < 64 << 10, f"{after} kB"


def _peak(process: Popen[bytes]) -> int:
    """The most memory that a process ever had, in kB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1])


def test_it_loads_nothing_of_forges_pages_or_migrations() -> None:
    """What it does not have loaded takes no memory, and cannot be had by whoever takes it over."""
    own = "bot.cli.downloader, bot.fetchers, bot.flows.downloader, bot.store.tasks, bot.web.metrics"
    command = [sys.executable, "-c", f"import sys, {own}; print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.split())
    assert "urllib3" in loaded, "the look itself works"
    assert loaded.isdisjoint({"flask", "jinja2", "github", "requests", "alembic", "rapidfuzz", "markdown_it"})
    assert not [name for name in loaded if name.startswith(("bot.forges", "bot.wiring", "bot.web.app"))]


@pytest.mark.parametrize("name", [CREDENTIALS[0], f"{CREDENTIALS[-1]}_FILE"])
def test_it_starts_with_no_credential(name: str, tmp_path: Path) -> None:
    done = hubbot("downloader", cwd=tmp_path, **{name: "c4nary-token"})
    assert done.returncode == 2
    assert f"{name.removesuffix('_FILE')} is set" in done.stderr
    assert "c4nary" not in done.stderr + done.stdout


def test_it_waits_for_the_schema_and_makes_none(tmp_path: Path) -> None:
    env = environment(tmp_path)
    log = tmp_path / "log"
    with running(tmp_path, env, "downloader") as process:
        until(lambda: "waiting for the database" in log.read_text(), READY, "its word", tmp_path)
        assert hubbot("db", "upgrade", DATABASE_URL=env["DATABASE_URL"]).returncode == 0
        until(at_work(tmp_path), READY, "the downloader", tmp_path)
        status, figures = get(int(env["METRICS_PORT"]), "/metrics")
        assert (status, b"hubbot_downloaders_alive 1.0" in figures) == (200, True)
        process.terminate()
        assert process.wait(30) == 0
    assert log.read_text().count("waiting for the database") == 1


def test_serve_starts_one_whose_environment_holds_no_secret(tmp_path: Path) -> None:
    given = {name: f"c4nary-{number}-{name}" for number, name in enumerate(CREDENTIALS)}
    given |= {"GITHUB_PRIVATE_KEY": "", "GITEE_WEBHOOK_PASSWORD": "", "AWS_SECRET_ACCESS_KEY": "c4nary-cloud"}
    given |= {"GITHUB_REPOSITORIES": "owner/hub", "GITEE_REPOSITORIES": "owner/hub", "DOWNLOADS": "separate"}
    given |= dict.fromkeys(("GITHUB_API_URL", "GITEE_API_URL"), f"http://127.0.0.1:{free_port()}")
    env = environment(tmp_path, **given)
    log = tmp_path / "log"
    with running(tmp_path, env, "serve") as process:

        def alive() -> bool:
            return b"hubbot_downloaders_alive 1.0" in get(int(env["METRICS_PORT"]), "/metrics")[1]

        until(alive, 60, "the downloader", tmp_path)
        (worker,) = leaders(process.pid, "worker")
        assert b"c4nary-0" in Path(f"/proc/{worker}/environ").read_bytes(), "the look itself works"
        (first,) = half(process.pid, "downloader")
        assert b"c4nary" not in Path(f"/proc/{first}/environ").read_bytes()
        assert b"DATABASE_URL=" in Path(f"/proc/{first}/environ").read_bytes()
        os.kill(first, signal.SIGKILL)
        until(lambda: half(process.pid, "downloader") - {first}, 30, "the downloader again", tmp_path)
        process.terminate()
        assert process.wait(40) == 0
    assert "c4nary" not in log.read_text("utf-8")
