"""The import contracts hold, and would notice if they did not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"

#: What may never be written, and the contract that has to say so.
VIOLATIONS = [
    ("rules/finding.py", "import requests", "rules.finding -> requests"),
    ("rules/facts.py", "import bot.settings", "rules.facts -> bot.settings"),
    ("bot/model.py", "import time", "bot.model -> time"),
    ("bot/review/__init__.py", "import bot.forges.base", "bot.review -> bot.forges.base"),
    ("bot/forges/github/__init__.py", "import bot.forges.gitee", "bot.forges.github -> bot.forges.gitee"),
    ("bot/commands/__init__.py", "import bot.web", "bot.commands -> bot.web"),
    ("bot/web/closed.py", "import bot.setup", "bot.web.closed -> bot.setup"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_contracts_are_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in ("bot", "rules"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(("module", "line", "named"), VIOLATIONS, ids=[v[2] for v in VIOLATIONS])
def test_a_planted_violation_is_caught(copy: Path, module: str, line: str, named: str) -> None:
    planted = copy / module
    planted.write_text(f"{planted.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert named in done.stdout
