"""Random faults: no wrong blame, no wrong pass, no digest of bytes that never were the file, none late."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.hosts import Slot
from bot.store.database import open_database, upgrade
from bot.store.hosts import SharedHosts
from bot.store.schema import host_slots
from tests.downloads import chaos
from tests.downloads.host import NAME, AssetHost

pytestmark = pytest.mark.network


@pytest.mark.parametrize("seed", range(2))
def test_random_faults_end_rightly(seed: int, host: AssetHost) -> None:
    outcomes, wrong = chaos.run(host, 60, seed)
    assert wrong == []
    assert outcomes["lost"] == 0
    assert outcomes["passed"] >= 10
    assert outcomes["mismatch shown"] >= 5


def test_random_faults_end_rightly_where_limits_are_shared(host: AssetHost, tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'hubbot.sqlite'}")
    upgrade(engine)
    with closing(SharedHosts(engine, chaos.LIMITS.courtesy)) as hosts:
        outcomes, wrong = chaos.run(host, 60, 3, hosts)
        assert isinstance(hosts.take(NAME, "next"), Slot)
        with engine.connect() as connection:
            assert connection.execute(select(func.count()).select_from(host_slots)).scalar_one() == 1
    assert wrong == []
    assert outcomes["lost"] == 0
    assert outcomes["passed"] >= 10


def test_the_oracle_notices(host: AssetHost) -> None:
    """Were a page seen once believed, it would be called blame."""
    file = chaos.RemoteFile(
        "https://files.example.com/1", chaos.RemoteState.WRONG, fault=chaos.Fault.CONTRIBUTOR
    )
    assert chaos.judged(file, chaos.Plan(b"x", chaos.NOWHERE, [])) == "WRONG: blame"
