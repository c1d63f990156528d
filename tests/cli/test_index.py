"""`hubbot index`: one object a page, as the hub's site is built from, with versions as text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.index import entry
from rules.page import parse
from tests.cli.processes import ROOT, hubbot

PATH = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
GOOD = (ROOT / "tests/rules/fixtures/msh303/good.md").read_text("utf-8")


def test_a_page_is_one_object(tmp_path: Path) -> None:
    page = tmp_path / PATH
    page.parent.mkdir(parents=True)
    page.write_text(GOOD, "utf-8")
    (page.parent / "lenet_mnist_cn.md").write_text(GOOD, "utf-8")
    (page.parent / "README.md").write_text("x", "utf-8")
    done = hubbot("index", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (found,) = (json.loads(line) for line in done.stdout.splitlines())
    assert found["uid"] == "mindspore/1.10/lenet_mnist"
    assert (found["markdown_name"], found["asset-id"]) == ("lenet_mnist", 0)
    assert (found["model-version"], found["mindspore-version"]) == ("1.10", "1.10")
    assert (found["module-type"], found["module-type-detail"]) == ("cv", "classification")
    assert found["fine-tunable"] is True
    assert found["asset"][0]["file-format"] == "ckpt"
    assert hubbot("index", "-o", "all.json", cwd=tmp_path).returncode == 0
    assert (tmp_path / "all.json").read_text("utf-8") == done.stdout


def test_a_page_without_a_header_is_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# x\n", "utf-8")
    (tmp_path / "b.md").write_text("---\na: [\n---\n", "utf-8")
    done = hubbot("index", ".", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "a.md" in done.stderr
    assert "b.md" in done.stderr
    assert hubbot("index", "none", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("accuracy: 0.92", "accuracy", 0.92),
        ("accuracy: 92", "accuracy", 92),
        ("accuracy: nan", "accuracy", "nan"),
        ("accuracy: high", "accuracy", "high"),
        ("input-shape: [3, 224, 224]", "input-shape", ["3", "224", "224"]),
        ("allow-cache-ckpt: no", "allow-cache-ckpt", False),
        ("summary: no", "summary", "no"),
    ],
)
def test_only_flags_and_accuracy_are_typed(line: str, key: str, value: object) -> None:
    found = entry(parse(PATH, GOOD.replace("evaluation: -", line).replace("summary: LeNet", "# LeNet")))
    assert found is not None
    assert found[key] == value


def test_the_checkpoint_is_the_asset_that_is_loaded() -> None:
    other = "-\n    file-format: mindir\n    asset-link: <https://download.mindspore.cn/x.mindir>\n\n"
    first = f"{other}-\n    file-format: ckpt"
    found = entry(parse(PATH, GOOD.replace("-\n    file-format: ckpt", first)))
    assert found is not None
    assert found["asset-id"] == 1
