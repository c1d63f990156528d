"""`hubbot doctor` beside a running bot: what the forges say of it is understood, and nothing is written."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.acceptance.world import World

pytestmark = pytest.mark.network
#: Besides the forge: what an acceptance world leaves out on purpose (a short secret, no protected branch).
EXPECTED = {"GITHUB_WEBHOOK_SECRET", "GITEE_WEBHOOK_SECRET"}


def test_an_examination_beside_a_running_bot(world: World) -> None:
    # It asks for rule sets and for the protection of branches, which not everybody may see.
    world.tolerated |= {"unknown-endpoint", "http-403", "http-404"}
    before = len(world.sim.requests())
    done = subprocess.run(
        [world.bot.python, "-m", "bot", "doctor", "--json"],
        cwd=world.bot.folder,
        env=world.bot.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    shown = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    repo = world.forge.repo.full_name
    failing = {name for name, check in shown.items() if check["state"] == "failing"}
    assert failing - EXPECTED - {f"required check {repo}", f"permissions {repo}"} == set(), failing
    assert shown[f"loop-back {world.mode.forge}"]["state"] == "ok"
    assert shown["readiness"]["state"] == "ok"
    assert shown["database"]["state"] == "ok"
    credential = {"app": "App", "token": f"{world.mode.forge.upper()}_TOKEN"}[world.mode.credential]
    assert shown[credential]["state"] == "ok"
    calls = [call for call in world.sim.requests()[before:] if call.method not in ("GET", "HEAD")]
    assert [call.path for call in calls if not call.path.endswith("/access_tokens")] == []
