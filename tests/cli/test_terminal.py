"""Terminals as they are: other encodings, no colours, narrow, Chinese, and people who press Ctrl-C."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.cli.terminal import by_number, has_colour, spoken
from tests.cli.processes import ROOT, hubbot

BAD = ROOT / "tests/rules/fixtures/msh206/bad.md"


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.GBK"}, "zh"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en_US"}, "zh"),
        ({"LANG": "C"}, "en"),
    ],
)
def test_the_language_is_that_of_the_locale(environment: dict[str, str], lang: str) -> None:
    assert spoken(environment) == lang


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "colour"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": ""}, True)],
)
def test_colours_are_for_those_who_can_see_them(environment: dict[str, str], colour: bool) -> None:
    assert has_colour(Screen(), environment) is colour
    assert has_colour(io.StringIO(), environment) is False


def test_what_a_console_lacks_is_shown_by_number() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "gbk")
    by_number(stream, Screen())
    stream.write("模型 ✓")
    stream.flush()
    assert stream.buffer.getvalue().decode("gbk") == "模型 \\u2713"  # type: ignore[attr-defined]  # a BytesIO


@pytest.mark.parametrize("encoding", ["gbk", "cp936", "gb18030", "ascii", "latin-1", "utf-16", "utf-8"])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "args",
    [
        ["check", str(BAD)],
        ["explain", "MSH303"],
        ["rules"],
        ["sha256", "没有✓.ckpt"],
        ["new", "--model", "模型✓", "--dataset", "x"],
        ["fix", "--diff", str(BAD)],
    ],
    ids=lambda args: args[0],
)
def test_no_encoding_is_too_small(encoding: str, lang: str, args: list[str]) -> None:
    command = [sys.executable, "-W", "error", "-m", "bot", *args, "--lang", lang]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding, "COLUMNS": "20"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, timeout=60, check=False)
    shown = done.stdout.decode(encoding, "strict") + done.stderr.decode(encoding, "strict")
    assert "Traceback" not in shown
    assert shown.strip()
    assert done.returncode in (0, 1, 2)


def test_a_page_in_the_consoles_own_encoding_is_named_as_the_problem(tmp_path: Path) -> None:
    page = tmp_path / "lenet_mnist.md"
    page.write_bytes(BAD.read_text("utf-8").replace("summary: ", "summary: 模型").encode("gbk"))
    done = hubbot("check", "--lang", "en", str(page))
    assert done.returncode == 1
    assert "UTF-8" in done.stdout


def test_without_a_network_that_is_what_is_said(tmp_path: Path) -> None:
    """Nothing answers at the address that every connection is sent to."""
    page = tmp_path / "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
    page.parent.mkdir(parents=True)
    page.write_bytes((ROOT / "tests/rules/fixtures/msh303/good.md").read_bytes())
    for lang, words in (("en", "could not be reached"), ("zh", "无法连接")):
        done = hubbot(
            "check", "--remote", "--lang", lang, str(page),
            ASSET_CONNECT_TO="::127.0.0.1:9",
        )  # fmt: skip
        assert done.returncode == 3, done.stdout
        assert words in done.stdout
        assert "mindspore_hub_conf.py" in done.stderr
        assert "Traceback" not in done.stderr


def test_watching_checks_again_and_ends_cleanly(tmp_path: Path) -> None:
    page = tmp_path / "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
    page.parent.mkdir(parents=True)
    page.write_bytes(BAD.read_bytes())
    command = [sys.executable, "-u", "-m", "bot", "check", "--watch", "--format", "concise", str(page)]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = _round(process)
        page.write_text(BAD.read_text("utf-8").replace("module-type: CV", "module-type: cv"), "utf-8")
        os.utime(page, (time.time() + 5, time.time() + 5))
        second = _round(process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert ("MSH206" in first, process.returncode) == (True, 130)
    assert first != second
    assert "Traceback" not in errors


def _round(process: subprocess.Popen[str]) -> str:
    """One check, from the line that begins it to the one that ends it."""
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    while lines[-1] and lines[-1] != "hubbot: checked\n":
        lines.append(process.stdout.readline())
    assert lines[0] == "hubbot: checking\n"
    return "".join(lines)
