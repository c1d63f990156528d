"""`hubbot doctor`: one line a check for people, one object for monitoring, and an exit code for both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"DATABASE_URL": "postgresql://u:c4n[ry@127.0.0.1:1/db"}, "database"),
        ({"DATABASE_URL": "postgresql://127.0.0.1:1/db?user=u&password=c4nary"}, "database"),
        ({"DATABASE_URL": "sqlite:c4nary"}, "configuration"),
        ({"PUBLIC_URL": "http://[::1"}, "configuration"),
        ({"GITHUB_TOKEN": "‹c4nary>"}, "configuration"),
        ({}, "configuration"),
    ],
)
def test_monitoring_gets_one_object_whatever_is_wrong(
    given: dict[str, str], named: str, tmp_path: Path
) -> None:
    if not given:
        (tmp_path / "var").mkdir()
        (tmp_path / "var" / "hubbot.env").write_text("c4nary\n")
    done = hubbot("doctor", "--offline", "--json", cwd=tmp_path, **given)
    failing = {check["name"] for check in json.loads(done.stdout)["checks"] if check["state"] == "failing"}
    assert (done.returncode, failing, done.stderr) == (1, {named}, "")
    assert "c4n" not in done.stdout


def test_a_probe_that_writes_cannot_be_had_without_asking_anybody() -> None:
    done = hubbot("doctor", "--offline", "--write-probe")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--write-probe: not allowed with argument --offline" in done.stderr
