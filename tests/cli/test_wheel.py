"""What `pip install hubbot` gives a publisher: the wheel in an environment that holds its dependencies alone.

The environment is made from the packages at hand, so nothing is downloaded: the wheel is built from a copy of
the tree, and each dependency is copied file by file, as its own record lists them.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.processes import ROOT
from tools.make_zipapp import needed

#: What is built from; the rest of the repository is not there.
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "bot", "rules")
#: Modules of what only the server needs.
SERVER = ("flask", "github", "sqlalchemy", "gunicorn", "alembic", "requests", "prometheus_client", "psycopg")
FIXTURES = ROOT / "tests/rules/fixtures/msh206"
PAGE = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
NEW = (
    "--model lenet --dataset mnist --version 1.9 --module-type cv-classification --evaluation acc99 "
    "--repo-link https://gitee.com/mindspore/models/tree/r1.9/official/cv/lenet "
    "--asset-link https://download.mindspore.cn/lenet.ckpt --summary Digits. --paper LeNet --author me"
)
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
#: Runs the command and says which of the server's modules it has loaded, or could load.
WATCHED = f"""
import importlib.util, sys
from bot.cli.main import main
code = main(sys.argv[1:])
names = {SERVER!r}
print([n for n in names if n in sys.modules or importlib.util.find_spec(n)], file=sys.stderr)
sys.exit(code)
"""


@dataclass(frozen=True, slots=True)
class Installed:
    wheel: Path
    python: Path
    folder: Path

    def run(self, *command: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "en_US.UTF-8"}
        return subprocess.run(
            [str(part) for part in command],
            cwd=self.folder, env=env, input=stdin, capture_output=True, text=True, encoding="utf-8",
            timeout=120, check=False,
        )  # fmt: skip

    def hubbot(self, *args: str) -> subprocess.CompletedProcess[str]:
        return self.run(self.python.with_name("hubbot"), *args)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    wheel = _wheel(folder)
    environment = folder / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True, timeout=120)
    python = environment / "bin" / "python"
    _copy_dependencies(environment / "lib" / f"python3.{sys.version_info.minor}" / "site-packages")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    for arguments in (["install", "--quiet", "--no-index", "--no-deps", str(wheel)], ["check"]):
        done = subprocess.run([*pip, *arguments], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    work = folder / "work"
    (work / PAGE).parent.mkdir(parents=True)
    shutil.copy(FIXTURES / "good.md", work / PAGE)
    return Installed(wheel, python, work)


def _wheel(folder: Path) -> Path:
    tree = folder / "tree"
    tree.mkdir()
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tree / name)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)], cwd=tree, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.splitlines()[-1]


def _copy_dependencies(site: Path) -> None:
    for package in needed():
        for file in importlib.metadata.files(package) or []:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), site / file)


def test_the_environment_holds_the_publishers_packages_and_no_other(installed: Installed) -> None:
    listing = (
        "import importlib.metadata as m; print(*(d.metadata['Name'].lower() for d in m.distributions()))"
    )
    names = installed.run(installed.python, "-I", "-c", listing).stdout.split()
    assert sorted(names) == sorted(["hubbot", *(name.lower() for name in needed())])


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        ("--help", 0, "check asset pages"),
        (f"check {PAGE}", 0, "No findings"),
        (f"check --lang zh {FIXTURES / 'bad.md'}", 1, "MSH206"),
        ("check --all .", 0, "Pages checked"),
        (f"fix --diff {PAGE}", 0, ""),
        (f"fix --yes {PAGE}", 0, "Pages repaired: 0"),
        (f"sha256 {PAGE}", 0, "sha256: "),
        ("explain MSH318", 0, "create_network"),
        ("explain --lang zh digest-mismatch", 0, "摘要"),
        ("rules", 0, "MSH303"),
        ("schema", 0, "$schema"),
        ("completion bash", 0, "hubbot"),
        (f"index {PAGE}", 0, "lenet"),
        ("new --conf --model lenet", 0, "def create_network"),
        (f"new {NEW} --sha256 {'a1' * 32}", 0, "Written: "),
    ],
)
def test_every_command_of_a_publisher_works_and_loads_no_server(
    installed: Installed, args: str, code: int, words: str
) -> None:
    (installed.folder / "mshub_res/assets/mindspore/1.9/lenet_mnist.md").unlink(missing_ok=True)
    done = installed.hubbot(*args.split())
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stdout
    assert "Traceback" not in done.stderr
    (installed.folder / "mshub_res/assets/mindspore/1.9/lenet_mnist.md").unlink(missing_ok=True)
    watched = installed.run(installed.python, "-I", "-W", "error", "-c", WATCHED, *args.split())
    assert watched.stderr.splitlines()[-1:] == ["[]"], watched.stderr


@pytest.mark.parametrize("command", ["serve", "web", "worker", "db upgrade", "demo"])
def test_a_command_of_the_server_says_what_is_missing(installed: Installed, command: str) -> None:
    done = installed.hubbot(*command.split())
    assert done.returncode == 2
    assert "hubbot[server]" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_wheel_holds_every_file_that_the_programs_read(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as opened:
        names = set(opened.namelist())
    sources = {
        path.relative_to(ROOT).as_posix()
        for package in ("bot", "rules")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sources - names == set()
    assert {name for name in names - sources if not name.startswith("hubbot-")} == set()
