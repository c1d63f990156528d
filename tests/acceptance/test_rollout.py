"""The deployment at scale, small: every secret is changed under load and nothing is lost, refused or told."""

from __future__ import annotations

import shutil
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
def test_every_secret_is_changed_under_load_and_nothing_is_lost(
    hub: Hub, app_key: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = Path(tmp_path_factory.mktemp("rollout"))
    for parent in (folder, *folder.parents):
        if parent.stat().st_mode & 0o077 == 0 and parent.is_relative_to(tmp_path_factory.getbasetemp()):
            parent.chmod(0o755)  # PostgreSQL runs as a user of its own
    told: list[str] = []
    outcome = rollout(hub, folder, [PYTHON, "-m", "bot"], 16, app_key, told.append)
    assert outcome.wrong == []
    assert len(told) == 9
    assert outcome.figures["restarts of processes"] == "26"
    assert outcome.figures["merged by /merge"] == "gitee, github"
