"""For code-scanning services: SARIF 2.1.0 (OASIS)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from rules import words
from rules.finding import Finding, Span, Suggestion
from rules.output.result import UNVERIFIED, Result, units
from rules.output.visible import visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: What most readers count columns in, whatever a file says: the code units of editors.
EDITORS = "utf-16-le"
Column = Callable[[int, int], int]
_LEVELS = {"error": "error", "warning": "warning", "notice": "note"}


def render(result: Result) -> str:
    """One run of one tool, as JSON."""
    codes = sorted({finding.rule: finding.name for finding in result.findings}.items())
    driver = {"name": "hubbot", "rules": [_rule(code, name, result.lang) for code, name in codes]}
    index = {code: number for number, (code, _) in enumerate(codes)}
    # A stored report has the text no more in which columns are counted anew.
    known = all(finding.path in result.lines for finding in result.findings)
    result = result if known else replace(result, lines={})
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits" if known else "unicodeCodePoints",
        "results": [_result(finding, index[finding.rule], result) for finding in result.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, name: str, lang: str) -> dict[str, Any]:
    return {
        "id": code,
        "name": name,
        "shortDescription": {"text": words.summary(code, lang)},
        "fullDescription": {"text": words.why(code, lang)},
        "help": {"text": f"hubbot explain {code}"},
    }


def _result(finding: Finding, index: int, result: Result) -> dict[str, Any]:
    lang = result.lang
    column = units(result.lines, finding.path, EDITORS)
    message = f"{words.message(finding, lang, visible)} {words.help_text(finding, lang, visible)}"
    place = {"artifactLocation": _artifact(finding.path), "region": _region(finding.span, column)}
    found: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        **_weight(finding),
        "message": {"text": message},
        "locations": [{"physicalLocation": place}],
        # The second is the one by which GitHub's code scanning knows a result again.
        "partialFingerprints": {
            "hubbot/v1": finding.fingerprint,
            "primaryLocationLineHash": f"{finding.fingerprint}:1",
        },
    }
    if finding.suggestion is not None:
        found["fixes"] = [_fix(finding.path, finding.suggestion, column)]
    return found


def _weight(finding: Finding) -> dict[str, str]:
    """What could not be verified is an open question, which SARIF gives no level."""
    if finding.fault in UNVERIFIED:
        return {"kind": "open", "level": "none"}
    return {"kind": "fail", "level": _LEVELS[finding.severity.value]}


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path, errors="replace"), "uriBaseId": "%SRCROOT%"}


def _region(span: Span, column: Column) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": column(span.line, span.column),
        "endLine": span.end_line,
        "endColumn": column(span.end_line, span.end_column),
    }


def _fix(path: str, suggestion: Suggestion, column: Column) -> dict[str, Any]:
    replacement = {
        "deletedRegion": _region(suggestion.span, column),
        "insertedContent": {"text": suggestion.replacement},
    }
    return {"artifactChanges": [{"artifactLocation": _artifact(path), "replacements": [replacement]}]}
