"""The bot as its operator runs it: `hubbot serve` as a process of its own, seen from outside only."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY_WITHIN = 45.0
STOPPED_WITHIN = 40.0
LOG_TAIL = 4000


def until(condition: Callable[[], object], within: float, what: str) -> None:
    """Waits for a condition; fails by name when it does not come true in time (seconds)."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {within} s"
        time.sleep(0.05)


class Bot:
    """One `hubbot serve` with its receiver and its worker."""

    def __init__(self, python: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.python, self.folder = python, folder
        self.port = int(environment["PORT"])
        self.log = folder / "bot.log"
        inherited = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
        self.environment = {**inherited, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.python, "-m", "bot", "serve"],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_ready()

    def wait_ready(self) -> None:
        def ready() -> bool:
            assert self.running(), f"the bot went away:\n{self.tail()}"
            return self.get("/readyz") == 200

        try:
            until(ready, READY_WITHIN, "/readyz")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tail()}") from None

    def stop(self) -> int:
        """Asks politely; the exit code, or a failure when it takes too long."""
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            return self.process.wait(STOPPED_WITHIN)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def processes(self, role: str) -> set[int]:
        """The processes of one half, `web` or `worker`, with those that they forked."""
        assert self.process is not None
        return {pid for pid in descendants(self.process.pid) if role in command_line(pid)}

    def kill(self, role: str) -> None:
        """SIGKILL to one half; waits until it runs again, started anew if the other half left as well."""
        killed = self.processes(role)
        assert killed, f"no process of {role!r} below `hubbot serve`"
        for pid in killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

        def back() -> bool:
            return not self.running() or bool(self.processes(role) - killed)

        until(back, READY_WITHIN, f"{role} after SIGKILL")
        if self.running():
            self.wait_ready()
        else:
            self.start()

    def get(self, path: str) -> int:
        """Status of a page; 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def tail(self) -> str:
        return self.log.read_text("utf-8", "replace")[-LOG_TAIL:] if self.log.exists() else ""


def command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").split("\0")
    except OSError:
        return []


def descendants(pid: int) -> Iterator[int]:
    """Children and their children, by the kernel's own table."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                stat = (entry / "stat").read_text("utf-8", "replace")
                parent = int(stat.rpartition(")")[2].split()[1])
                parents.setdefault(parent, []).append(int(entry.name))
    waiting = parents.get(pid, [])
    while waiting:
        child = waiting.pop()
        yield child
        waiting += parents.get(child, [])
