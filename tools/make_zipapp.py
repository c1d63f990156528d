"""Makes `hubbot.pyz`: one file that checks pages wherever there is a Python 3.11, with nothing to install.

It holds hubbot and the few packages that its command line needs, taken from the environment that this runs
in, without their compiled parts, so that it is the same file for every platform. Started, it unpacks itself
once into the user's cache, because hubbot reads its rules from files.
"""

import argparse
import hashlib
import importlib.metadata
import re
import shutil
import sys
import tempfile
import tomllib
import zipapp
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Parts of our own packages that only the server has a use for are small, and stay.
OWN = ("bot", "rules")
COMPILED = (".so", ".pyd", ".dll", ".dylib", ".pyc", ".pyx", ".pxd", ".pyi")

START = '''"""Unpacks this archive once, and runs what is in it."""

import os
import sys
import tempfile
import zipfile
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit("hubbot needs Python 3.11 or later; this is " + sys.version.split()[0])

cache = Path(os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache")
folder = cache / "hubbot" / "{digest}"
if not folder.is_dir():
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
        with zipfile.ZipFile(sys.argv[0]) as archive:
            archive.extractall(Path(fresh) / "x")
        try:
            os.rename(Path(fresh) / "x", folder)
        except OSError:
            if not folder.is_dir():  # another one may have been faster
                raise
sys.path.insert(0, str(folder))
sys.argv[0] = "hubbot"
from bot.cli.main import main

sys.exit(main())
'''


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes hubbot.pyz")
    parser.add_argument("target", type=Path, nargs="?", default=ROOT / "dist" / "hubbot.pyz")
    target: Path = parser.parse_args().target
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for package in OWN:
            shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        for package in needed():
            _copy(package, folder)
        (folder / "__main__.py").write_text(START.replace("{digest}", _digest(folder)), encoding="utf-8")
        target.parent.mkdir(parents=True, exist_ok=True)
        zipapp.create_archive(folder, target, "/usr/bin/env python3", compressed=True)
    with zipfile.ZipFile(target) as made:
        print(f"{target}: {len(made.namelist())} files, {target.stat().st_size / 1e6:.1f} MB")
    return 0


def needed() -> list[str]:
    """The packages of the command line, and those that they need in their turn."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting, found = [_name(text) for text in project["dependencies"]], []
    while waiting:
        package = waiting.pop()
        if package not in found:
            found.append(package)
            requires = importlib.metadata.requires(package) or []
            waiting += [_name(text) for text in requires if "extra ==" not in text]
    return sorted(found)


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    if match is None:
        raise ValueError(f"no name in {requirement!r}")
    return match[0]


def _copy(package: str, folder: Path) -> None:
    """The Python files of a package, its licence among them."""
    for file in importlib.metadata.files(package) or []:
        if file.suffix in COMPILED or ".." in file.parts or "__pycache__" in file.parts:
            continue
        goal = folder / file
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(file.locate()), goal)


def _digest(folder: Path) -> str:
    """Names what is in the archive, so that a newer one unpacks anew."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
