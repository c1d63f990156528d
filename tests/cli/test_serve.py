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

from tests.cli.processes import alive, descendants, environment, get, half, running, until
from tests.ports import free_port

pytestmark = pytest.mark.network

READY = 20.0


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
    env = environment(
        tmp_path, GITHUB_TOKEN="x" * 20, GITHUB_WEBHOOK_SECRET="y" * 20, GITHUB_REPOSITORIES="a/b"
    )
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
    env = environment(
        tmp_path, GITHUB_TOKEN="x" * 20, GITHUB_WEBHOOK_SECRET="y" * 20, GITHUB_REPOSITORIES="a/b"
    )
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
