"""Which pages a command is about: none is left out in silence, and odd paths are named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.gather import page_files
from bot.cli.main import main
from bot.errors import CouldNotVerify, UserError
from tests.cli.processes import ROOT, hubbot

ASSETS = "mshub_res/assets/mindspore/1.10"
PAGE = f"{ASSETS}/lenet_mnist.md"
GOOD = (ROOT / "tests/rules/fixtures/msh303/good.md").read_text("utf-8")
LONG = "x" * 300
#: Root without its capabilities is refused like anybody else.
PLAIN = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.name != "nt" and os.geteuid() == 0 else ()


@pytest.fixture
def hubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two hubs, a and b, with the same page, of which b's has an error; the current directory."""
    for name, text in (("a", GOOD), ("b", GOOD.replace("author: MindSpore team", "author:"))):
        (tmp_path / name / ASSETS).mkdir(parents=True)
        (tmp_path / name / PAGE).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", [("check",), ("check", "--all"), ("fix", "--diff"), ("index",)])
@pytest.mark.parametrize("paths", [("b", "a"), (f"b/{PAGE}", f"a/{PAGE}"), (".",), ("a", f"b/{ASSETS}")])
def test_of_two_files_that_are_one_page_neither_is_left_out(
    hubs: Path, command: tuple[str, ...], paths: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, *paths]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert all(f"{name}/{PAGE}" in said.err for name in ("a", "b"))
    assert main([*command, *paths, "--lang", "zh"]) == 2
    assert "同一个页面" in capsys.readouterr().err


def test_one_file_may_be_named_twice(hubs: Path) -> None:
    (hubs / "c").symlink_to("a")
    assert list(page_files(["a", f"a/{ASSETS}", f"c/{PAGE}", str(hubs / "a" / PAGE)], "en")) == [PAGE]


@pytest.mark.parametrize("command", [("check",), ("check", "--all"), ("fix",), ("index",)])
@pytest.mark.parametrize("path", [LONG, f"{LONG}/page.md", f"{LONG}*.md"])
def test_a_path_that_the_system_refuses_is_named(
    hubs: Path, command: tuple[str, ...], path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, path]) == 3
    assert f"cannot read {path}: " in capsys.readouterr().err
    assert main([*command, path, "--lang", "zh"]) == 3
    assert f"无法读取 {path}：" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt" or bool(PLAIN and not shutil.which(PLAIN[0])), reason="nothing is closed")
@pytest.mark.parametrize("command", [("check",), ("fix", "--diff"), ("index",)])
@pytest.mark.parametrize("path", [f"a/{PAGE}", f"a/{ASSETS}", "a", "."])
def test_a_closed_directory_is_named(hubs: Path, command: tuple[str, ...], path: str) -> None:
    shutil.rmtree(hubs / "b")
    closed = hubs / "a" / ASSETS
    closed.chmod(0)
    try:
        done = subprocess.run(
            [*PLAIN, sys.executable, "-m", "bot", *command, path],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        closed.chmod(0o755)
    assert done.returncode == 3, done.stderr
    assert f"cannot read a/{ASSETS}" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_missing_is_still_told_apart(hubs: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        page_files(["none"], "en")
    with pytest.raises(CouldNotVerify, match="cannot read"):
        page_files([LONG], "en")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name")
def test_a_name_that_is_no_utf_8_stops_nothing(hubs: Path) -> None:
    shutil.rmtree(hubs / "b")
    page = hubs / "a" / PAGE
    page.rename(os.fsdecode(os.fsencode(page.parent) + b"/le\xffnet.md"))
    assert hubbot("check", "a", "--format", "json:check.json", cwd=hubs).returncode == 1
    assert "MSH110" in (hubs / "check.json").read_text("utf-8")
    for command in (["fix", "--diff"], ["fix", "--yes"], ["index", "-o", "index.json"], ["check"]):
        done = hubbot(*command, "a", cwd=hubs)
        assert (done.returncode in (0, 1), "Traceback" in done.stderr) == (True, False), done.stderr
    assert "le\\udcffnet" in (hubs / "index.json").read_text("utf-8")
