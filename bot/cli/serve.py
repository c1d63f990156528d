"""`hubbot serve`: receiver, worker and perhaps a downloader as child processes; what dies comes back."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot import logs, settings, settingsfile
from bot.errors import ForgeError, UserError
from bot.forges.demo.life import play
from bot.forges.demo.world import DemoWorld, announce

log = logging.getLogger("hubbot.serve")

#: Seconds that both halves get to end in good order before they are killed; the worker drains within 30.
STOP_TIMEOUT = 35.0
#: Seconds before a half that died at once is started again, doubled up to the second figure.
RESTART_FIRST, RESTART_LAST = 0.5, 30.0
#: A half that lived this long (seconds) had started well, so that its next start is not delayed.
SETTLED = 30.0
#: Connections that wait to be accepted: what gunicorn asks for by itself.
BACKLOG = 2048


def add_parser(commands: Any) -> None:
    commands.add_parser(
        "serve",
        description="Runs receiver and worker in one go. "
        "Without any credentials it serves the demo, and prints a link that leads through the set-up.",
    )


def run(args: argparse.Namespace) -> int:  # noqa: ARG001 - every command has this form
    environment = settingsfile.environment(os.environ)
    chosen = settings.load(environment)
    if chosen.has_forge:
        hidden, downloader = settings.secrets(chosen), _downloader(chosen, environment)
        return supervise(dict(os.environ), hidden=hidden, downloader=downloader)
    from bot.cli import demo

    stop, live = threading.Event(), threading.Event()
    with _listening(chosen.host, chosen.port) as listening:
        way = Way(listening.fileno(), stop, live)
        shown = argparse.Namespace(workdir=demo.WORKDIR, still=False)
        code = demo.run(shown, lambda world: serve_demo(world, way))
        if not live.is_set() or stop.is_set():
            return code
        log.info("the set-up is done; starting again with %s", settingsfile.PATH)
        environment = settingsfile.environment(os.environ)
        chosen = settings.load(environment)
        web = Part(("--socket", str(way.socket)), (way.socket,))
        hidden, downloader = settings.secrets(chosen), _downloader(chosen, environment)
        return supervise(dict(os.environ), hidden=hidden, web=web, downloader=downloader, stop=stop)


@dataclass(frozen=True, slots=True)
class Way:
    """How the first start goes over into a live bot: one socket for both, `stop` to end, `live` to go on."""

    socket: int
    stop: threading.Event
    live: threading.Event


def _listening(host: str, port: int) -> socket.socket:
    """The socket of the receiver, ours: whoever calls while one server gives way to the next only waits."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise UserError(
            f"HOST {host} and PORT {port} cannot be listened at ({error.strerror}); choose others."
        ) from None


def serve_demo(world: DemoWorld, way: Way | None = None) -> int:
    """The ordinary server on the demo's world, whose webhooks go out as soon as it is ready.

    With a `way` the set-up is open beside it.
    """
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
            if not stop.is_set():
                log.warning("the demo's events could not be sent: %s", error)

    print(f"The demo is at {address} (Ctrl-C ends it).", flush=True)
    hidden, both = settings.secrets(chosen), ("--demo", str(world.workdir))
    downloader = _downloader(chosen, environment)
    if way is None:
        return supervise(
            environment, hidden=hidden, web=Part(both), worker=Part(both), downloader=downloader, ready=ready
        )
    heard, told = os.pipe()
    threading.Thread(target=_hear, args=(heard, way.live), daemon=True, name="set-up").start()
    arguments = (*both, "--socket", str(way.socket), "--setup", str(told))
    # The receiver keeps the real environment: what is set up is not the demo.
    web, worker = Part(arguments, (way.socket, told), dict(os.environ)), Part(both)
    try:
        return supervise(
            environment,
            hidden=hidden,
            web=web,
            worker=worker,
            downloader=downloader,
            ready=ready,
            stop=way.stop,
            live=way.live,
        )
    finally:
        os.close(told)


def _hear(heard: int, live: threading.Event) -> None:
    """Waits for the set-up's word; its end without one is the end of the program."""
    if os.read(heard, 1):
        live.set()
    os.close(heard)


def pause(stop: threading.Event, seconds: float) -> None:
    stop.wait(seconds)


@dataclass(frozen=True, slots=True)
class Part:
    """What one half is started with besides the other: arguments, open files, an environment."""

    arguments: tuple[str, ...] = ()
    files: tuple[int, ...] = ()
    environment: dict[str, str] | None = None


def _downloader(chosen: settings.Settings, environment: Mapping[str, str]) -> Part | None:
    """With DOWNLOADS=separate a third child, whose environment holds no credential."""
    if not chosen.separate_downloads:
        return None
    return Part(environment=settings.downloader_environment(environment))


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
    web: Part = Part(),
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
