"""For reviewdog, which brings findings to many forges: Reviewdog Diagnostic Format, `-f=rdjson`."""

from __future__ import annotations

import json
from typing import Any

from rules import words
from rules.finding import Finding, Span
from rules.output.result import UNVERIFIED, Result, units
from rules.output.visible import visible

_LEVELS = {"error": "ERROR", "warning": "WARNING", "notice": "INFO"}


def render(result: Result) -> str:
    """One result of one tool, as JSON. What could not be verified is information: nobody has to mend it."""
    found = [_diagnostic(finding, result) for finding in result.findings]
    return json.dumps({"source": {"name": "hubbot"}, "diagnostics": found}, indent=2) + "\n"


def _diagnostic(finding: Finding, result: Result) -> dict[str, Any]:
    message = words.message(finding, result.lang, visible)
    level = "INFO" if finding.fault in UNVERIFIED else _LEVELS[finding.severity.value]
    found: dict[str, Any] = {
        "message": f"{message} {words.help_text(finding, result.lang, visible)}",
        "location": {"path": visible(finding.path), "range": _range(finding.span, finding.path, result)},
        "severity": level,
        "code": {"value": f"{finding.rule} {finding.name}"},
    }
    if finding.suggestion is not None:
        place = _range(finding.suggestion.span, finding.path, result)
        found["suggestions"] = [{"range": place, "text": finding.suggestion.replacement}]
    return found


def _range(span: Span, path: str, result: Result) -> dict[str, dict[str, int]]:
    """The format counts columns in bytes of UTF-8, from 1."""
    column = units(result.lines, path, "utf-8")
    return {
        "start": {"line": span.line, "column": column(span.line, span.column)},
        "end": {"line": span.end_line, "column": column(span.end_line, span.end_column)},
    }
