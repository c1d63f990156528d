"""A mismatch names the page whose digest, or whose file, it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules import engine, policy
from rules.facts import Facts, RemoteFile, RemoteState, TreeAsset
from rules.page import parse

PAGE = (Path(__file__).parent / "fixtures" / "msh303" / "good.md").read_text(encoding="utf-8")
PATH = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
OTHER = "mshub_res/assets/mindspore/1.10/resnet50_imagenet2012.md"
SERVED = "5" * 64


@pytest.mark.parametrize(
    ("digest", "link", "expected"),
    [
        ("declared", "https://h/other", {"declared_for": OTHER}),
        (SERVED, "https://h/other", {"served_for": OTHER}),
        (SERVED.upper(), "https://h/other", {"served_for": OTHER}),
        ("declared", "same", {}),
        ("6" * 64, "https://h/other", {}),
    ],
)
def test_the_other_page(digest: str, link: str, expected: dict[str, str]) -> None:
    asset = parse(PATH, PAGE).assets[0]
    known = TreeAsset(
        OTHER, asset.link if link == "same" else link, asset.sha256 if digest == "declared" else digest
    )
    file = RemoteFile(asset.link, RemoteState.MEASURED, asset.sha256, SERVED, 9, reads=2)
    facts = Facts({asset.link: file}, {OTHER: (known,)})
    found = engine.check([engine.Subject(parse(PATH, PAGE))], facts, policy.default())
    (mismatch,) = [finding for finding in found if finding.rule == "MSH303"]
    assert {k: v for k, v in mismatch.values.items() if k.endswith("_for")} == expected
