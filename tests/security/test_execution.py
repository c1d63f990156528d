"""Nothing of a pull request can be run: the program has no way to run, load or unpack what it was given."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for part in ("bot", "rules") for path in (ROOT / part).rglob("*.py"))
#: Calls that run or load what they are given.
FORBIDDEN_CALLS = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.execvp", "os.spawnv"),
    *(
        "yaml.load",
        "yaml.full_load",
        "yaml.unsafe_load",
        "yaml.load_all",
        "runpy.run_path",
        "runpy.run_module",
    ),
}
FORBIDDEN_MODULES = {
    "pickle",
    "dill",
    "marshal",
    "shelve",
    "zipfile",
    "tarfile",
    "torch",
    "numpy",
    "mindspore",
}
#: Where programs are started, each with arguments of ours as a list: Git, and our own halves.
STARTERS = {"bot/cli", "bot/forges/ondisk", "bot/forges/demo", "bot/forges/local"}


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def offences(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name in FORBIDDEN_CALLS:
                yield name
            shell = [k for k in node.keywords if k.arg == "shell"]
            if any(not (isinstance(k.value, ast.Constant) and k.value.value is False) for k in shell):
                yield "shell"
        elif isinstance(node, ast.Import):
            yield from (n.name for n in node.names if n.name.partition(".")[0] in FORBIDDEN_MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in FORBIDDEN_MODULES:
            yield str(node.module)


#: GitHub's own archive is read as a stream, member by member, and never unpacked; our words are read safely.
ALLOWED = {"bot/forges/github/archive.py": ["tarfile"], "rules/words.py": ["yaml.load"]}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_can_run_what_it_is_given(path: Path) -> None:
    allowed = ALLOWED.get(path.relative_to(ROOT).as_posix(), [])
    assert list(offences(path.read_text(encoding="utf-8"))) == allowed


def test_what_is_allowed_is_used_safely() -> None:
    archive = (ROOT / "bot/forges/github/archive.py").read_text(encoding="utf-8")
    assert "extractall" not in archive
    assert ".extract(" not in archive
    assert "Safe" in (ROOT / "rules/words.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    ["import pickle", "from tarfile import open", "eval(x)", "os.system(x)", "subprocess.run(x, shell=True)"],
)
def test_an_offence_would_be_seen(text: str) -> None:
    assert list(offences(text))


def test_programs_are_started_in_known_places_only() -> None:
    starting = {
        path.parent.relative_to(ROOT).as_posix()
        for path in SOURCES
        if any(
            isinstance(node, ast.Import) and any(name.name == "subprocess" for name in node.names)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    }
    assert starting <= STARTERS
