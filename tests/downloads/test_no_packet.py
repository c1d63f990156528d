"""No packet goes to an address that is not public: counted by listeners in a network of the test's own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.downloads.in_namespace import FORBIDDEN

pytestmark = pytest.mark.network

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def seen() -> dict[str, object]:
    """What the fetcher and the listeners say, from within a namespace that has nothing but `lo`."""
    enter = ["unshare", "--net", "--map-root-user"]
    try:
        up = subprocess.run(
            [*enter, "ip", "link", "set", "lo", "up"], capture_output=True, timeout=10, check=False
        )
    except OSError:
        pytest.skip("needs the programs unshare and ip")
    if up.returncode:
        pytest.skip("this machine does not permit network namespaces")
    command = [*enter, sys.executable, "-m", "tests.downloads.in_namespace"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_the_listeners_do_count(seen: dict[str, object]) -> None:
    """Without this, a rig that hears nothing would prove everything."""
    assert seen["control"] == len(FORBIDDEN), "a plain socket reaches every listener"


def test_no_connection_is_opened(seen: dict[str, object]) -> None:
    assert seen["accepted"] == []
    assert seen["datagrams"] == 0
    assert isinstance(seen["asked"], int)
    assert seen["asked"] > 150


def test_every_address_is_refused_as_the_contributors_to_mend(seen: dict[str, object]) -> None:
    assert seen["not_refused"] == []


def test_the_public_host_was_reached(seen: dict[str, object]) -> None:
    """Redirects and rebinding are only tried where there is somebody to redirect, and something to rebind."""
    redirects, rebound = seen["redirects"], seen["rebound"]
    assert isinstance(redirects, int)
    assert isinstance(rebound, int)
    assert redirects > 80
    assert rebound == len(FORBIDDEN)
    assert seen["public"] == "measured"
