"""`hubbot serve` and its halves as real processes: what is killed comes back, what is stopped ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from bot.forges.demo.world import database_url
from bot.store.database import StoreUnavailable, open_database
from bot.store.inbox import newest
from tests.cli.processes import alive, descendants, environment, get, half, hubbot, running, until
from tests.ports import free_port

pytestmark = pytest.mark.network

READY = 20.0
#: A live bot's settings, with a forge that nobody answers for.
LIVE = {"GITHUB_TOKEN": "x" * 20, "GITHUB_WEBHOOK_SECRET": "y" * 20, "GITHUB_REPOSITORIES": "a/b"}
#: What makes no difference to the demo: settings that are half, wrong, misspelt or somebody's own.
WHATEVER = {
    "GITHUB_TOKEN": "x",
    "GITEE_NEGATIVE_LABEL": "x",
    "HUBBOT_PORT": "1",
    "DRY_RUN": "1",
    "ASSET_CA_BUNDLE_FILE": "/no/such/file",
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Popen[bytes], int]]:
    """A demo without its pull requests being announced to anybody: `hubbot serve` in an empty folder."""
    env = environment(tmp_path)
    port = int(env["PORT"])
    with running(tmp_path, env, "serve") as process:
        until(lambda: get(port, "/readyz")[0] == 200, READY, "/readyz", tmp_path)
        yield process, port


def test_what_is_killed_comes_back_and_sigterm_ends_everything(
    served: tuple[Popen[bytes], int], tmp_path: Path
) -> None:
    process, port = served
    for role in ("worker", "web"):
        killed = half(process.pid, role)
        assert killed
        for pid in killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: half(process.pid, role) - killed, 10, f"{role} again", tmp_path)  # noqa: B023 - called at once
    until(lambda: get(port, "/readyz")[0] == 200, READY, "/readyz", tmp_path)
    below = descendants(process.pid)
    process.terminate()
    assert process.wait(35) == 0
    assert not any(map(alive, below))
    assert get(port, "/healthz")[0] == 0


def test_both_halves_end_with_their_supervisor(served: tuple[Popen[bytes], int], tmp_path: Path) -> None:
    process, port = served
    below = descendants(process.pid)
    assert len(below) >= 3
    process.kill()
    process.wait()
    until(lambda: not any(map(alive, below)), 35, "the end of both halves", tmp_path)
    assert get(port, "/healthz")[0] == 0


def opened(pid: int) -> set[str]:
    """Names of the files that a process has open."""
    names = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            names.add(link.readlink().name)
    return names


def test_a_second_worker_of_one_file_waits_and_still_ends(tmp_path: Path) -> None:
    env = environment(tmp_path, **LIVE)
    env["GITHUB_API_URL"] = f"http://127.0.0.1:{free_port()}"
    log = tmp_path / "log"
    with running(tmp_path, env, "worker") as first:
        until(lambda: log.read_text().count("is ready") == 1, READY, "the first worker", tmp_path)
        other = {**env, "METRICS_PORT": str(free_port())}
        with running(tmp_path, other, "worker") as second:
            until(lambda: "hubbot.sqlite.worker" in opened(second.pid), READY, "the second's wait", tmp_path)
            assert log.read_text().count("is ready") == 1
            assert get(int(env["METRICS_PORT"]), "/metrics")[0] == 200
            first.kill()
            first.wait()
            until(lambda: log.read_text().count("is ready") == 2, READY, "the second worker", tmp_path)
            second.terminate()
            assert second.wait(30) == 0


def test_a_worker_works_without_the_metrics_port_that_another_has(tmp_path: Path) -> None:
    env = environment(tmp_path, **LIVE)
    env["GITHUB_API_URL"] = f"http://127.0.0.1:{free_port()}"
    log = tmp_path / "log"
    with (
        socket.create_server(("127.0.0.1", int(env["METRICS_PORT"]))),
        running(tmp_path, env, "worker") as worker,
    ):
        until(lambda: "is ready" in log.read_text(), READY, "the worker", tmp_path)
        assert f"no metrics at port {env['METRICS_PORT']}" in log.read_text()
        worker.terminate()
        assert worker.wait(30) == 0


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",
        pytest.param("::1", marks=pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")),
    ],
)
def test_the_demo_plays_wherever_it_listens_and_whatever_the_environment_holds(
    host: str, tmp_path: Path
) -> None:
    env = environment(tmp_path, HOST=host, **WHATEVER)
    demo = tmp_path / "demo"
    demo.mkdir()
    engine = open_database(database_url(demo))

    def delivered() -> bool:
        try:
            return len(newest(engine, 10)) == 6
        except StoreUnavailable:
            return False  # its tables are not made yet

    with running(tmp_path, env, "demo", "--still", "--workdir", str(demo)) as process:
        until(delivered, READY, "the demo's deliveries", tmp_path)
        process.terminate()
        assert process.wait(40) == 0
    engine.dispose()
    shown = f"[{host}]" if ":" in host else "127.0.0.1"
    said = (tmp_path / "log").read_text()
    assert f"The demo is at http://{shown}:{env['PORT']} " in said
    assert "Traceback" not in said
    assert not (tmp_path / "hubbot.sqlite").exists(), "DATABASE_URL is that of a live bot"


@pytest.mark.parametrize(("command", "more"), [("demo", {}), ("serve", {}), ("serve", LIVE)])
def test_a_port_that_is_taken_ends_the_start(command: str, more: dict[str, str], tmp_path: Path) -> None:
    env = environment(tmp_path, **more)
    with socket.create_server(("127.0.0.1", int(env["PORT"]))):
        done = hubbot(command, cwd=tmp_path, **env)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"HOST 127.0.0.1 and PORT {env['PORT']} cannot be listened at" in done.stderr


def test_a_database_that_is_away_is_named_before_the_set_up_begins(tmp_path: Path) -> None:
    away = f"postgresql://127.0.0.1:{free_port()}/db?user=u&password=hunter2"
    done = hubbot("serve", cwd=tmp_path, **{**environment(tmp_path), "DATABASE_URL": away})
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be used" in done.stderr
    assert "hunter2" not in done.stderr


def test_a_host_that_is_no_name_ends_the_start(tmp_path: Path) -> None:
    done = hubbot("serve", cwd=tmp_path, **environment(tmp_path, HOST="a..b"))
    assert done.returncode == 2
    assert "HOST a..b" in done.stderr
    assert "Traceback" not in done.stderr
