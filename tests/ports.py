"""Ports for servers that a test starts as processes of their own, each taken by one test process only."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

#: Below what systems hand out by themselves (Linux from 32768 on), so that no outgoing connection takes one.
FIRST, LAST = 20_000, 32_000

_held: list[int] = []


def free_port() -> int:
    """A port of this machine that no other test process takes while this one lives.

    A port that the system chose would be free only until the next connection of anybody, and servers that a
    test stops and starts again need theirs for longer.
    """
    folder = Path(tempfile.gettempdir()) / f"hubbot-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for port in random.SystemRandom().sample(range(FIRST, LAST), 200):
        descriptor = os.open(folder / str(port), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.create_server(("127.0.0.1", port)):
                pass
        except OSError:
            os.close(descriptor)
            continue
        _held.append(descriptor)
        return port
    raise RuntimeError(f"no free port among 200 tried between {FIRST} and {LAST}")
