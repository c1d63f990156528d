"""Sends one request at a time and keeps idle connections: on a far host reuse is most of the speed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPConnection as PlainProtocol
from http.client import HTTPException, HTTPResponse, RemoteDisconnected

from bot.downloads.body import Body
from bot.downloads.connection import Dialer
from bot.downloads.line import Line, PlainConnection, SecureConnection
from bot.downloads.outcome import Cancelled, Trouble
from bot.downloads.urls import Target

#: Idle connections kept over all hosts; each holds a file handle.
MOST_IDLE = 32

#: A request that was sent, and whose answer is still to be read.
Later = PlainConnection | SecureConnection


@dataclass(slots=True)
class Reply:
    """The header of a response; whoever holds it ends with `Transport.release` or `Transport.abort`."""

    line: Line
    response: HTTPResponse

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> Message:
        return self.response.headers

    @property
    def reusable(self) -> bool:
        return not self.response.will_close

    def body(self, length: int | None) -> Body:
        return Body(self.response.fp, length, None if length is None else self.line.receive)


def _unpaced(_host: str, _stop: threading.Event) -> None:
    pass


def _unheard(_host: str, _status: int) -> None:
    pass


@dataclass(slots=True)
class Transport:
    """All connections of a fetcher.

    `before` is called ahead of each request and may wait, or raise `Cancelled`; `heard` with each status.
    """

    dialer: Dialer
    before: Callable[[str, threading.Event], None] = _unpaced
    heard: Callable[[str, int], None] = _unheard
    _idle: list[Line] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(
        self, target: Target, headers: Mapping[str, str], *, fresh: bool, stop: threading.Event
    ) -> Reply:
        """The header of the answer to a GET. Raises `Refused`, `Trouble` and `Cancelled`.

        `fresh` asks for a connection of its own.
        """
        self.before(target.host, stop)
        line = None if fresh else self._take(target, stop)
        reply = self._ask(line, target, headers) if line else None
        if reply is None:  # a kept connection that its host has closed says nothing of the file
            reply = self._ask(self.dialer.dial(target, stop), target, headers)
        if reply is None:
            raise Trouble("connect", "closed before an answer")
        self.heard(target.host, reply.status)
        return reply

    def ask_behind(self, reply: Reply, target: Target, headers: Mapping[str, str]) -> Later | None:
        """Sends a request behind one whose answer is being read; None when the connection takes no more.

        Only behind an answer whose body outlasts what is read ahead together with its header.
        """
        later = reply.line.another()
        try:
            later.request("GET", target.path, headers=headers)
        except OSError:
            return None
        return later

    def next_reply(self, reply: Reply, later: Later) -> Reply | None:
        """The answer to what was asked behind a completely read one; raises as `send` does.

        None when the host has closed the connection instead.
        """
        reply.response.close()
        reply.line.guard.deadline = self.dialer.clock() + self.dialer.limits.answer_seconds
        return self._answer(reply.line, later)

    def release(self, reply: Reply) -> None:
        """Keeps the connection of a completely read response."""
        line = reply.line
        surplus: Line | None = line
        reply.response.close()
        with self._lock:
            # Whoever was stopped must not bring a connection after `drop_idle` has taken the others.
            if reply.reusable and not (line.guard.fired or line.guard.stopped):
                self.dialer.watchdog.forget(line.guard)
                line.idle_since = self.dialer.clock()
                self._idle.append(line)
                surplus = self._idle.pop(0) if len(self._idle) > MOST_IDLE else None
        if surplus is not None:
            self.dialer.hang_up(surplus)

    def abort(self, reply: Reply) -> None:
        reply.response.close()
        self.dialer.hang_up(reply.line)

    def drop_idle(self) -> None:
        with self._lock:
            lines, self._idle = self._idle, []
        for line in lines:
            self.dialer.hang_up(line)

    def _take(self, target: Target, stop: threading.Event) -> Line | None:
        """The youngest idle connection that is still open, if there is one."""
        key = (target.scheme, target.host, target.port)
        limits, now = self.dialer.limits, self.dialer.clock()
        while True:
            with self._lock:
                line = next((line for line in reversed(self._idle) if line.key == key), None)
                if line is None:
                    return None
                self._idle.remove(line)
            if now - line.idle_since < limits.idle_seconds and line.connection.is_connected:
                line.guard = self.dialer.watchdog.watch(line.sock, stop, now + limits.answer_seconds)
                return line
            self.dialer.hang_up(line)

    def _ask(self, line: Line, target: Target, headers: Mapping[str, str]) -> Reply | None:
        """None when the connection was closed without a word."""
        try:
            line.connection.request("GET", target.path, headers=headers)
        except (OSError, HTTPException, ValueError) as error:
            self._lost(line, error)
            return None
        return self._answer(line, line.connection)

    def _answer(self, line: Line, asked: Later) -> Reply | None:
        try:
            # The wrapper that urllib3 would put around it hides the stream whose bytes are counted here.
            reply = Reply(line, PlainProtocol.getresponse(asked))
            if line.guard.fired:  # a header that we cut off looks like a whole one
                reply.response.close()
                raise TimeoutError
            return reply
        except (OSError, HTTPException, ValueError) as error:
            self._lost(line, error)
            return None

    def _lost(self, line: Line, error: Exception) -> None:
        """Gives a connection up; returns where it was closed without a word, and raises for all else."""
        self.dialer.hang_up(line)
        if line.guard.stopped:
            raise Cancelled from None
        if line.guard.fired or isinstance(error, TimeoutError):
            raise Trouble("timeout", "no answer in time") from None
        if not isinstance(error, RemoteDisconnected | ConnectionError):
            raise Trouble("bad-response", type(error).__name__) from None
