"""The files that an operator deploys with agree with the program that they deploy."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import VARIABLES

ROOT = Path(__file__).parents[2]
PROCFILE = dict(
    line.split(": ", 1) for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines() if line
)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
#: `name==version`, an optional marker, and at least one hash.
LOCKED = re.compile(r"^([a-z0-9.-]+)==\S+(?: ; [^\\]+)? \\\n    --hash=sha256:[0-9a-f]{64}", re.MULTILINE)
REQUIREMENTS = {"runtime.txt": ("server",), "test.txt": ("server", "test")}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def assert_is_a_command(words: list[str]) -> None:
    assert words[0] == "hubbot"
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words[1:], "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_procfile_has_the_processes() -> None:
    assert set(PROCFILE) == {"release", "web", "worker"}


@pytest.mark.parametrize("process", sorted(PROCFILE))
def test_procfile_runs_commands_that_exist(process: str) -> None:
    assert_is_a_command(shlex.split(PROCFILE[process]))


def test_compose_has_the_services() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"database", "downloader", "grants", "proxy", "release", "web", "worker"}
    assert {name for name, service in services.items() if "healthcheck" in service} >= {
        "database",
        "downloader",
        "worker",
    }
    mounts = {mount.split(":")[0] for service in services.values() for mount in service.get("volumes", [])}
    named = {mount for mount in mounts if not mount.startswith("./")}
    assert set(COMPOSE["volumes"]) == named


@pytest.mark.parametrize("service", ["release", "web", "worker"])
def test_compose_runs_what_the_procfile_runs(service: str) -> None:
    assert ["hubbot", *COMPOSE["services"][service]["command"]] == shlex.split(PROCFILE[service])


def test_dockerfile_runs_as_nobody_in_particular() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    last_stage = text[text.rindex("\nFROM ") :]
    assert re.search(r"^USER (?!root|0)\S+$", last_stage, re.MULTILINE)
    assert "\nHEALTHCHECK " in last_stage
    assert "\nSTOPSIGNAL SIGTERM\n" in last_stage
    assert re.search(r"^ARG BASE=\S+:\d[\w.-]+", text, re.MULTILINE)


def test_example_environment_names_every_setting_and_no_other() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE)
    assert sorted(named) == sorted(VARIABLES)


@pytest.mark.parametrize("name", sorted(REQUIREMENTS))
def test_requirements_are_locked(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    locked = set(LOCKED.findall(text))
    assert locked == set(re.findall(r"^([^\s#=]+)==", text, re.MULTILINE))
    assert not re.search(r"^\s*-[^-]|--(?!hash=)", text, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"]]
    for extra in REQUIREMENTS[name]:
        wanted += project["optional-dependencies"][extra]
    names = {canonical(re.split(r"[\[><=~! ;]", requirement, maxsplit=1)[0]) for requirement in wanted}
    assert names - locked == set()


def test_tests_run_on_the_locked_runtime() -> None:
    runtime, test = (
        set(
            re.findall(
                r"^([^\s#=]+==\S+)", (ROOT / "requirements" / n).read_text(encoding="utf-8"), re.MULTILINE
            )
        )
        for n in sorted(REQUIREMENTS)
    )
    assert runtime - test == set()
