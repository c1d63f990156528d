"""`hubbot check`, `explain` and `rules` as a person runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path, PureWindowsPath
from string import Formatter

import pytest

from bot.cli import check
from bot.cli.gather import hub_path, page_files
from bot.cli.main import main
from bot.errors import UserError
from rules.output.visible import width
from rules.words import phrases

ASSETS = "mshub_res/assets/mindspore/1.10"
FIXTURES = Path(__file__).parents[1] / "rules" / "fixtures"
GOOD = (FIXTURES / "msh302" / "good.md").read_text(encoding="utf-8")
SHORT = (FIXTURES / "msh302" / "bad.md").read_text(encoding="utf-8")


def hubbot(*arguments: str) -> int:
    return main(arguments)


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository on branch master, with a sound page and one with a short digest; the current directory."""
    folder = tmp_path / ASSETS
    folder.mkdir(parents=True)
    (folder / "lenet_mnist.md").write_text(GOOD, encoding="utf-8")
    (folder / "old_lenet_mnist.md").write_text(
        SHORT.replace("10/lenet_mnist", "10/old_lenet_mnist"), encoding="utf-8"
    )
    git(tmp_path, "init", "-q", "-b", "master")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "pages")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    loaded: dict[str, object] = json.loads(capsys.readouterr().out)
    return loaded


def test_a_sound_page_is_clean(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hubbot("check", f"{ASSETS}/lenet_mnist.md") == 0
    assert capsys.readouterr().out == "Pages checked: 1. No findings.\n"


def test_paths_are_judged_as_new(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hubbot("check", "--format", "json", ASSETS) == 1
    result = shown(capsys)
    assert (result["files"], result["summary"]) == (
        2,
        {"error": 1, "warning": 0, "notice": 0, "unverified": 0},
    )


def test_all_judges_as_untouched(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("--all",), ("--all", str(hub)), ("--all", "mshub_res")):
        assert hubbot("check", "--format", "json", *arguments) == 0
        result = shown(capsys)
        assert (result["files"], result["summary"]) == (
            2,
            {"error": 0, "warning": 0, "notice": 1, "unverified": 0},
        )


def test_an_absolute_path_is_shown_as_in_the_hub(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hubbot("check", "--format", "concise", str(hub / ASSETS / "old_lenet_mnist.md")) == 1
    assert capsys.readouterr().out.startswith(f"{ASSETS}/old_lenet_mnist.md:36:19: MSH302 sha256-shape ")


def test_a_branch_is_judged_by_what_it_changes(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hubbot("check", "--format", "json") == 0
    assert shown(capsys)["files"] == 0
    git(hub, "checkout", "-q", "-b", "work")
    old = hub / ASSETS / "old_lenet_mnist.md"
    old.write_text(
        old.read_text(encoding="utf-8").replace("author: MindSpore team", "author:"), encoding="utf-8"
    )
    git(hub, "commit", "-q", "-a", "-m", "change")
    (hub / ASSETS / "new 中_lenet_mnist.md").write_text(SHORT, encoding="utf-8")
    for arguments in ((), ("--diff", "master")):
        assert hubbot("check", "--format", "json", *arguments) == 1
        findings = shown(capsys)["findings"]
        assert isinstance(findings, list)
        found = [(Path(one["path"]).name, one["rule"], one["severity"]) for one in findings]
        assert found == [
            ("new 中_lenet_mnist.md", "MSH110", "error"),
            ("new 中_lenet_mnist.md", "MSH302", "error"),
            ("new 中_lenet_mnist.md", "MSH401", "error"),
            ("old_lenet_mnist.md", "MSH201", "error"),
            ("old_lenet_mnist.md", "MSH302", "notice"),
        ]


def test_a_branch_that_removes_pages_says_so(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(hub, "mv", f"{ASSETS}/lenet_mnist.md", f"{ASSETS}/le_net_mnist.md")
    (hub / ASSETS / "old_lenet_mnist.md").unlink()
    hubbot("check", "--format", "concise")
    lines = [line for line in capsys.readouterr().out.splitlines() if "MSH504" in line]
    assert [line.partition(":")[0].rpartition("/")[2] for line in lines] == [
        "lenet_mnist.md",
        "old_lenet_mnist.md",
    ]
    assert "renamed to mindspore/1.10/le_net_mnist" in lines[0]


def test_a_branch_is_held_against_the_rest_of_the_hub(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
    digest = GOOD.partition("asset-sha256: ")[2].partition("\n")[0]
    (hub / ASSETS / "new_lenet_mnist.md").write_text(
        GOOD.replace(digest, other).replace('"mindspore/1.10/lenet', '"mindspore/1.10/new_lenet'),
        encoding="utf-8",
    )
    assert hubbot("check", "--format", "concise") == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[1].split()[0] for line in lines] == ["MSH306"]
    assert f"{ASSETS}/lenet_mnist.md declares" in lines[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no/such.md",), "no/such.md"),
        (("mshub_res/assets/mindspore/empty",), "mshub_res/assets/mindspore/empty"),
        (("--format", "xml", "mshub_res"), "xml"),
        (("--format", "json", "--format", "text", "mshub_res"), "FORMAT:FILE"),
        (("--diff", "no-such-branch"), "no-such-branch"),
        (("--diff", "--output=x"), "--diff"),
        (("--diff", "master", "mshub_res"), "--diff"),
        (("--diff", "master", "--all"), "--all"),
    ],
)
def test_usage_errors(
    hub: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    (hub / "mshub_res/assets/mindspore/empty").mkdir()
    assert hubbot("check", *arguments) == 2
    assert words in capsys.readouterr().err


def test_outside_a_repository_paths_must_be_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert hubbot("check") == 2
    assert "--help" in capsys.readouterr().err
    assert hubbot("check", "--lang", "zh") == 2
    assert "请指定" in capsys.readouterr().err


def test_formats_go_to_files(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    formats = [
        f"--format={name}:{name}.out" for name in ("json", "sarif", "github", "markdown", "concise", "text")
    ]
    assert hubbot("check", *formats, "--lang", "zh", ASSETS) == 1
    assert capsys.readouterr().out == ""
    for name in ("json", "sarif", "github", "markdown", "concise", "text"):
        assert "MSH302" in (hub / f"{name}.out").read_text(encoding="utf-8")
    assert hubbot("check", "--format", "json:no/such/folder", ASSETS) == 3
    assert "no/such/folder" in capsys.readouterr().err


def test_fail_on_warning(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = hub / ASSETS / "lenet_mnist.md"
    page.write_text(GOOD.replace("evaluation: -", "hmean: 1"), encoding="utf-8")
    assert hubbot("check", str(page)) == 0
    assert hubbot("check", "--fail-on", "warning", str(page)) == 1


def test_garbage_is_not_clean_and_links_are_not_followed(
    hub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = hub / ASSETS / "loop.md"
    garbage = hub / ASSETS / "garbage.md"
    link.symlink_to(link)
    (hub / ASSETS / "outside.md").symlink_to("/etc/passwd")
    assert hubbot("check", "--format", "json", "--all") == 0
    assert shown(capsys)["files"] == 2
    garbage.write_bytes(bytes(range(256)) * 100)
    assert hubbot("check", str(garbage)) == 1
    assert "MSH101" in capsys.readouterr().out


def test_nothing_of_the_server_is_loaded(hub: Path) -> None:
    script = (
        "import argparse, sys, importlib\n"
        "command = importlib.import_module('bot.cli.check')\n"
        "parser = argparse.ArgumentParser()\n"
        "command.add_parser(parser.add_subparsers())\n"
        f"code = command.run(parser.parse_args(['check', {str(hub / ASSETS / 'old_lenet_mnist.md')!r}]))\n"
        "heavy = {'flask', 'sqlalchemy', 'requests', 'github', 'urllib3', 'ssl', 'rapidfuzz'}\n"
        "sys.exit(9 if heavy & set(sys.modules) else code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True, check=False
    )
    assert done.returncode == 1, done.stderr


def test_the_help_reads_no_rules() -> None:
    script = (
        "import sys\n"
        "from bot.cli.main import main\n"
        "main(['--help'])\n"
        "sys.exit(9 if {'yaml', 'rules', 'bot.cli.check', 'urllib3', 'flask'} & set(sys.modules) else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert hubbot("explain", "digest-mismatch") == 0
    english = capsys.readouterr().out
    assert english.startswith("MSH303 digest-mismatch\n")
    assert "hubbot sha256" in english
    assert hubbot("explain", "303", "--lang", "zh") == 0
    assert "摘要值" in capsys.readouterr().out
    assert hubbot("explain", "MSH777") == 2
    assert "MSH777" in capsys.readouterr().err


CATALOGUES = sorted(Path(check.__file__).with_name("locale").glob("*.yaml"))


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_the_commands_words_are_in_both_languages(catalogue: Path) -> None:
    words = phrases(catalogue)
    assert set(words) == {"en", "zh"}
    assert set(words["en"]) == set(words["zh"])
    for name, text in words["en"].items():
        fields = [
            {field for _, field, _, _ in Formatter().parse(str(one)) if field}
            for one in (text, words["zh"][name])
        ]
        assert fields[0] == fields[1], name


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_rules_are_listed(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert hubbot("rules", "--lang", lang) == 0
    lines = capsys.readouterr().out.splitlines()
    words = ["MSH102", "misplaced-page", *(["错误", "关闭"] if lang == "zh" else ["error", "off"])]
    assert any(line.split()[:4] == words for line in lines)
    assert len(lines) >= 17
    starts = {width(line[: line.index(line.split(maxsplit=4)[4])]) for line in lines}
    assert len(starts) == 1, "the last column begins at one place, whatever the letters"


@pytest.mark.parametrize(
    ("code", "meant"), [("digest", "digest-mismatch"), ("licens", "license"), ("MSH999", ""), ("di", "")]
)
def test_a_rule_that_may_be_meant_is_named(code: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert hubbot("explain", code) == 2
    said = capsys.readouterr().err
    assert meant in said
    assert ("did you mean" in said) == bool(meant)


@pytest.mark.parametrize("option", ["--staged", ""])
def test_who_changed_no_page_is_told_so(hub: Path, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    git(hub, "checkout", "-q", "-f", "HEAD")
    assert hubbot("check", *([option] if option else [])) == 0
    said = capsys.readouterr().err
    assert ("staged" if option else "--all") in said


def test_the_directory_above_the_assets_has_their_pages_only(hub: Path) -> None:
    (hub / "mshub_res/README.md").write_text("# Guide\n")
    assert page_files(["mshub_res"], "en").keys() == page_files(["."], "en").keys()


def test_a_pattern_that_no_shell_resolved(hub: Path) -> None:
    everything = page_files(["."], "en")
    assert everything
    folders = {str(file.parent) for file in everything.values()}
    patterns = [f"{folder}/*.md" for folder in folders]
    assert page_files(patterns, "en").keys() == everything.keys()
    with pytest.raises(UserError, match=r"nothing\*"):
        page_files(["nothing*.md"], "en")


@pytest.mark.parametrize(
    ("file", "whole", "path"),
    [
        (
            r"mshub_res\assets\a\1.9\b.md",
            r"C:\hub\mshub_res\assets\a\1.9\b.md",
            "mshub_res/assets/a/1.9/b.md",
        ),
        (
            r"C:\hub\mshub_res\assets\a\1.9\b.md",
            r"C:\hub\mshub_res\assets\a\1.9\b.md",
            "mshub_res/assets/a/1.9/b.md",
        ),
        (r"b.md", r"d:\模型 库\mshub_res\assets\a\1.9\b.md", "mshub_res/assets/a/1.9/b.md"),
        (r"..\b.md", r"\\server\share\mshub_res\assets\a\1.9\b.md", "mshub_res/assets/a/1.9/b.md"),
        (r"pages\b.md", r"C:\pages\b.md", "pages/b.md"),
    ],
)
def test_a_path_of_windows_is_the_hubs(file: str, whole: str, path: str) -> None:
    assert hub_path(PureWindowsPath(file), PureWindowsPath(whole)) == path


def test_a_format_goes_to_a_file_on_a_drive() -> None:
    assert check._outputs([r"json:C:\out\x.json"], "en") == [("json", r"C:\out\x.json")]
