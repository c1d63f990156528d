"""Logs: a line of JSON each (plain words on a terminal), with every known secret blanked."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from urllib.parse import quote, quote_plus, unquote

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
#: What a line may say that it is about: `delivery` and `run` by the ids that pages and forges show.
FIELDS = ("delivery", "run", "job", "pull")
#: Ours: what is shorter is no secret, and blanking it would take words apart.
SHORTEST = 4

_ABOUT: ContextVar[Mapping[str, str]] = ContextVar("about", default=MappingProxyType({}))


def configure(secrets: Iterable[str], *, level: int = logging.INFO) -> None:
    """Sends the root logger to standard error in our form."""
    handler = logging.StreamHandler(sys.stderr)
    known = spellings(secrets)
    handler.setFormatter(_Plain(known) if sys.stderr.isatty() else _Json(known))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Alembic says at every start that it looked; the HTTP libraries repeat what we report ourselves.
    for name in ("alembic", "urllib3", "github"):
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def about(**fields: str) -> Iterator[None]:
    """Each line that this thread logs within names `fields` (see `FIELDS`), and what is mentioned within."""
    before = _ABOUT.set({**_ABOUT.get(), **fields})
    try:
        yield
    finally:
        _ABOUT.reset(before)


def mention(**fields: str) -> None:
    """Each further line within the present `about` names `fields` too: what was not known when it began."""
    _ABOUT.set({**_ABOUT.get(), **fields})


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` without `secrets` and without anything of a credential's shape."""
    for secret in secrets:
        text = text.replace(secret, "[redacted]")
    return SHAPES.sub("[redacted]", text)


def spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """Secrets as they are, in JSON, in Python's quotes and in addresses; the longest first, so that none of
    them loses its beginning to a shorter one and keeps its end.
    """
    found = {
        form
        for secret in secrets
        for form in (
            *(secret, unquote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]),
            *(json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)),
        )
        if len(form) >= SHORTEST
    }
    return tuple(sorted(found, key=lambda form: (-len(form), form)))


class _Plain(logging.Formatter):
    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
        self.secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record), self.secrets)[:MAX_MESSAGE]


class _Json(logging.Formatter):
    """Redacts before it cuts, which could leave half a secret, and before JSON spells one otherwise."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self.secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        row = {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._clean(record.getMessage())[:MAX_MESSAGE],
        }
        told = {**_ABOUT.get(), **vars(record)}
        row.update({name: self._clean(str(told[name]))[:MAX_MESSAGE] for name in FIELDS if told.get(name)})
        if record.exc_info:
            row["error"] = self._clean(self.formatException(record.exc_info))[-MAX_MESSAGE:]
        return json.dumps(row, ensure_ascii=False)

    def _clean(self, text: str) -> str:
        return redact(text, self.secrets)
