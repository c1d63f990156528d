"""`hubbot serve`: receiver and worker in one go, or the demo with the set-up, on a socket of its own."""

from __future__ import annotations

import argparse
import logging
import os
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot import settings, settingsfile
from bot.cli.supervise import Part, supervise
from bot.errors import ForgeError, UserError
from bot.forges.demo.life import play
from bot.forges.demo.world import DemoWorld, announce

log = logging.getLogger("hubbot.serve")

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
    with _listening(chosen) as listening:
        if chosen.has_forge:
            return _live(listening, threading.Event())
        from bot.cli import demo
        from bot.store.database import require_database

        # The demo does without it, and going live is no moment to find that it is away.
        require_database(chosen.database_url)
        way = Way(listening, threading.Event(), threading.Event())
        shown = argparse.Namespace(workdir=demo.WORKDIR, still=False)
        code = demo.run(shown, lambda world: _serve_setup(world, way, environment))
        if not way.live.is_set() or way.stop.is_set():
            return code
        log.info("the set-up is done; starting again with %s", settingsfile.PATH)
        return _live(listening, way.stop)


def _live(listening: socket.socket, stop: threading.Event) -> int:
    """The bot as the settings of this moment say."""
    environment = settingsfile.environment(os.environ)
    chosen = settings.load(environment)
    return supervise(
        dict(os.environ),
        hidden=settings.secrets(chosen),
        web=_web(listening),
        downloader=_downloader(chosen, environment),
        stop=stop,
    )


@dataclass(frozen=True, slots=True)
class Way:
    """How the first start goes over into a live bot: one socket for both, `stop` to end, `live` to go on."""

    listening: socket.socket
    stop: threading.Event
    live: threading.Event


def _listening(chosen: settings.Settings) -> socket.socket:
    """The socket of the receiver, ours: whoever calls while one server gives way to the next only waits.

    One that is taken ends the start, instead of each receiver in turn.
    """
    is_v6 = ":" in chosen.host
    family = socket.AF_INET6 if is_v6 else socket.AF_INET
    both = is_v6 and socket.has_dualstack_ipv6()
    try:
        return socket.create_server(
            (chosen.host, chosen.port), family=family, backlog=BACKLOG, dualstack_ipv6=both
        )
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no name of a host"
        raise UserError(
            f"HOST {chosen.host} and PORT {chosen.port} cannot be listened at ({reason}); choose others."
        ) from None


def serve_demo(world: DemoWorld) -> int:
    """The ordinary server on the demo's world, whose webhooks go out as soon as it is ready."""
    environment = _of_demo(world, os.environ)
    with _listening(settings.load(environment)) as listening:
        return _serve(world, environment, _web(listening, "--demo", str(world.workdir)))


def _serve_setup(world: DemoWorld, way: Way, given: Mapping[str, str]) -> int:
    """The same with the set-up beside it, on a socket that was opened for what comes after, too."""
    heard, told = os.pipe()
    threading.Thread(target=_hear, args=(heard, way.live), daemon=True, name="set-up").start()
    # The receiver keeps the environment that was given: what is set up is not the demo.
    web = _web(way.listening, "--demo", str(world.workdir), "--setup", str(told))
    web = replace(web, files=(*web.files, told), environment=dict(given))
    try:
        return _serve(world, _of_demo(world, given), web, stop=way.stop, live=way.live)
    finally:
        os.close(told)


def _of_demo(world: DemoWorld, given: Mapping[str, str]) -> dict[str, str]:
    return {**settings.demo_environment(given), **world.environment}


def _serve(
    world: DemoWorld,
    environment: dict[str, str],
    web: Part,
    stop: threading.Event | None = None,
    live: threading.Event | None = None,
) -> int:
    chosen = settings.load(environment)
    address = chosen.local_url

    def ready(over: threading.Event) -> None:
        def wait(seconds: float) -> None:
            over.wait(seconds)

        try:
            announce(world, address, wait)
            if not world.still:
                play(world, address, wait, over.is_set)
        except (ForgeError, UserError) as error:
            if not over.is_set():
                log.warning("the demo's events could not be sent: %s", error)

    print(f"The demo is at {address} (Ctrl-C ends it).", flush=True)
    return supervise(
        environment,
        hidden=settings.secrets(chosen),
        web=web,
        worker=Part(("--demo", str(world.workdir))),
        downloader=_downloader(chosen, environment),
        ready=ready,
        stop=stop,
        live=live,
    )


def _hear(heard: int, live: threading.Event) -> None:
    """Waits for the set-up's word; its end without one is the end of the program."""
    if os.read(heard, 1):
        live.set()
    os.close(heard)


def _web(listening: socket.socket, *arguments: str) -> Part:
    """The receiver, on a socket that outlives it."""
    number = listening.fileno()
    return Part(("--socket", str(number), *arguments), (number,))


def _downloader(chosen: settings.Settings, environment: Mapping[str, str]) -> Part | None:
    """With DOWNLOADS=separate a third child, whose environment holds no credential."""
    if not chosen.separate_downloads:
        return None
    return Part(environment=settings.downloader_environment(environment))
