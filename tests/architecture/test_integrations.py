"""What others run hubbot by (pre-commit, GitHub Actions, editors) names commands and options that exist."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.completion import commands

ROOT = Path(__file__).parents[2]
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
EDITORS = (ROOT / "docs" / "editors.md").read_text("utf-8")


def known(command: str) -> set[str]:
    return {name for option in commands()[command].options for name in option.names}


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_a_command_on_pages(hook: dict[str, Any]) -> None:
    program, command, *options = shlex.split(hook["entry"])
    assert (program, hook["language"]) == ("hubbot", "python")
    assert set(options) <= known(command)
    if "--staged" in options:
        assert not hook["pass_filenames"], "it asks the index itself"
        return
    page = "mshub_res/assets/mindspore/1.9/googlenet_cifar10.md"
    assert re.search(hook["files"], page)
    assert not re.search(hook["exclude"], page)
    assert re.search(hook["exclude"], "mshub_res/assets/README_cn.md")


def test_no_input_of_the_action_is_part_of_a_command() -> None:
    steps = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    assert steps
    assert all("${{" not in step for step in steps)


def test_the_action_runs_known_options() -> None:
    text = "\n".join(step.get("run", "") for step in ACTION["runs"]["steps"])
    given = {word for word in re.findall(r"--[a-z-]+", text) if word != "--quiet"}
    assert given
    assert given <= known("check")


def test_the_editors_task_matches_what_is_printed() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", EDITORS, re.DOTALL)
    (task,) = json.loads(block)["tasks"]
    assert set(task["args"]) & {"--watch", "--format"} <= known("check")
    matcher = task["problemMatcher"]
    line = "mshub_res/assets/mindspore/1.9/x.md:9:14: MSH206 module-type The hub has no module-type CV."
    match = re.match(matcher["pattern"]["regexp"], line)
    assert match is not None
    assert match.groups()[1:4] == ("9", "14", "MSH206 module-type")
    source = (ROOT / "bot/cli/watch.py").read_text("utf-8")
    for name in ("beginsPattern", "endsPattern"):
        assert matcher["background"][name].strip("^$") in source
