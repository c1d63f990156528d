"""How gunicorn is run: few processes, bounded threads, and limits on what a client may send."""

from __future__ import annotations

from typing import Any, Protocol

from gunicorn.config import make_settings  # type: ignore[import-untyped]  # gunicorn has no types

#: Ours: an embedded database is written by one process at a time; two answer while one restarts.
WORKERS = 2
#: Ours: a delivery is answered in milliseconds; more threads would only hold more slow clients.
THREADS = 8
#: Seconds until a silent worker is replaced; longer than a writer waits for SQLite's lock (30 s).
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


class Listens(Protocol):
    """The settings that say where to listen."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...


def options(settings: Listens) -> dict[str, Any]:
    """gunicorn's settings by name. The application is made in each worker: no connection crosses a fork."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    chosen: dict[str, Any] = {
        "bind": f"{host}:{settings.port}",
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
        "proc_name": "hubbot-web",
    }
    # Since version 25.1 gunicorn opens a socket that can change its workers; older ones know no such setting.
    if "control_socket_disable" in make_settings():
        chosen["control_socket_disable"] = True
    return chosen
