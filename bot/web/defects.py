"""How a defect of ours is written down: where it happened, under which id, never what was being handled."""

from __future__ import annotations

import logging
from traceback import extract_tb
from uuid import uuid4

log = logging.getLogger(__name__)
_FRAMES = 3


def record(where: str, error: BaseException) -> str:
    """Logs the kind and place of an error under the id returned, without its text: it may quote secrets."""
    id_ = uuid4().hex[:12]
    frames = extract_tb(error.__traceback__, limit=-_FRAMES)
    trail = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    log.error("defect %s in %s: %s at %s", id_, where, type(error).__name__, trail)
    return id_
