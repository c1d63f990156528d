"""Resolves names within a time limit: a system resolver that hangs must not hold a download."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence

from bot.downloads.outcome import Cancelled, Trouble
from rules.finding import Fault

#: From a host name and a port to numeric addresses; raises `OSError`.
Resolve = Callable[[str, int], Sequence[str]]

#: So many lookups may hang at a time before further ones are refused as our own trouble.
MOST_AT_ONCE = 32
_POLL = 0.1
_places = threading.BoundedSemaphore(MOST_AT_ONCE)


def system_resolve(host: str, port: int) -> list[str]:
    """Every address that the system knows of a name, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def lookup(resolve: Resolve, host: str, port: int, seconds: float, stop: threading.Event) -> list[str]:
    """All addresses of a name. Raises `Trouble` (`dns`) and `Cancelled`."""
    if not _places.acquire(timeout=seconds):
        raise Trouble("dns", "too many names are being resolved", fault=Fault.BOT)
    answer: list[Sequence[str] | OSError | UnicodeError] = []
    done = threading.Event()

    def work() -> None:
        try:
            answer.append(resolve(host, port))
        except (OSError, UnicodeError) as error:
            answer.append(error)
        finally:
            _places.release()
            done.set()

    threading.Thread(target=work, name="download-dns", daemon=True).start()
    until = time.monotonic() + seconds
    while not done.wait(min(_POLL, max(0.0, until - time.monotonic()))):
        if stop.is_set():
            raise Cancelled
        if time.monotonic() >= until:
            raise Trouble("dns", f"no answer for {host} within {seconds:g} s")
    return _addresses(host, answer)


def _addresses(host: str, answer: list[Sequence[str] | OSError | UnicodeError]) -> list[str]:
    found = answer[0] if answer else ()
    if isinstance(found, OSError | UnicodeError):
        words = found.strerror if isinstance(found, OSError) and found.strerror else type(found).__name__
        raise Trouble("dns", f"{host}: {words}")
    if not found:
        raise Trouble("dns", f"{host} has no address")
    return list(found)
