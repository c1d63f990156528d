"""Every rule says of its bad pages exactly what stands beside them, and nothing of its good page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rules import engine, policy
from rules.facts import ConfFile, Facts, RemoteFile, RemoteState, TreeAsset
from rules.finding import Fault, Finding
from rules.output import concise
from rules.output.result import Result
from rules.page import parse
from rules.rule import catalogue

FIXTURES = Path(__file__).parent / "fixtures"
SOUND = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
BAD = sorted(FIXTURES.glob("*/bad*.md"))


def judged(page: Path) -> list[Finding]:
    """What the rule that the directory is named by says of a page, with what lies beside it.

    `base.md` is the page on the base branch, `confs.yaml` what repositories hold; `path.txt`, `facts.yaml`,
    `tree.yaml`, `rivals.yaml` and an empty `removed` hold for bad pages only.
    """
    folder = page.parent
    beside = {file.name: file for file in folder.iterdir() if page.name.startswith("bad")}
    path = beside["path.txt"].read_text(encoding="utf-8").strip() if "path.txt" in beside else SOUND
    remote = [_remote(entry) for entry in _entries(beside.get("facts.yaml"))]
    tree = [TreeAsset(**entry) for entry in _entries(beside.get("tree.yaml"))]
    rivals = dict.fromkeys([path], tuple(_entries(beside.get("rivals.yaml"))))
    others = beside["tree.txt"].read_text(encoding="utf-8").split() if "tree.txt" in beside else []
    confs = folder / "confs.yaml"
    read = _entries(confs if confs.exists() else None)
    facts = Facts(
        confs={entry["link"]: ConfFile(entry["url"], entry["present"], entry["text"]) for entry in read},
        files={file.url: file for file in remote},
        tree={use.path: (use,) for use in tree},
        paths=tuple(others),
        rivals=rivals,
    )
    base = folder / "base.md"
    before = parse(path, base.read_bytes()) if base.exists() else None
    subject = engine.Subject(parse(path, page.read_bytes()), before, removed="removed" in beside)
    found = engine.check([subject], facts, policy.default())
    return [finding for finding in found if finding.rule == folder.name.upper()]


def _entries(file: Path | None) -> list[Any]:
    entries: list[Any] = yaml.safe_load(file.read_text(encoding="utf-8")) if file else []
    return entries


def _remote(entry: dict[str, str]) -> RemoteFile:
    fault = Fault(entry.pop("fault")) if "fault" in entry else None
    return RemoteFile(**entry | {"state": RemoteState(entry["state"]), "fault": fault})  # type: ignore[arg-type]  # from YAML


@pytest.mark.parametrize("page", BAD, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_bad_page(page: Path) -> None:
    findings = judged(page)
    expected = page.with_suffix(".txt").read_text(encoding="utf-8")
    assert concise.render(Result(tuple(findings), 1)) == expected
    assert expected


@pytest.mark.parametrize("page", sorted(FIXTURES.glob("*/good.md")), ids=lambda page: page.parent.name)
def test_good_page(page: Path) -> None:
    assert judged(page) == []


def test_every_rule_has_a_pair() -> None:
    internal = {"MSH001"}  # speaks for the engine: tests/rules/test_engine.py
    codes = {rule.code for rule in catalogue()} - internal
    pairs = {folder.name.upper() for folder in FIXTURES.iterdir() if (folder / "good.md").exists()}
    assert codes == pairs == {page.parent.name.upper() for page in BAD}


@pytest.mark.parametrize("page", BAD, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_a_suggestion_mends_what_it_is_made_for(page: Path) -> None:
    """Every suggestion lies on one line, changes the text, and its finding is gone afterwards."""
    lines = page.read_bytes().decode("utf-8", "replace").split("\n")
    for finding in judged(page):
        if finding.suggestion is None:
            continue
        span = finding.suggestion.span
        assert span.line == span.end_line
        line = lines[span.line - 1]
        mended = line[: span.column - 1] + finding.suggestion.replacement + line[span.end_column - 1 :]
        assert mended != line
        text = "\n".join([*lines[: span.line - 1], mended, *lines[span.line :]])
        again = engine.check([engine.Subject(parse(SOUND, text))], Facts(), policy.default())
        assert finding.fingerprint not in {other.fingerprint for other in again}
