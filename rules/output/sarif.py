"""For code-scanning services: SARIF 2.1.0 (OASIS)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from rules import words
from rules.finding import Finding, Span
from rules.output.result import UNVERIFIED, Result
from rules.output.visible import visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "notice": "note"}


def render(result: Result) -> str:
    """One run of one tool, as JSON."""
    codes = sorted({finding.rule: finding.name for finding in result.findings}.items())
    driver = {"name": "hubbot", "rules": [_rule(code, name, result.lang) for code, name in codes]}
    index = {code: number for number, (code, _) in enumerate(codes)}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index[finding.rule], result.lang) for finding in result.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, name: str, lang: str) -> dict[str, Any]:
    return {
        "id": code,
        "name": name,
        "shortDescription": {"text": words.summary(code, lang)},
        "fullDescription": {"text": words.why(code, lang)},
    }


def _result(finding: Finding, index: int, lang: str) -> dict[str, Any]:
    message = f"{words.message(finding, lang, visible)} {words.help_text(finding, lang, visible)}"
    place = {"artifactLocation": _artifact(finding.path), "region": _region(finding.span)}
    found: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        **_weight(finding),
        "message": {"text": message},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"hubbot/v1": finding.fingerprint},
    }
    if finding.suggestion is not None:
        found["fixes"] = [_fix(finding.path, finding.suggestion.span, finding.suggestion.replacement)]
    return found


def _weight(finding: Finding) -> dict[str, str]:
    """What could not be verified is an open question, which SARIF gives no level."""
    if finding.fault in UNVERIFIED:
        return {"kind": "open", "level": "none"}
    return {"kind": "fail", "level": _LEVELS[finding.severity.value]}


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path, errors="replace"), "uriBaseId": "%SRCROOT%"}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _fix(path: str, span: Span, text: str) -> dict[str, Any]:
    replacement = {"deletedRegion": _region(span), "insertedContent": {"text": text}}
    return {"artifactChanges": [{"artifactLocation": _artifact(path), "replacements": [replacement]}]}
