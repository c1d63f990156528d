"""Logs: a line of JSON each (plain words on a terminal), with every known secret blanked."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable

#: Shapes of credentials, blanked even where the value is not known to us.
SHAPES = re.compile(
    r"gh[opsu]_[A-Za-z0-9_.-]{10,}"
    r"|github_pat_[A-Za-z0-9_]{10,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"
    r"|(?:(?<=[Bb]earer )|(?<=[Tt]oken ))[A-Za-z0-9_.~+/-]{16,}"
    r"|(?<=access_token=)[^&\s\"']+"
    r"|-----BEGIN [A-Z ]+-----[\s\S]{0,8192}?-----END [A-Z ]+-----"
)
#: What a log line may hold at most, in characters.
MAX_MESSAGE = 8000
FIELDS = ("delivery", "run", "job", "pull")


def configure(secrets: Iterable[str], *, level: int = logging.INFO) -> None:
    """Sends the root logger to standard error in our form."""
    handler = logging.StreamHandler(sys.stderr)
    known = tuple(secret for secret in secrets if len(secret) >= 4)
    handler.setFormatter(_Plain(known) if sys.stderr.isatty() else _Json(known))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Alembic says at every start that it looked; the HTTP libraries repeat what we report ourselves.
    for name in ("alembic", "urllib3", "github"):
        logging.getLogger(name).setLevel(logging.WARNING)


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` without `secrets` and without anything of a credential's shape."""
    for secret in secrets:
        text = text.replace(secret, "[redacted]")
    return SHAPES.sub("[redacted]", text)


class _Plain(logging.Formatter):
    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
        self.secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record)[:MAX_MESSAGE], self.secrets)


class _Json(logging.Formatter):
    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self.secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        row = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:MAX_MESSAGE],
        }
        row.update({name: getattr(record, name) for name in FIELDS if hasattr(record, name)})
        if record.exc_info:
            row["error"] = self.formatException(record.exc_info)[-MAX_MESSAGE:]
        return redact(json.dumps(row, ensure_ascii=False, default=str), self.secrets)
