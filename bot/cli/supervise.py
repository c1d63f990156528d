"""Receiver, worker and perhaps a downloader as child processes of `hubbot serve`; what dies comes back."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot import logs

log = logging.getLogger("hubbot.serve")

#: Seconds that both halves get to end in good order before they are killed; the worker drains within 30.
STOP_TIMEOUT = 35.0
#: Seconds before a half that died at once is started again, doubled up to the second figure.
RESTART_FIRST, RESTART_LAST = 0.5, 30.0
#: A half that lived this long (seconds) had started well, so that its next start is not delayed.
SETTLED = 30.0


@dataclass(frozen=True, slots=True)
class Part:
    """What one half is started with besides the other: arguments, open files, an environment."""

    arguments: tuple[str, ...] = ()
    files: tuple[int, ...] = ()
    environment: dict[str, str] | None = None


@dataclass
class Half:
    """One child process, what it is given, and when it may be started again."""

    command: str
    part: Part
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = RESTART_FIRST
    not_before: float = 0.0


def supervise(
    environment: dict[str, str],
    *,
    hidden: tuple[str, ...],
    web: Part,
    worker: Part = Part(),
    downloader: Part | None = None,
    ready: Callable[[threading.Event], None] | None = None,
    stop: threading.Event | None = None,
    live: threading.Event | None = None,
) -> int:
    """Keeps `hubbot web` and `hubbot worker` running until SIGTERM or SIGINT, or until `live` is set.

    A signal sets `stop`. `hidden` are the secrets that no log may show. `ready`, if given, is called once in
    a thread of its own, with an event that tells of the end. A `downloader`, if given, is kept running too.
    """
    logs.configure(hidden)
    stop, live, over = stop or threading.Event(), live or threading.Event(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # Both halves hold the reading end: when we die, however, they see its end and stop.
    lifeline, ours = os.pipe()
    halves = [Half("web", web), Half("worker", worker)]
    if downloader is not None:
        halves.append(Half("downloader", downloader))
    try:
        if ready is not None:
            threading.Thread(target=ready, args=(over,), daemon=True).start()
        while not (stop.is_set() or live.is_set()):
            for half in halves:
                _tend(half, environment, lifeline)
            stop.wait(0.2)
    finally:
        over.set()
        _end(halves)
        os.close(ours)
        os.close(lifeline)
    return 0


def _tend(half: Half, environment: dict[str, str], lifeline: int) -> None:
    now = time.monotonic()
    if half.process is not None:
        code = half.process.poll()
        if code is None:
            return
        lived = now - half.started
        half.delay = RESTART_FIRST if lived > SETTLED else min(half.delay * 2, RESTART_LAST)
        half.not_before = now + half.delay
        half.process = None
        log.warning("%s ended with code %s; starting it again in %.1f s", half.command, code, half.delay)
    if now >= half.not_before:
        half.started = now
        half.process = subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-m", "bot", half.command, *half.part.arguments, "--lifeline", str(lifeline)],
            env=environment if half.part.environment is None else half.part.environment,
            pass_fds=(lifeline, *half.part.files),
            # A Ctrl-C on the terminal is ours to pass on, once, in order.
            start_new_session=True,
        )


def _end(halves: list[Half]) -> None:
    running = [half.process for half in halves if half.process is not None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
