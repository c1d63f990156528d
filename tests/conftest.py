"""Keeps every test off the network: none opens a socket, and those marked `network` reach loopback only.

Generated examples are the same on every run, so that what lands was judged by what its author saw;
`HYPOTHESIS_PROFILE=search` looks for new ones.
"""

from __future__ import annotations

import os
import signal
import threading

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", derandomize=False, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# A shell starts what runs in its background deaf to Ctrl-C, and so would be every program that a test starts.
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)

LOOPBACK = ["127.0.0.0/8", "::1", "localhost"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        on_network = item.get_closest_marker("network") is not None
        item.add_marker(pytest.mark.allow_hosts(LOOPBACK) if on_network else pytest.mark.disable_socket)
