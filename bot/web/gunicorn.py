"""How gunicorn is run: few processes, bounded threads, and limits on what a client may send."""

from __future__ import annotations

from typing import Any

from gunicorn.config import make_settings  # type: ignore[import-untyped]  # gunicorn has no types
from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # gunicorn has no types

#: Ours: an embedded database is written by one process at a time; two answer while one restarts.
WORKERS = 2
#: Ours: a delivery is answered in milliseconds; more threads would only hold more slow clients.
THREADS = 8
#: Seconds until a silent worker is replaced; longer than a writer waits for SQLite's lock (10 s).
TIMEOUT = 60
#: Seconds that requests under way get on SIGTERM; container runtimes kill after 30.
GRACEFUL = 25
#: Ours: forges send about twenty header fields.
HEADER_FIELDS = 64
#: Ours: bytes of one header field; an installation's signature and ids stay far below.
HEADER_FIELD_SIZE = 8_190
#: Ours: bytes of the request line; our longest address is that of a pull request.
REQUEST_LINE = 4_094
#: Requests after which a process is replaced, and how much that varies, so that not all restart at once.
REQUESTS, JITTER = 10_000, 1_000


class Log(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own lines go where all others go, in their form and without secrets."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


def options(host: str, port: int) -> dict[str, Any]:
    """gunicorn's settings by name. The application is made in each worker: no connection crosses a fork."""
    bracketed = f"[{host}]" if ":" in host else host
    chosen: dict[str, Any] = {
        "bind": f"{bracketed}:{port}",
        "worker_class": "gthread",
        "workers": WORKERS,
        "threads": THREADS,
        "timeout": TIMEOUT,
        "graceful_timeout": GRACEFUL,
        "limit_request_line": REQUEST_LINE,
        "limit_request_fields": HEADER_FIELDS,
        "limit_request_field_size": HEADER_FIELD_SIZE,
        "max_requests": REQUESTS,
        "max_requests_jitter": JITTER,
        "preload_app": False,
        "accesslog": None,
        "logger_class": Log,
        "proc_name": "hubbot-web",
    }
    # Since version 25.1 gunicorn opens a socket that can change its workers; older ones know no such setting.
    if "control_socket_disable" in make_settings():
        chosen["control_socket_disable"] = True
    return chosen
