"""The dispatcher: fast, light, with exit codes that scripts can rely on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.main import COMMANDS
from rules.output.visible import width
from tests.cli.processes import ROOT, hubbot

#: What a publisher's installation does not have.
SERVER = "flask sqlalchemy alembic github requests gunicorn prometheus_client psycopg"

#: What a publisher runs.
PUBLISHERS = (
    ["--help"],
    ["rules"],
    ["explain", "MSH303"],
    ["check", "--help"],
    ["check", "--fail-on", "error", "--all", "tests/rules/fixtures/msh206"],
    ["audit", "--help"],
    ["sha256", "pyproject.toml"],
    ["new", "--conf", "--model", "lenet"],
    ["index", "tests/rules/fixtures/msh206/good.md"],
)

#: Runs a command with the server's packages out of reach, as `pip install hubbot` leaves them.
WITHOUT_SERVER = f"""
import sys
for name in "{SERVER} cryptography".split():
    sys.modules[name] = None
from bot.cli.main import main
sys.exit(main(sys.argv[1:]))
"""

LOADED = f"""
import sys
from bot.cli.main import main
code = main(sys.argv[1:])
print([name for name in "{SERVER}".split() if name in sys.modules], file=sys.stderr)
sys.exit(code)
"""


def python(program: str, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", program, *args]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("args", PUBLISHERS)
def test_publishers_commands_load_no_server(args: list[str]) -> None:
    done = python(LOADED, *args)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "[]")


@pytest.mark.parametrize("args", PUBLISHERS)
def test_publishers_commands_need_no_server(args: list[str]) -> None:
    done = python(WITHOUT_SERVER, *args)
    assert done.returncode == 0, done.stderr


def test_completion_leaves_out_what_is_not_installed() -> None:
    done = python(WITHOUT_SERVER, "completion", "bash")
    assert done.returncode == 0, done.stderr
    assert "check" in done.stdout


def test_checking_a_page_loads_little() -> None:
    """Neither a client for the net, nor what only misspelt pages or conf files need."""
    program = """
import sys
from bot.cli.main import main
code = main(["check", "tests/rules/fixtures/msh206/good.md"])
heavy = ("urllib3", "ssl", "rapidfuzz", "rules.conf", "bot.downloads", "bot.settings")
print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""
    assert python(program).stderr.splitlines()[-1] == "[]"


def test_help_loads_no_command() -> None:
    program = """
import sys
from bot.cli.main import main
main(["--help"])
heavy = ("yaml", "rules", "rules.page", "bot.cli.check")
print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""
    assert python(program).stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", ["serve", "web", "worker", "db upgrade", "demo", "review 1"])
def test_a_server_command_without_the_server_says_what_is_missing(command: str) -> None:
    done = python(WITHOUT_SERVER, *command.split())
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "hubbot" in done.stderr


def test_help_names_every_command() -> None:
    done = hubbot("--help")
    assert done.returncode == 0
    assert all(f"  {command}" in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = hubbot(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: hubbot {command}")
    assert "lifeline" not in done.stdout, "what only the supervisor uses is not shown"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ([], 0),
        (["nonsense"], 2),
        (["--nonsense"], 2),
        (["check", "--nonsense"], 2),
        (["explain", "MSH999"], 2),
        (["explain", "MSH303"], 0),
        (["rules"], 0),
        (["db", "downgrade"], 2),
        (["review", "not-a-pull-request"], 2),
        (["check", "nowhere.md"], 2),
    ],
)
def test_exit_codes(args: list[str], code: int) -> None:
    done = hubbot(*args)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_findings_are_another_code_than_usage() -> None:
    bad = ROOT / "tests/rules/fixtures/msh206/bad.md"
    done = hubbot("check", str(bad))
    assert done.returncode == 1, done.stderr


@pytest.mark.parametrize("command", ["serve", "web", "worker"])
def test_a_missing_secret_refuses_to_start_by_name(command: str, tmp_path: Path) -> None:
    done = hubbot(command, cwd=tmp_path, GITHUB_TOKEN="ghp_abcdefghijkl", GITHUB_REPOSITORIES="a/b")
    assert done.returncode == 2
    assert "GITHUB_WEBHOOK_SECRET" in done.stderr
    assert "ghp_" not in done.stderr


def test_the_database_is_upgraded_as_often_as_one_likes(tmp_path: Path) -> None:
    for _ in range(2):
        done = hubbot("db", "upgrade", cwd=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'x.sqlite'}")
        assert (done.returncode, done.stdout) == (0, "The database is up to date.\n")


def test_the_database_is_upgraded_with_the_settings_of_the_receiver(tmp_path: Path) -> None:
    known = {"GITHUB_WEBHOOK_SECRET": "s", "GITHUB_REPOSITORIES": "a/b"}
    done = hubbot("db", "upgrade", cwd=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'x.sqlite'}", **known)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "url", ["sqlite:////dev/null/x.sqlite", "mysql://x", "postgresql://u:hunter2@/x?host=/nowhere"]
)
def test_a_database_that_cannot_be_opened_is_a_matter_of_settings(url: str, tmp_path: Path) -> None:
    done = hubbot("db", "upgrade", cwd=tmp_path, DATABASE_URL=url)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize("lang", ["en_US", "zh_CN"])
def test_all_commands_fit_a_terminal_and_publishers_come_first(lang: str) -> None:
    done = hubbot("--help", LANG=f"{lang}.UTF-8")
    lines = done.stdout.splitlines()
    assert max(width(line) for line in lines) <= 80
    named = [line.split()[0] for line in lines if line.startswith("  ")]
    assert named == list(COMMANDS)
    assert ("发布页面" if lang == "zh_CN" else "to publish a page") in done.stdout


@pytest.mark.parametrize(
    ("args", "en", "zh"),
    [
        (["chekc"], "there is no command chekc", "没有 chekc 这个命令"),
        (["chekc"], "did you mean check?", "您想写的是 check 吗"),
        (["--lang"], "the command comes first", "请先写命令"),
        (["check", "--formt", "json"], "did you mean --format?", "您想写的是 --format 吗"),
        (["check", "--formt=json"], "did you mean --format?", "您想写的是 --format 吗"),
        (["check", "--diff"], "expected one argument", "参数 --diff 后面需要一个值"),
        (["explain"], "required: CODE", "缺少参数：CODE"),
        (["check", "--lang", "fr"], "invalid choice: 'fr'", "不能是 fr"),
        (["check", "--f", "json"], "could match", "选项 --f 不完整"),
        (["completion", "tcsh"], "see hubbot completion --help", "请参见 hubbot completion --help"),
        (["review", "x"], "neither the address", "既不是"),
    ],
)
def test_wrong_arguments_are_named_in_the_language_of_the_terminal(args: list[str], en: str, zh: str) -> None:
    for locale, words in (("en_US.UTF-8", en), ("zh_CN.UTF-8", zh)):
        done = hubbot(*args, LANG=locale)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["--lang", "zh", "explain", "MSH303"], 0, "摘要值"),
        (["--lang=zh", "explain", "MSH303"], 0, "摘要值"),
        (["--lang", "en", "explain", "MSH303"], 0, "digest"),
        (["--lang", "zh"], 0, "发布页面"),
        (["--lang", "zh", "--help"], 0, "发布页面"),
        (["--lang", "zh", "chekc"], 2, "您想写的是 check 吗"),
        (["--lang", "fr", "check"], 2, "invalid choice: 'fr'"),
        (["--lang", "check"], 2, "expected one argument"),
        (["--lang", "zh", "schema"], 2, "无法识别的参数：--lang zh"),
        (["--format", "json", "check"], 2, "--format is an option of no command; the command comes first"),
    ],
)
def test_the_language_may_stand_before_the_command(args: list[str], code: int, words: str) -> None:
    done = hubbot(*args)
    assert (done.returncode, words in done.stdout + done.stderr) == (code, True), done.stderr


def test_the_version_is_told() -> None:
    done = hubbot("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "hubbot")


@pytest.mark.parametrize(("module", "package"), [("yaml", "hubbot"), ("sqlalchemy", "hubbot[server]")])
@pytest.mark.parametrize(("lang", "words"), [("en_US", "needs {}"), ("zh_CN", "需要 {}")])
def test_what_is_not_installed_is_named_with_its_package(
    module: str, package: str, lang: str, words: str
) -> None:
    program = f"""
import os, sys
os.environ["LANG"] = "{lang}.UTF-8"
sys.modules["{module}"] = None
from bot.cli.main import main
sys.exit(main({["check"] if module == "yaml" else ["db", "upgrade"]}))
"""
    done = python(program)
    assert done.returncode == 2, done.stderr
    assert words.format(module) in done.stderr
    assert f'pip install "{package}"' in done.stderr
