"""Ends a child of `hubbot serve` in good order when its supervisor is gone, however that came."""

from __future__ import annotations

import os
import signal
import threading


def follow(lifeline: int | None) -> None:
    """Ends this process by SIGTERM once nobody holds the other end of the pipe `lifeline`."""
    if lifeline is None:
        return

    def wait() -> None:
        while os.read(lifeline, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True, name="lifeline").start()
