"""Ends an HTTP exchange at a wall-clock deadline: the timeout of a socket counts anew with every byte."""

from __future__ import annotations

import os
import socket
import threading
from types import TracebackType
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import HTTPResponse

_present = threading.local()


class Deadline:
    """While it stands, the socket that this thread waits on is shut down after `seconds`; `passed` tells."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        _present.deadline = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _present.deadline = None
        self._timer.cancel()
        with self._lock:
            self._release()

    def watch(self, connected: socket.socket) -> None:
        """The socket to shut down, by a descriptor of our own: a TLS socket must not be touched elsewhere."""
        with self._lock:
            self._release()
            self._socket = socket.socket(fileno=os.dup(connected.fileno()))
            if self.passed:
                _shut(self._socket)

    def _end(self) -> None:
        with self._lock:
            self.passed = True
            if self._socket is not None:
                _shut(self._socket)

    def _release(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class DeadlineAdapter(HTTPAdapter):
    """Connections that put their socket under the deadline of the thread that waits for an answer."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def _watch(connected: socket.socket | None) -> None:
    deadline: Deadline | None = getattr(_present, "deadline", None)
    if deadline is not None and connected is not None:
        deadline.watch(connected)


def _shut(connected: socket.socket) -> None:
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


class _Connection(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3's own answer, as it types it
        _watch(self.sock)
        return super().getresponse()


class _SecureConnection(HTTPSConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3's own answer, as it types it
        _watch(self.sock)
        return super().getresponse()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
