"""`hubbot fix` as a person runs it: what is written, what is shown, what is kept."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import fix
from bot.cli.main import main
from bot.errors import CouldNotVerify

ROOT = Path(__file__).parents[2]
ASSETS = "mshub_res/assets/mindspore/1.10"
GOOD = (ROOT / "tests" / "rules" / "fixtures" / "msh302" / "good.md").read_bytes()
SLIPPED = GOOD.replace(b"cv-classification", b"CV-classification").replace(b"\n", b"\r\n")
MENDED = GOOD.replace(b"\n", b"\r\n")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / ASSETS
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    file = folder / "lenet_mnist.md"
    file.write_bytes(SLIPPED)
    file.chmod(0o640)
    return file


def test_a_repaired_page_keeps_its_line_ends_and_its_permissions(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fix", ASSETS]) == 0
    assert page.read_bytes() == MENDED
    assert page.stat().st_mode & 0o7777 == 0o640
    assert [file.name for file in page.parent.iterdir()] == ["lenet_mnist.md"]
    assert capsys.readouterr().out == "Pages repaired: 1 of 1. Errors that need you: 0.\n"
    before = page.stat()
    assert main(["fix", ASSETS]) == 0
    after = page.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_diff_writes_nothing_and_git_applies_it(
    page: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    page.write_bytes(SLIPPED.rstrip() + "行尾".encode())
    assert main(["fix", "--diff", str(page)]) == 1
    patch = capsysbinary.readouterr().out
    assert page.read_bytes() == SLIPPED.rstrip() + "行尾".encode()
    subprocess.run(["git", "init", "-q", "."], check=True)
    subprocess.run(["git", "apply", "--whitespace=nowarn"], input=patch, check=True)
    assert page.read_bytes() == MENDED.rstrip() + "行尾\r\n".encode()
    assert main(["fix", "--diff", str(page)]) == 0
    assert capsysbinary.readouterr().out == b""


def test_the_diff_of_a_last_line_without_an_end_can_be_applied() -> None:
    lines = list(fix.diff("p", b"a\nb", b"a\nc"))
    assert lines[2:] == [
        "@@ -1,2 +1,2 @@\n",
        " a\n",
        f"-b\n{fix.NO_END}",
        f"+c\n{fix.NO_END}",
    ]


@pytest.mark.parametrize(
    ("answer", "code", "expected"), [(b"y\n", 0, MENDED), (b"n\n", 1, SLIPPED), (b"\n", 1, SLIPPED)]
)
def test_on_a_terminal_it_shows_the_repairs_and_asks(
    page: Path, answer: bytes, code: int, expected: bytes
) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    done = subprocess.Popen(
        [sys.executable, "-m", "bot", "fix", str(page)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.wait(timeout=20) == code
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert "-module-type: CV-classification" in shown
    assert "+module-type: cv-classification" in shown
    assert "[y/N]" in shown
    assert page.read_bytes() == expected


def test_errors_that_nobody_can_repair_for_the_author_remain(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page.write_bytes(SLIPPED.replace(b"author: MindSpore team", b"author:"))
    assert main(["fix", "--lang", "zh", ASSETS]) == 1
    assert (
        capsys.readouterr().out
        == "已修复 1 个页面（共 1 个）；还需要您处理的错误：1。运行 hubbot check 可以查看。\n"
    )
    assert b"cv-classification" in page.read_bytes()


def test_the_branch_is_repaired_where_no_path_is_given(page: Path) -> None:
    old = page.with_name("old_mnist.md")
    old.write_bytes(SLIPPED)
    for command in (("init", "-q", "-b", "master"), ("add", old.name), ("commit", "-qm", "x")):
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(
            ["git", *identity, *command], cwd=page.parent if "add" in command else None, check=True
        )
    assert main(["fix"]) == 0
    assert page.read_bytes() == MENDED
    assert old.read_bytes() == SLIPPED


@pytest.mark.parametrize("arguments", [["no/such.md"], ["--format", "json"]])
def test_usage(page: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fix", *arguments]) == 2
    assert capsys.readouterr().err


def test_a_page_that_changed_meanwhile_is_not_overwritten(page: Path) -> None:
    with pytest.raises(CouldNotVerify, match="changed while"):
        fix.write(page, b"what was read", MENDED, "en")
    assert page.read_bytes() == SLIPPED
    assert [file.name for file in page.parent.iterdir()] == ["lenet_mnist.md"]


def test_what_cannot_be_written_is_said(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CouldNotVerify, match="no/such"):
        fix.write(Path("no/such/page.md"), b"", b"", "en")


def test_a_link_to_a_page_stays_a_link(page: Path) -> None:
    link = page.with_name("link.md")
    link.symlink_to(page)
    assert main(["fix", str(link), "--yes"]) in (0, 1)
    assert link.is_symlink()
    assert b"cv-classification" in page.read_bytes()
