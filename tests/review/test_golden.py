"""The comments of docs/comments.py, word by word: whoever changes what people read sees it here."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

from bot.review.render import SUMMARY_LIMIT

ROOT = Path(__file__).parents[2]
GOLDEN = sorted((ROOT / "tests" / "review" / "golden").glob("*.md"))


@cache
def scenes() -> ModuleType:
    spec = importlib.util.spec_from_file_location("comments", ROOT / "docs" / "comments.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def texts() -> dict[str, str]:
    return dict(scenes().texts())


def test_every_comment_has_its_file_and_its_picture() -> None:
    assert {path.stem for path in GOLDEN} == set(texts())
    pictures = {path.stem for path in (ROOT / "docs" / "images").glob("comment-*.png")}
    assert pictures == {f"comment-{name}" for name in texts()}


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_the_words_are_as_agreed(golden: Path) -> None:
    assert texts()[golden.stem] == golden.read_text(encoding="utf-8"), (
        "run `make docs` and read the difference"
    )


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_it_is_whole_and_short_enough(golden: Path) -> None:
    text = golden.read_text(encoding="utf-8")
    assert len(text.encode()) < SUMMARY_LIMIT
    html = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
    ET.fromstring(f"<x>{html}</x>")
