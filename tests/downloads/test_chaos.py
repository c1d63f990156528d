"""Random faults: no wrong blame, no wrong pass, no digest of bytes that never were the file, none late."""

from __future__ import annotations

import pytest

from tests.downloads import chaos
from tests.downloads.host import AssetHost

pytestmark = pytest.mark.network


@pytest.mark.parametrize("seed", range(2))
def test_random_faults_end_rightly(seed: int, host: AssetHost) -> None:
    outcomes, wrong = chaos.run(host, 60, seed)
    assert wrong == []
    assert outcomes["lost"] == 0
    assert outcomes["passed"] >= 10
    assert outcomes["mismatch shown"] >= 5


def test_the_oracle_notices(host: AssetHost) -> None:
    """Were a page seen once believed, it would be called blame."""
    file = chaos.RemoteFile(
        "https://files.example.com/1", chaos.RemoteState.WRONG, fault=chaos.Fault.CONTRIBUTOR
    )
    assert chaos.judged(file, chaos.Plan(b"x", chaos.NOWHERE, [])) == "WRONG: blame"
