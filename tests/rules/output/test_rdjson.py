"""rdjson: columns in bytes, severities of its own, suggestions where there are some."""

from __future__ import annotations

import json
from dataclasses import replace

from rules.output import rdjson
from rules.output.result import Result
from tests.rules.output.test_output import NEAR, PATH, RESULT


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
