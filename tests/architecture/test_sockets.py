"""The guard of `tests/conftest.py` holds: no sockets in unit tests, loopback only in network tests."""

from __future__ import annotations

import socket

import pytest
from pytest_socket import SocketBlockedError, SocketConnectBlockedError

# The guard warns before it raises, and warnings are errors here: it is the raising that is looked at.
pytestmark = pytest.mark.filterwarnings("ignore:A test tried to use:UserWarning")

#: An address that the standards keep for documentation (RFC 5737): nobody answers there.
ELSEWHERE = ("192.0.2.1", 443)


def test_a_unit_test_opens_no_socket() -> None:
    with pytest.raises(SocketBlockedError):
        socket.socket()


def test_a_unit_test_resolves_no_name() -> None:
    with pytest.raises(SocketBlockedError):
        socket.getaddrinfo("hub.example", 443)


@pytest.mark.network
def test_a_network_test_reaches_loopback() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    with server, socket.create_connection(server.getsockname(), timeout=5) as client:
        assert client.getpeername() == server.getsockname()


@pytest.mark.network
def test_a_network_test_reaches_nothing_else() -> None:
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(ELSEWHERE, timeout=0.1)
