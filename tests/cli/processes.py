"""Processes of the tests' own: the program as it is run, on ports and files that nobody else has."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).parents[2]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """A minimal one, with a database and ports of its own."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": f"sqlite:///{folder / 'hubbot.sqlite'}",
        "PORT": str(free_port()),
        "METRICS_PORT": str(free_port()),
        **more,
    }


def hubbot(*args: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    """One command run to its end."""
    command = [sys.executable, "-W", "error", "-m", "bot", *args]
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **env}
    return subprocess.run(
        command, cwd=cwd, env=known, capture_output=True, text=True, timeout=30, check=False
    )


def unread(args: Sequence[str], cwd: Path, program: Sequence[str] = ("-m", "bot")) -> tuple[int, str]:
    """Runs a command whose output nobody reads any more; its code and its messages."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-W", "error", *program, *args],
            cwd=cwd, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writing)
    return done.returncode, done.stderr


@contextlib.contextmanager
def running(folder: Path, env: Mapping[str, str], *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that goes on by itself; it and all that it started are gone afterwards."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", *args], cwd=folder, env=dict(env), stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        left = [process.pid, *descendants(process.pid)]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def until(condition: Callable[[], object], within: float, what: str, folder: Path | None = None) -> None:
    """Waits for a condition; fails by name, with the log, when it does not come true (seconds)."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            log = (folder / "log").read_text("utf-8", "replace")[-3000:] if folder else ""
            raise AssertionError(f"{what}: not within {within} s\n{log}")
        time.sleep(0.05)


def get(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of a page; 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def half(pid: int, role: str) -> set[int]:
    """The processes below `pid` whose command is `role`, with those that they fork."""
    return {child for child in descendants(pid) if role in command_line(child)}


def leaders(pid: int, role: str) -> set[int]:
    """Of `half` those that the supervisor started.

    A child that is about to become `git` has the command of its parent for a moment.
    """
    return {child for child in parents().get(pid, []) if role in command_line(child)}


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and only waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").split("\0")
    except OSError:
        return []


def parents() -> dict[int, list[int]]:
    """Every process to its children, at one moment."""
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                stat = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                found.setdefault(int(stat[1]), []).append(int(entry.name))
    return found


def descendants(pid: int) -> list[int]:
    below = parents()
    found, waiting = [], [pid]
    while waiting:
        children = below.get(waiting.pop(), [])
        found += children
        waiting += children
    return found
