"""For programs: one JSON object, whose shape is part of the fixed interface."""

from __future__ import annotations

import json
from typing import Any

from rules import words
from rules.finding import Finding
from rules.output.result import Result, counts

VERSION = 1


def render(result: Result) -> str:
    """The object, indented, with a newline at its end; everything but ASCII is escaped."""
    return json.dumps(as_object(result), indent=2) + "\n"


def as_object(result: Result) -> dict[str, Any]:
    """The findings as plain values."""
    return {
        "version": VERSION,
        "files": result.files,
        "summary": counts(result),
        "findings": [_finding(finding, result.lang) for finding in result.findings],
    }


def _finding(finding: Finding, lang: str) -> dict[str, Any]:
    repair = finding.suggestion
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.value,
        "fault": finding.fault.value,
        "path": finding.path,
        "line": finding.span.line,
        "column": finding.span.column,
        "end_line": finding.span.end_line,
        "end_column": finding.span.end_column,
        "message": words.message(finding, lang),
        "help": words.help_text(finding, lang),
        "suggestion": repair
        and {
            "line": repair.span.line,
            "column": repair.span.column,
            "end_line": repair.span.end_line,
            "end_column": repair.span.end_column,
            "replacement": repair.replacement,
        },
        "fingerprint": finding.fingerprint,
    }
