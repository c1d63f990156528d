"""Generated pages are what `make docs` makes now, and links between documents lead somewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from bot.commands.catalogue import COMMANDS
from bot.review.gate import REQUIRED

ROOT = Path(__file__).parents[2]
#: What a page quotes, in fences, indented or within a line, leads nowhere.
CODE = re.compile(r"^```.*?^```|^ {4}.*?$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
WRITTEN = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_generated_pages_are_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    made = generate.pages()
    stale = [
        name
        for name, text in made.items()
        if not (ROOT / "docs" / name).is_file() or (ROOT / "docs" / name).read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run `make docs`"
    docs = ROOT / "docs"
    found = [path for folder in ("rules", "failures") for path in (docs / folder).rglob("*.md")]
    assert {path.relative_to(docs).as_posix() for path in found} - set(made) == set(), "run `make docs`"


@pytest.mark.parametrize("document", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = LINK.findall(CODE.sub("", document.read_text(encoding="utf-8")))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("name", ["maintaining.md", "maintaining.zh.md"])
def test_the_maintainers_guide_has_every_condition_and_every_command(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {one for one in REQUIRED if not any(row.startswith(f"| [{one}](") for row in rows)} == set()
    assert {
        one.name for one in COMMANDS if not any(re.match(rf"\| `/{one.name}\b", row) for row in rows)
    } == set()
    assert {row.count(" | ") for row in rows if row.startswith("| [")} == {3}
    assert {row.count(" | ") for row in rows if row.startswith("| `/")} == {2}
