"""What is logged, in the form that a process gives it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr

from bot import logs


@contextmanager
def logged(*secrets: str, stream: io.StringIO | None = None) -> Iterator[Callable[[], list[dict[str, str]]]]:
    """Configures logging for a while; what it gives returns the rows that were logged so far."""
    stream, root = stream or io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        with redirect_stderr(stream):
            logs.configure(secrets)
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
