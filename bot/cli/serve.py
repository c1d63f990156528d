"""`hubbot serve`: receiver, worker and perhaps a downloader as child processes; what dies comes back."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot import logs, settings
from bot.errors import ForgeError
from bot.forges.demo.life import play
from bot.forges.demo.world import DemoWorld, announce

log = logging.getLogger("hubbot.serve")

#: Seconds that both halves get to end in good order before they are killed; the worker drains within 30.
STOP_TIMEOUT = 35.0
#: Seconds before a half that died at once is started again, doubled up to the second figure.
RESTART_FIRST, RESTART_LAST = 0.5, 30.0
#: A half that lived this long (seconds) had started well, so that its next start is not delayed.
SETTLED = 30.0


def add_parser(commands: Any) -> None:
    commands.add_parser(
        "serve",
        help="run receiver and worker in one go",
        description="Runs receiver and worker in one go. Without any credentials it serves the demo.",
    )


def run(args: argparse.Namespace) -> int:  # noqa: ARG001 - every command has this form
    chosen = settings.load(os.environ)
    if not chosen.has_forge:
        from bot.cli import demo

        return demo.run(argparse.Namespace(workdir=demo.WORKDIR, still=False))
    return supervise(dict(os.environ))


def serve_demo(world: DemoWorld) -> int:
    """The ordinary server on the demo's world, whose webhooks go out as soon as it is ready."""
    environment = {**os.environ, **world.environment}
    chosen = settings.load(environment)

    address = f"http://{chosen.host}:{chosen.port}"

    def ready(stop: threading.Event) -> None:
        def wait(seconds: float) -> None:
            pause(stop, seconds)

        try:
            announce(world, address, wait)
            if not world.still:
                play(world, address, wait, stop.is_set)
        except ForgeError as error:
            log.warning("the demo's events could not be sent: %s", error)

    print(f"The demo is at {address} (Ctrl-C ends it).")
    return supervise(environment, extra=("--demo", str(world.workdir)), ready=ready)


def pause(stop: threading.Event, seconds: float) -> None:
    stop.wait(seconds)


@dataclass
class Half:
    """One child process, what it is given, and when it may be started again."""

    command: str
    environment: dict[str, str]
    arguments: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = RESTART_FIRST
    not_before: float = 0.0


def supervise(
    environment: dict[str, str],
    *,
    extra: tuple[str, ...] = (),
    ready: Callable[[threading.Event], None] | None = None,
) -> int:
    """Keeps `hubbot web` and `hubbot worker` running, with `extra` arguments, until SIGTERM or SIGINT.

    With DOWNLOADS=separate also `hubbot downloader`, whose environment holds no credential.

    `ready`, if given, is called once in a thread of its own, with the event that ends everything.
    """
    chosen = settings.load(environment)
    logs.configure(settings.secrets(chosen))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # Both halves hold the reading end: when we die, however, they see its end and stop.
    lifeline, ours = os.pipe()
    alive = ("--lifeline", str(lifeline))
    halves = [Half(command, environment, (*extra, *alive)) for command in ("web", "worker")]
    if chosen.separate_downloads:
        halves.append(Half("downloader", settings.downloader_environment(environment), alive))
    try:
        if ready is not None:
            threading.Thread(target=ready, args=(stop,), daemon=True).start()
        while not stop.is_set():
            for half in halves:
                _tend(half, lifeline)
            stop.wait(0.2)
    finally:
        _end(halves)
        os.close(ours)
        os.close(lifeline)
    return 0


def _tend(half: Half, lifeline: int) -> None:
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
            [sys.executable, "-m", "bot", half.command, *half.arguments],
            env=half.environment,
            pass_fds=(lifeline,),
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
