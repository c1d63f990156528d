"""What is tracked names neither this or that machine's folders nor a package registry."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Folders of a machine or a person; where a container keeps its things is not among them.
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|tmp|work|Users|mnt)/[\w.]")
REGISTRY = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|debian|docker|ghcr|quay)\.(?:org|com|io)\b", re.IGNORECASE
)


def tracked_texts() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=30)
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if b"\0" not in data:
                yield name, data.decode("utf-8", "replace")


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry"])
def test_no_tracked_file_names_one(pattern: re.Pattern[str]) -> None:
    found = [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in tracked_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE_PATH, "cache in /" + "tmp/cache"),
        (MACHINE_PATH, "'/" + "home/somebody/hub'"),
        (REGISTRY, "--index-url https://" + "pypi" + ".org/simple"),
        (REGISTRY, "FROM ghcr" + ".io/somebody/image"),
    ],
)
def test_the_patterns_see_what_they_are_for(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


@pytest.mark.parametrize(
    "text", ["https://gitee.com/tmp/x", "mshub_res/tmp/a", "/var/lib/hubbot", "/webhooks/github"]
)
def test_addresses_and_container_folders_are_none(text: str) -> None:
    assert not MACHINE_PATH.search(text)
