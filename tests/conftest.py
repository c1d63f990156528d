"""Keeps every test off the network: none opens a socket, and those marked `network` reach loopback only."""

from __future__ import annotations

import pytest

LOOPBACK = ["127.0.0.1", "::1", "localhost"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        on_network = item.get_closest_marker("network") is not None
        item.add_marker(pytest.mark.allow_hosts(LOOPBACK) if on_network else pytest.mark.disable_socket)
