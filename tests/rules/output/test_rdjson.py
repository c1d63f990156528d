"""rdjson: the structure that reviewdog publishes, columns in bytes, severities, suggestions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rules import engine, policy
from rules.facts import Facts
from rules.output import rdjson
from rules.output.result import Result
from rules.page import parse
from tests.rules.output.test_output import NEAR, PATH, RESULT

FIXTURES = Path(__file__).parents[1] / "fixtures"


def closed(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """An object with these properties and no other: those that we write, each one in reviewdog's schema."""
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


TEXT = {"type": "string", "minLength": 1}
NUMBER = {"type": "integer", "minimum": 1}
POSITION = closed({"line": NUMBER, "column": NUMBER})
RANGE = closed({"start": POSITION, "end": POSITION})
#: `DiagnosticResult` of reviewdog's `rdf.proto`: what it reads, and the names of its severities.
DIAGNOSTIC = closed(
    {
        "message": TEXT,
        "location": closed({"path": TEXT, "range": RANGE}),
        "severity": {"enum": ["ERROR", "WARNING", "INFO"]},
        "code": closed({"value": TEXT}),
    },
    suggestions={
        "type": "array",
        "minItems": 1,
        "items": closed({"range": RANGE, "text": {"type": "string"}}),
    },
)
WHOLE = closed({"source": closed({"name": TEXT}), "diagnostics": {"type": "array", "items": DIAGNOSTIC}})


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_bad_page_keeps_to_the_schema(lang: str) -> None:
    """And what a suggestion replaces is, in bytes of the page, what the repair is about."""
    count = repaired = 0
    for file in sorted(FIXTURES.glob("*/bad*.md")):
        page = parse(PATH, file.read_bytes())
        findings = engine.check([engine.Subject(page)], Facts(), policy.default())
        made = json.loads(rdjson.render(Result(tuple(findings), 1, lang, {PATH: page.lines})))
        Draft202012Validator(WHOLE).validate(made)
        for finding, shown in zip(findings, made["diagnostics"], strict=True):
            count += 1
            start, end = (shown["location"]["range"][name] for name in ("start", "end"))
            assert (start["line"], start["column"]) <= (end["line"], end["column"])
            if finding.suggestion is None or finding.suggestion.span.line != finding.suggestion.span.end_line:
                continue
            span, (suggestion,) = finding.suggestion.span, shown["suggestions"]
            first, last = (suggestion["range"][name]["column"] - 1 for name in ("start", "end"))
            line = page.lines[span.line - 1]
            assert line.encode()[first:last] == line[span.column - 1 : span.end_column - 1].encode()
            repaired += 1
    assert count > 20
    assert repaired > 5


def test_findings_become_diagnostics() -> None:
    shown = json.loads(rdjson.render(RESULT))
    near, down = shown["diagnostics"]
    assert shown["source"] == {"name": "hubbot"}
    assert (near["severity"], near["code"]["value"]) == ("WARNING", "MSH202 unknown-field")
    assert near["location"] == {
        "path": PATH,
        "range": {"start": {"line": 5, "column": 1}, "end": {"line": 5, "column": 14}},
    }
    assert near["suggestions"][0]["text"] == "train-dataset"
    assert down["severity"] == "INFO", "what could not be verified is no error"


def test_columns_count_bytes() -> None:
    moved = replace(NEAR, span=replace(NEAR.span, column=17, end_column=18), suggestion=None)
    (found,) = json.loads(rdjson.render(Result((moved,), 1, "zh", RESULT.lines)))["diagnostics"]
    start, end = found["location"]["range"]["start"], found["location"]["range"]["end"]
    assert (start["column"], end["column"]) == (19, 22)
