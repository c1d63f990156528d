"""Ends sockets at a wall-clock time: a socket's own timeout starts anew with every byte that drips in."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
from collections.abc import Callable

#: How late a deadline may be noticed, in seconds.
TICK = 0.1


class Guard:
    """The limit of one socket: a second handle on the same connection, which TLS cannot take away."""

    def __init__(self, sock: socket.socket, stop: threading.Event) -> None:
        self._twin = socket.socket(fileno=os.dup(sock.fileno()))
        self._stop = stop
        self.fired = False
        #: On the watchdog's clock.
        self.deadline = math.inf

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def due(self, now: float) -> bool:
        return not self.fired and (now >= self.deadline or self._stop.is_set())

    def cut(self) -> None:
        """Ends the connection under whoever is reading: they see its end at once."""
        self.fired = True
        with contextlib.suppress(OSError):
            self._twin.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        self._twin.close()


class Watchdog:
    """One thread that looks after all guards; it runs only while there are any."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._guards: set[Guard] = set()
        self._changed = threading.Condition()
        self._running = False

    def watch(self, sock: socket.socket, stop: threading.Event, deadline: float) -> Guard:
        """A guard on a socket, before it is connected. Raises `OSError` when there is no handle left."""
        guard = Guard(sock, stop)
        guard.deadline = deadline
        with self._changed:
            self._guards.add(guard)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="download-watchdog", daemon=True).start()
        return guard

    def forget(self, guard: Guard) -> None:
        with self._changed:
            self._guards.discard(guard)
            self._changed.notify()
        guard.release()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait(TICK)
                if not self._guards:
                    self._running = False
                    return
                now = self._clock()
                for guard in self._guards:
                    if guard.due(now):
                        guard.cut()
