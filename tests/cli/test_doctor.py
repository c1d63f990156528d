"""`hubbot doctor`: one line a check for people, one object for monitoring, and an exit code for both."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.processes import hubbot


def test_a_machine_without_forges_is_sound(tmp_path: Path) -> None:
    done = hubbot("doctor", "--offline", DATABASE_URL=f"sqlite:///{tmp_path}/hubbot.sqlite")
    assert done.returncode == 0, done.stdout
    assert "ok       configuration" in done.stdout
    assert "FAILING" not in done.stdout


def test_what_fails_is_said_with_reason_and_fix() -> None:
    done = hubbot("doctor", "--offline", GITHUB_WEBHOOK_SECERT="c4nary")
    assert done.returncode == 1
    assert "FAILING  configuration: GITHUB_WEBHOOK_SECERT is not a setting" in done.stdout
    assert "why: " in done.stdout
    assert "fix: " in done.stdout
    assert "c4nary" not in done.stdout + done.stderr


def test_monitoring_gets_one_object(tmp_path: Path) -> None:
    done = hubbot("doctor", "--offline", "--json", DATABASE_URL=f"sqlite:///{tmp_path}/hubbot.sqlite")
    shown = json.loads(done.stdout)
    assert (shown["version"], shown["ok"]) == (1, True)
    assert {"name", "state", "what", "why", "fix"} == set(shown["checks"][0])
