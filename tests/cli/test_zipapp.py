"""The command line in one file, run by a Python that has nothing installed."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cli.processes import ROOT

GOOD = ROOT / "tests/rules/fixtures/msh206/good.md"
SERVER = ("flask", "github", "sqlalchemy", "gunicorn", "alembic", "requests", "prometheus_client", "psycopg")
BAD = ROOT / "tests/rules/fixtures/msh206/bad.md"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("zipapp") / "hubbot.pyz"
    made = [sys.executable, str(ROOT / "tools/make_zipapp.py"), str(target)]
    subprocess.run(made, check=True, capture_output=True, timeout=120)
    page = target.parent / "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
    page.parent.mkdir(parents=True)
    page.write_bytes(GOOD.read_bytes())
    return target


def run(archive: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Isolated (-I) and without site packages (-S): only the archive and the standard library are there."""
    env = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(archive.parent / "cache")}
    command = [sys.executable, "-I", "-S", str(archive), *args]
    return subprocess.run(
        command, cwd=archive.parent, env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["--help"], 0, "check asset pages"),
        (["check", "mshub_res/assets/mindspore/1.10/lenet_mnist.md"], 0, "No findings"),
        (["check", "--all", "."], 0, "Pages checked: 1"),
        (["new", "--conf", "--model", "lenet"], 0, "def create_network"),
        (["rules"], 0, "MSH303"),
        (["schema"], 0, "$schema"),
        (["completion", "fish"], 0, "hubbot"),
        (["check", str(BAD)], 1, "MSH206"),
        (["explain", "--lang", "zh", "MSH318"], 0, "create_network"),
        (["sha256", str(GOOD)], 0, "sha256: "),
        (["fix", "--diff", str(BAD)], 1, ""),
        (["serve"], 2, "hubbot[server]"),
    ],
)
def test_it_runs_alone(archive: Path, args: list[str], code: int, words: str) -> None:
    done = run(archive, *args)
    assert done.returncode == code, done.stderr
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_of_the_server_is_loaded_or_could_be(archive: Path) -> None:
    """Looked at from within the process that runs the archive, as it ends."""
    program = f"""
import importlib.util, runpy, sys
sys.argv = [{str(archive)!r}, "check", "mshub_res/assets/mindspore/1.10/lenet_mnist.md"]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    code = end.code
print(code, [n for n in {SERVER!r} if n in sys.modules or importlib.util.find_spec(n)])
"""
    env = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(archive.parent / "cache")}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        cwd=archive.parent, env=env, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr


def test_it_holds_nothing_of_the_server_and_nothing_compiled(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    assert not [name for name in names if name.endswith((".so", ".pyd", ".pyc"))]
    assert not {name.partition("/")[0] for name in names} & {"flask", "sqlalchemy", "github", "requests"}
    assert any(name.startswith("yaml/") for name in names)
