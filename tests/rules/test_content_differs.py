"""Which contents contradict which declared formats."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules import engine, policy
from rules.facts import Facts, RemoteFile, RemoteState
from rules.page import parse

PAGE = (Path(__file__).parent / "fixtures" / "msh317" / "good.md").read_text(encoding="utf-8")
PATH = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"


def found(declared: str, content: str, state: RemoteState = RemoteState.MEASURED) -> list[str]:
    page = parse(PATH, PAGE.replace("file-format: ckpt", f"file-format: {declared}"))
    url = page.assets[0].link
    facts = Facts(files={url: RemoteFile(url, state, content=content)})
    judged = engine.check([engine.Subject(page)], facts, policy.default())
    return [finding.severity.value for finding in judged if finding.rule == "MSH317"]


@pytest.mark.parametrize(
    ("declared", "content"),
    [
        ("ckpt", "ckpt"),
        ("ckpt", "unknown"),
        ("ckpt", "encrypted"),
        ("ckpt", "text"),
        ("ckpt", ""),
        ("mindir", "mindir"),
        ("mslite", "ms"),
        ("onnx", "onnx"),
        ("air", "air"),
        ("air", "onnx"),
        ("air", "ckpt"),
        ("nonsense", "ckpt"),
    ],
)
def test_what_may_be_right_is_left_alone(declared: str, content: str) -> None:
    assert found(declared, content) == []


@pytest.mark.parametrize(
    ("declared", "content"),
    [
        ("ckpt", "zip"),
        ("ckpt", "mindir"),
        ("mindir", "ckpt"),
        ("mslite", "onnx"),
        ("air", "html"),
        ("onnx", "tar"),
    ],
)
def test_what_cannot_be_loaded_is_an_error(declared: str, content: str) -> None:
    assert found(declared, content) == ["error"]


def test_nothing_is_said_of_a_file_that_was_not_read_whole() -> None:
    assert found("ckpt", "zip", RemoteState.UNVERIFIED) == []
