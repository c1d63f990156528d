"""A policy is data: what is wrong with it is said with its place."""

from __future__ import annotations

import pytest

from rules import policy
from rules.finding import Severity
from rules.policy import DEFAULT, PolicyError
from rules.rule import catalogue

TEXT = DEFAULT.read_text(encoding="utf-8")


def severities(text: str) -> str:
    return TEXT.replace("severities: {}", f"severities:\n{text}")


def test_the_default_policy_is_the_file() -> None:
    assert policy.load(TEXT) == policy.default()
    assert "1.10" not in policy.default().datasets
    assert policy.default().file_formats["air"] == (".air", ".geir")


def test_severities_by_code_and_case() -> None:
    text = severities(
        "  MSH304: {changed: notice, untouched: off}\n  MSH304/host: {changed: error, untouched: off}\n"
    )
    changed = policy.load(text)
    rule = next(rule for rule in catalogue() if rule.code == "MSH304")
    assert changed.severity(rule, "http", True) is Severity.NOTICE
    assert changed.severity(rule, "host", True) is Severity.ERROR
    assert changed.severity(rule, "host", False) is None
    assert policy.default().severity(rule, "host", True) is Severity.WARNING


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "line 1", "not readable"),
        ("- a", "line 1", "not readable"),
        ("a: *b", "line 1", "not readable"),
        (TEXT + "surprise: []\n", "", "unknown setting 'surprise'"),
        (TEXT.replace("licences:", "licenses:"), "", "unknown setting 'licenses'"),
        (
            TEXT.replace("used-for:\n- inference\n- extract-feature\n- transfer-learning\n", ""),
            "",
            "is missing",
        ),
        (TEXT.replace("- inference\n", "- [inference]\n"), "", "expected a word"),
        (TEXT.replace("licences:\n- Apache2.0", "licences: Apache2.0"), "", "expected a list"),
        (TEXT.replace("severities: {}", "severities: none"), "", "expected a mapping"),
        (TEXT + "licences:\n- MIT\n", "", "given twice"),
        (severities("  MSH777: {changed: off, untouched: off}\n"), "", "no rule has the code 'MSH777'"),
        (severities("  MSH101: {changed: fatal, untouched: off}\n"), "", "'fatal' is none of"),
        (severities("  MSH101: {changed: off}\n"), "", "expected exactly"),
        (severities("  MSH101: off\n"), "", "expected a mapping"),
    ],
)
def test_bad_policies(text: str, place: str, words: str) -> None:
    with pytest.raises(PolicyError, match=words) as caught:
        policy.load(text)
    assert str(caught.value).startswith(place or "line ")
    assert isinstance(caught.value, ValueError)
