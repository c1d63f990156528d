"""The Procfile under a process manager as small as can be: release, then web and worker, then SIGTERM."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.processes import ROOT, environment, get, until

pytestmark = pytest.mark.network

PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines())


def test_the_procfile_runs_and_ends_in_good_order(tmp_path: Path) -> None:
    given = {
        "GITHUB_TOKEN": "c4nary-token",
        "GITHUB_API_URL": "http://127.0.0.1:1",
        "GITHUB_WEBHOOK_SECRET": "c4nary-secret",
        "GITHUB_REPOSITORIES": "owner/hub",
    }
    env = environment(tmp_path, **given)

    def start(name: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "bot", *shlex.split(PROCFILE[name])[1:]]
        with (tmp_path / "log").open("ab") as log:
            return subprocess.Popen(
                words, cwd=tmp_path, env=env, stdout=log, stderr=log, start_new_session=True
            )

    release = start("release")
    assert release.wait(60) == 0
    processes = [start("web"), start("worker")]
    try:
        port = int(env["PORT"])
        until(lambda: get(port, "/readyz")[0] == 200, 60, "/readyz", tmp_path)
        for process in processes:
            process.terminate()
        assert [process.wait(45) for process in processes] == [0, 0]
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    assert "c4nary" not in (tmp_path / "log").read_text(encoding="utf-8")
