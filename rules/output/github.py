"""For GitHub Actions: workflow commands that become annotations."""

from __future__ import annotations

from rules import words
from rules.finding import Finding
from rules.output.result import UNVERIFIED, Result
from rules.output.visible import visible

#: Linux allows paths of 4,096 bytes; a longer one could not be annotated anyway.
MAX_PATH = 4_096


def render(result: Result) -> str:
    """One command a line. What could not be verified is a notice: one in red would blame the page."""
    return "".join(_command(finding, result.lang) for finding in result.findings)


def _command(finding: Finding, lang: str) -> str:
    level = "notice" if finding.fault in UNVERIFIED else finding.severity.value
    span = finding.span
    places = {"file": visible(finding.path, MAX_PATH), "line": str(span.line), "endLine": str(span.end_line)}
    if span.end_line == span.line:  # columns of a range over several lines are refused
        places |= {"col": str(span.column), "endColumn": str(span.end_column)}
    places["title"] = f"{finding.rule} {finding.name}"
    properties = ",".join(f"{name}={_property(value)}" for name, value in places.items())
    text = f"{words.message(finding, lang, visible)} {words.help_text(finding, lang, visible)}"
    return f"::{level} {properties}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
