"""The bill of materials names every locked package with every hash, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_bill_is_the_lock() -> None:
    done = subprocess.run(
        [sys.executable, "requirements/sbom.py"], cwd=ROOT, capture_output=True, check=True, timeout=60
    )
    bill = json.loads(done.stdout)
    lock = (ROOT / "requirements/runtime.txt").read_text(encoding="utf-8")
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert bill["metadata"]["component"]["name"] == "hubbot"
    named = [f"{one['name']}=={one['version']}" for one in bill["components"]]
    assert named == re.findall(r"^([a-z0-9.-]+==[^\s;\\]+)", lock, re.MULTILINE)
    assert len({one["bom-ref"] for one in bill["components"]}) == len(named) > 10
    digests = {p["value"] for one in bill["components"] for p in one["properties"] if "sha256" in p["name"]}
    assert digests == set(re.findall(r"sha256:([0-9a-f]{64})", lock))
