"""A sound page to start from, and the checking of one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from rules import engine, policy
from rules.facts import Facts, RemoteFile
from rules.finding import Finding
from rules.page import Page, parse

PATH = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
GOOD = Path(__file__).parent / "fixtures" / "msh101" / "good.md"

Make = Callable[..., Page]
Judge = Callable[..., list[Finding]]


@pytest.fixture(scope="session")
def good_text() -> str:
    """The page that every rule is content with."""
    return GOOD.read_text(encoding="utf-8")


@pytest.fixture
def make(good_text: str) -> Make:
    """A page: the sound one with texts replaced, at the sound path unless another is given."""

    def page(*replaced: tuple[str, str], path: str = PATH) -> Page:
        text = good_text
        for old, new in replaced:
            assert old in text, f"the sound page does not contain {old!r}"
            text = text.replace(old, new)
        return parse(path, text)

    return page


@pytest.fixture
def judge() -> Judge:
    """The findings on one page, of one rule if its code is given."""

    def findings(
        page: Page,
        code: str = "",
        *,
        files: Iterable[RemoteFile] = (),
        base: Page | None = None,
        changed: bool = True,
    ) -> list[Finding]:
        facts = Facts(files={file.url: file for file in files})
        found = engine.check([engine.Subject(page, base, changed)], facts, policy.default())
        return [finding for finding in found if code in ("", finding.rule)]

    return findings
