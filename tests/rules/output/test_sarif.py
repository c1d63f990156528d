"""SARIF: the structure that OASIS requires of version 2.1.0, of real findings and of hostile ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rules import engine, policy
from rules.facts import Facts
from rules.finding import Fault, Finding, Span, Suggestion
from rules.output import sarif
from rules.output.result import Result
from rules.page import parse

FIXTURES = Path(__file__).parents[1] / "fixtures"
PATH = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"


def closed(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """An object with these properties and no other: those that we write, each one in the standard."""
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


def several(items: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


TEXT = closed({"text": {"type": "string", "minLength": 1}})
NUMBER = {"type": "integer", "minimum": 1}
ARTIFACT = closed({"uri": {"type": "string", "pattern": "^[!-~]+$"}, "uriBaseId": {"const": "%SRCROOT%"}})
REGION = closed(dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), NUMBER))
REPLACEMENT = closed({"deletedRegion": REGION, "insertedContent": closed({"text": {"type": "string"}})})
CHANGE = closed({"artifactLocation": ARTIFACT, "replacements": several(REPLACEMENT, 1)})
RESULT = closed(
    {
        "ruleId": {"type": "string", "pattern": "^MSH[0-9]{3}$"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "kind": {"enum": ["fail", "open"]},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": TEXT,
        "locations": several(
            closed({"physicalLocation": closed({"artifactLocation": ARTIFACT, "region": REGION})}), 1
        ),
        "partialFingerprints": closed(
            {
                "hubbot/v1": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
                "primaryLocationLineHash": {"type": "string", "pattern": "^[0-9a-f]{16}:1$"},
            }
        ),
    },
    fixes=several(closed({"artifactChanges": several(CHANGE, 1)}), 1),
)
RULE = closed(
    {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": TEXT,  # asked for by GitHub's code scanning, not by the standard
    }
)
LOG = closed(
    {
        "$schema": {"type": "string"},
        "version": {"const": "2.1.0"},
        "runs": several(
            closed(
                {
                    "tool": closed({"driver": closed({"name": {"type": "string"}, "rules": several(RULE)})}),
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": several(RESULT),
                }
            ),
            1,
        ),
    }
)


def log(findings: list[Finding], lang: str = "en") -> dict[str, Any]:
    made: dict[str, Any] = json.loads(sarif.render(Result(tuple(findings), 1, lang)))
    Draft202012Validator(LOG).validate(made)
    run = made["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({one["ruleId"] for one in run["results"]})
    assert len({rule["id"] for rule in rules}) == len(rules), "the standard wants them unique"
    for result in run["results"]:
        region = result["locations"][0]["physicalLocation"]["region"]
        ends = [(region[f"{end}Line"], region[f"{end}Column"]) for end in ("start", "end")]
        assert ends == sorted(ends), "a region ends no earlier than it begins"
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert (result["kind"] == "fail") == (result["level"] != "none")
    return made


def found(page: Path, path: str = PATH) -> list[Finding]:
    return engine.check([engine.Subject(parse(path, page.read_bytes()))], Facts(), policy.default())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_bad_page(lang: str) -> None:
    count = fixes = 0
    for page in sorted(FIXTURES.glob("*/bad*.md")):
        results = log(found(page), lang)["runs"][0]["results"]
        count += len(results)
        fixes += sum("fixes" in result for result in results)
    assert count > 20
    assert fixes > 5


def test_no_findings() -> None:
    assert log([])["runs"][0]["results"] == []


def test_paths_become_addresses_and_what_is_unverified_stays_open() -> None:
    page = FIXTURES / "msh206" / "bad.md"
    (finding, *_) = found(page)
    odd = replace(finding, path="a b/中%#?\udcff\n.md", fault=Fault.HOST)
    (result,) = log([odd])["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "a%20b/%E4%B8%AD%25%23%3F%3F%0A.md"
    assert (result["kind"], result["level"]) == ("open", "none")


def test_columns_count_what_editors_count() -> None:
    """Above U+FFFF a character is two units of UTF-16; the kind says so only where the text is at hand."""
    (finding, *_) = found(FIXTURES / "msh206" / "bad.md")
    repair = Suggestion(Span(1, 3, 1, 4), "x")
    odd = replace(finding, span=Span(1, 1, 1, 4), suggestion=repair)
    shown = {}
    for lines in ({}, {odd.path: ("a\U0001f600中z",)}):
        made = json.loads(sarif.render(Result((odd,), 1, "en", lines)))
        Draft202012Validator(LOG).validate(made)
        run = made["runs"][0]
        (result,) = run["results"]
        region = result["locations"][0]["physicalLocation"]["region"]
        deleted = result["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"]
        shown[run["columnKind"]] = [(place["startColumn"], place["endColumn"]) for place in (region, deleted)]
    assert shown == {"unicodeCodePoints": [(1, 4), (3, 4)], "utf16CodeUnits": [(1, 5), (4, 5)]}


def test_a_result_keeps_its_fingerprint_when_lines_move() -> None:
    page = (FIXTURES / "msh206" / "bad.md").read_text(encoding="utf-8")
    moved = page.replace("---", "---\n\n", 1)
    prints = []
    for text in (page, moved):
        findings = engine.check([engine.Subject(parse(PATH, text.encode()))], Facts(), policy.default())
        results = log([one for one in findings if one.rule == "MSH206"])["runs"][0]["results"]
        prints.append([result["partialFingerprints"] for result in results])
    assert prints[0] == prints[1] != []
