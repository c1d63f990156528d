"""The deployment at scale, small: every secret is changed under load and nothing is lost, refused or told."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.acceptance.conftest import PYTHON
from tests.acceptance.pages import Hub
from tests.acceptance.rollout import rollout
from tests.store.postgres import PROGRAMS

pytestmark = pytest.mark.network

NEEDED = ("nginx", "openssl", "psql", "pg_dump")
MISSING = [name for name in NEEDED if not shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin")]


@pytest.mark.skipif(bool(MISSING) or not PROGRAMS, reason="PostgreSQL or nginx is not installed")
def test_every_secret_is_changed_under_load_and_nothing_is_lost(hub: Hub, app_key: str) -> None:
    told: list[str] = []
    # Not below pytest's own folders, which are closed to the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="hubbot-rollout-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        outcome = rollout(hub, folder, [PYTHON, "-m", "bot"], 16, app_key, told.append)
    assert outcome.wrong == []
    assert len(told) == 9
    assert outcome.figures["restarts of processes"] == "26"
    assert outcome.figures["merged by /merge"] == "gitee, github"
