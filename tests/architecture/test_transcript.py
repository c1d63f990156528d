"""The recorded sitting can be had again: from nothing to `All Passed!`, in both languages."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytestmark = pytest.mark.network

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("lang", "words"), [("en", "No findings"), ("zh", "没有发现问题")])
def test_a_sitting_ends_with_all_passed(lang: str, words: str) -> None:
    spec = importlib.util.spec_from_file_location("transcript", ROOT / "docs" / "transcript.py")
    assert spec is not None
    assert spec.loader is not None
    transcript = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(transcript)
    shown = transcript.record(lang)
    commands = [line for line in shown.splitlines() if line.startswith("$ ")]
    assert [line.split()[2].split("/")[-1] for line in commands] == [
        "new", "sha256", "new", "check", "check", "md_validator.py",
    ]  # fmt: skip
    assert words in shown
    assert shown.endswith("All Passed!\n")
    assert "not read" not in shown
    assert "未能读取" not in shown
