"""One open connection: what is asked over it, and the shortest way to the bytes that come."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from urllib3.connection import HTTPConnection, HTTPSConnection

from bot.downloads.body import Receive
from bot.downloads.watchdog import Guard


class PlainConnection(HTTPConnection):
    """HTTP over a socket that somebody else has opened."""

    opened: socket.socket

    def _new_conn(self) -> socket.socket:
        return self.opened


class SecureConnection(HTTPSConnection):
    """HTTPS over a socket that somebody else has opened; the certificate is verified for the host's name."""

    opened: socket.socket

    def _new_conn(self) -> socket.socket:
        return self.opened


@dataclass(slots=True)
class Line:
    """One open connection to one host, with its guard."""

    key: tuple[str, str, int]
    connection: PlainConnection | SecureConnection
    sock: socket.socket
    guard: Guard
    receive: Receive
    idle_since: float = 0.0

    def another(self) -> PlainConnection | SecureConnection:
        """The same connection for one more request, while an answer to the last is still to be read."""
        known = self.connection
        twin = type(known)(known.host, known.port, timeout=known.timeout)
        twin.sock = self.sock
        return twin


def receiver(sock: socket.socket) -> Receive:
    """Receives from a socket by the shortest way.

    TLS brings 16 KiB at a time. The Python frames that `SSLSocket.recv_into` puts around each of them cost a
    tenth of the whole reading where several threads wait for one interpreter, so its inner object is asked
    where there is one: it keeps to the socket's timeout just the same, and calls a cut `SSLEOFError`.
    """
    inner = getattr(sock, "_sslobj", None)
    if inner is None:
        return lambda most, view: sock.recv_into(view, most)
    decrypt: Receive = inner.read
    return decrypt
