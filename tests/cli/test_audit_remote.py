"""`hubbot audit` against a file host on loopback: what it finds, what it remembers, and SIGKILL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import main
from tests.cli.test_audit import CONTENT, ROOT, lay
from tests.downloads.host import AssetHost, Exchange, file, make_certificates, status

pytestmark = pytest.mark.network

WITHIN = 60.0


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def host(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AssetHost]:
    with AssetHost(certificates) as made:
        monkeypatch.setenv("ASSET_CONNECT_TO", made.connect_to)
        monkeypatch.setenv("ASSET_CA_BUNDLE", made.ca)
        yield made


def audit(hub: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = main(["audit", str(hub), "--format", "json", "--state", str(hub / "state")])
    return code, json.loads(capsys.readouterr().out)


def test_what_it_finds_and_what_changed_since(
    tmp_path: Path, host: AssetHost, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4):
        lay(tmp_path, number)
        host.routes[f"/{number}.ckpt"] = file(CONTENT)
    assert audit(tmp_path, capsys) == (0, {"version": 1, "pages": 4, "states": {"sound": 4}, "found": []})
    host.routes["/1.ckpt"] = file(CONTENT[:-1] + b"?")
    host.routes["/2.ckpt"] = status(404)
    code, found = audit(tmp_path, capsys)
    assert code == 1
    # One miss is no link rot; a change is said at once, after two readings that agree.
    assert found["states"] == {"changed": 1, "missed": 1, "sound": 2}
    changed = found["found"][0]
    assert (changed["state"], changed["path"][-11:]) == ("changed", "m1_mnist.md")
    assert changed["digest"] != changed["baseline"] == changed["declared"]
    host.routes["/1.ckpt"] = host.routes["/2.ckpt"] = file(CONTENT)
    assert audit(tmp_path, capsys)[0] == 0


def test_a_file_that_is_gone_for_now_is_not_a_finding(
    tmp_path: Path, host: AssetHost, capsys: pytest.CaptureFixture[str]
) -> None:
    lay(tmp_path, 1)
    assert audit(tmp_path, capsys)[0] == 3


def test_killed_it_goes_on_where_it_was(tmp_path: Path, host: AssetHost) -> None:
    def hangs(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": len(CONTENT)})
        while exchange.until_stopped():
            pass

    for number in range(4):
        lay(tmp_path, number)
        host.routes[f"/{number}.ckpt"] = file(CONTENT)
    host.routes["/3.ckpt"] = hangs
    command = [sys.executable, "-m", "bot", "audit", str(tmp_path), "--state", str(tmp_path / "state")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        end = time.monotonic() + WITHIN
        while _kept(tmp_path / "state") < 3:
            assert time.monotonic() < end, "the audit does not get on"
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    host.routes["/3.ckpt"] = file(CONTENT)
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=WITHIN, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "4 of 4 files looked at" in done.stderr
    assert [host.count(f"/{number}.ckpt") for number in range(4)] == [1, 1, 1, 2]


def _kept(state: Path) -> int:
    """Files that a running audit has written down."""
    return state.read_text("utf-8").count('"url"') if state.exists() else 0
