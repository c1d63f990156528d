"""A defect is found where a finding stands on its field in the bad version and in the good one no more."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks import recall
from benchmarks.recall import History, Row, find_all

GOOD = Path(__file__).parents[1] / "rules" / "fixtures" / "msh101" / "good.md"
PATH = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
ENTRY = "asset-sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@b.cn")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Three commits: something else, the page with two defects, the page without one of them."""
    git(tmp_path, "init", "-q")
    good = GOOD.read_text(encoding="utf-8")
    half = good.replace("module-type: cv-classification", "module-type: CV")
    bad = half.replace(ENTRY, ENTRY.upper().replace("ASSET-SHA256", "asset-sha256"))
    page = tmp_path / PATH
    page.parent.mkdir(parents=True)
    for path, text in ((tmp_path / "README.md", "a"), (page, bad), (page, half)):
        path.write_text(text, encoding="utf-8")
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "-m", "x")
    return tmp_path


def row(clone: Path, field: str, **more: object) -> Row:
    bad, good = git(clone, "rev-parse", "HEAD~"), git(clone, "rev-parse", "HEAD")
    commits = {"bad_commit": bad, "introduced_commit": bad, "good_commit": good, "good_blob": "x"}
    return {"path": PATH, "new_path": None, "field": field, "group_size": 1, **commits, **more}


@pytest.mark.parametrize(
    ("field", "more", "hit"),
    [
        ("asset-sha256", {}, True),
        ("module-type", {}, False),  # the good version has the same finding
        ("module-type", {"good_blob": None}, True),  # the page was deleted
        ("license", {}, False),
    ],
)
def test_what_counts_as_found(clone: Path, field: str, more: Row, hit: bool) -> None:
    defect = row(clone, field, **more)
    with History(clone) as history:
        assert find_all(history, [defect]) == [(defect, hit)]


def test_a_page_that_was_bad_before_is_judged_as_untouched(clone: Path) -> None:
    after = row(clone, "update-time", introduced_commit=git(clone, "rev-parse", "HEAD"))
    page = clone / PATH
    page.write_text(page.read_text(encoding="utf-8").replace("2023-02-17", "2023-2-17"), encoding="utf-8")
    git(clone, "commit", "-q", "-a", "-m", "x")
    worse = git(clone, "rev-parse", "HEAD")
    page.write_text(page.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
    git(clone, "commit", "-q", "-a", "-m", "x")
    fresh = after | {"bad_commit": worse, "introduced_commit": worse, "good_commit": after["good_commit"]}
    old = fresh | {
        "bad_commit": git(clone, "rev-parse", "HEAD"),
        "introduced_commit": git(clone, "rev-parse", "HEAD"),
    }
    with History(clone) as history:
        assert [hit for _, hit in find_all(history, [fresh])] == [True]
        assert [hit for _, hit in find_all(history, [old])] == [False]


def test_recall_is_weighted_by_group() -> None:
    one, of_three = {"group_size": 1}, {"group_size": 3}
    assert recall.recall(
        [(one, True), (of_three, False), (of_three, False), (of_three, False)]
    ) == pytest.approx(0.5)
    assert recall.recall([]) == 1.0


def test_pages_at_the_head(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    defects = clone / "defects.jsonl"
    defects.write_text("", encoding="utf-8")
    assert recall.main([str(clone), str(defects)]) == 0
    said = capsys.readouterr().out
    assert "MSH206 module-type                    1 pages  100.0%" in said
    assert "pages merged since 2022 (1)" in said
