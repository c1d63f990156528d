"""Every test that the table of threats names is there, and no group is without one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| \*\*([A-Z])\*\* (.*)$", TABLE, re.MULTILINE))
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", TABLE)))


def test_every_group_is_there() -> None:
    assert set(ROWS) == set("WYXUSDCMTGKPFHLQVO")


@pytest.mark.parametrize("group", sorted(ROWS))
def test_a_group_has_threat_control_and_tests(group: str) -> None:
    cells = [cell.strip() for cell in ROWS[group].rstrip("| ").split(" | ")]
    assert len(cells) == 4
    assert len(re.findall(r"`tests/[^`]+`", cells[3])) >= 3


@pytest.mark.parametrize("named", NAMED)
def test_a_named_test_exists(named: str) -> None:
    path, _, name = named.partition("::")
    assert (ROOT / path).is_file()
    if name:
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
